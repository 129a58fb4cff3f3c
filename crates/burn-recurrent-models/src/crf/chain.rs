//! A conditional random field on the host, one sentence at a time: what is summed over all paths.
//!
//! Everything is kept as logarithms in f64, so that no score, however large, leaves the range. A
//! step needs `log Σ_i exp(from_i + score_ij)` for every `j`. Done literally that is an exponential
//! for each pair; instead the scores' exponentials are taken once a batch and those of `from` once a
//! step, each relative to its largest, and the rest is a product of a vector and a matrix. A sum
//! that comes out too small to trust is done again literally.

use super::TransitionConstraints;

/// Below this a sum of products may be one of numbers that underflowed; above it, what underflowed
/// (products below 1e-307) is smaller than its rounding.
const SMALLEST_SUM: f64 = 1e-280;
/// Below this a scale factor leaves what underflowed too small to be seen (1e-307 * e^200).
const LARGEST_LOG_SCALE: f64 = 200.0;

/// The scores of a conditional random field; forbidden ones are minus infinity.
pub(crate) struct Chain {
    pub(super) start: Vec<f64>,
    /// From the row's label to the column's.
    pub(super) transitions: Table,
    pub(super) end: Vec<f64>,
    /// To the row's label from the column's.
    reversed: Table,
    /// The largest finite transition.
    shift: f64,
}

/// A square of scores, and their exponentials relative to the largest.
pub(super) struct Table {
    pub(super) scores: Vec<f64>,
    weights: Vec<f64>,
}

/// How often each part of the model is used: expected over all paths, or observed on one.
pub(crate) struct Counts {
    /// Of the current sentence, `[time, labels]`.
    pub(crate) emissions: Vec<f64>,
    pub(crate) start: Vec<f64>,
    pub(crate) transitions: Vec<f64>,
    pub(crate) end: Vec<f64>,
}

impl Chain {
    /// `transitions` has a row for each label that comes before.
    pub(crate) fn new(start: Vec<f64>, transitions: Vec<f64>, end: Vec<f64>) -> Self {
        let labels = start.len();
        let finite = transitions.iter().copied().filter(|s| s.is_finite());
        let shift = finite.reduce(f64::max).unwrap_or(0.0);
        let mut reversed = Vec::with_capacity(transitions.len());
        for to in 0..labels {
            reversed.extend((0..labels).map(|from| transitions[from * labels + to]));
        }
        Self {
            start,
            transitions: Table::new(transitions, shift),
            end,
            reversed: Table::new(reversed, shift),
            shift,
        }
    }

    /// The same with minus infinity for all that is forbidden.
    pub(crate) fn constrained(&self, constraints: &TransitionConstraints) -> Self {
        let only = |scores: &[f64], allowed: &mut dyn Iterator<Item = &bool>| {
            let pairs = scores.iter().zip(allowed);
            pairs
                .map(|(score, allowed)| if *allowed { *score } else { f64::NEG_INFINITY })
                .collect()
        };
        Self::new(
            only(&self.start, &mut constraints.start.iter()),
            only(
                &self.transitions.scores,
                &mut constraints.transitions.iter().flatten(),
            ),
            only(&self.end, &mut constraints.end.iter()),
        )
    }

    pub(crate) fn labels(&self) -> usize {
        self.start.len()
    }

    /// The score of one path.
    pub(crate) fn score(&self, emissions: &[f64], path: &[usize]) -> f64 {
        let labels = self.labels();
        let (Some(first), Some(last)) = (path.first(), path.last()) else {
            return 0.0;
        };
        let emitted: f64 = path
            .iter()
            .zip(emissions.chunks_exact(labels))
            .map(|(label, emissions)| emissions[*label])
            .sum();
        let moved: f64 = path
            .windows(2)
            .map(|pair| self.transitions.scores[pair[0] * labels + pair[1]])
            .sum();
        self.start[*first] + emitted + moved + self.end[*last]
    }

    /// The logarithm of the sum over all paths of the exponential of their score; 0 for a sentence
    /// without words, which has one path.
    pub(crate) fn log_partition(&self, emissions: &[f64]) -> f64 {
        match emissions.is_empty() {
            true => 0.0,
            false => self.partition_of(&self.forward(emissions)),
        }
    }

    /// Adds each part's expected number of uses to `counts`, whose `emissions` become this
    /// sentence's marginals; returns the log-partition.
    pub(crate) fn expect(&self, emissions: &[f64], counts: &mut Counts) -> f64 {
        let labels = self.labels();
        counts.emissions.clear();
        if emissions.is_empty() {
            return 0.0;
        }
        let alpha = self.forward(emissions);
        let log_partition = self.partition_of(&alpha);

        counts.emissions.resize(emissions.len(), 0.0);
        let mut beta = self.end.clone();
        // What follows a step, seen from the step: its emissions and all after it.
        let mut after = vec![0.0; labels];
        let mut scratch = Scratch::new(labels);
        let last = emissions.len() / labels - 1;
        for t in (0..=last).rev() {
            let here = t * labels..(t + 1) * labels;
            let alpha_here = &alpha[here.clone()];
            if t < last {
                self.expect_pairs(alpha_here, &after, log_partition, &mut counts.transitions);
                self.reversed
                    .propagate(&after, self.shift, &mut beta, &mut scratch);
            }
            let marginals = &mut counts.emissions[here.clone()];
            for ((marginal, alpha), beta) in marginals.iter_mut().zip(alpha_here).zip(&beta) {
                *marginal = (alpha + beta - log_partition).exp();
            }
            for ((after, beta), emission) in after.iter_mut().zip(&beta).zip(&emissions[here]) {
                *after = beta + emission;
            }
        }
        add(&mut counts.start, &counts.emissions[..labels]);
        add(&mut counts.end, &counts.emissions[last * labels..]);
        log_partition
    }

    /// The logarithm of the sum over all paths to each label of each step, its emission included.
    fn forward(&self, emissions: &[f64]) -> Vec<f64> {
        let labels = self.labels();
        let mut alpha = emissions.to_vec();
        let mut scratch = Scratch::new(labels);
        let mut arrived = self.start.clone();
        for t in 0..emissions.len() / labels {
            if t > 0 {
                let before = &alpha[(t - 1) * labels..t * labels];
                self.transitions
                    .propagate(before, self.shift, &mut arrived, &mut scratch);
            }
            add(&mut alpha[t * labels..(t + 1) * labels], &arrived);
        }
        alpha
    }

    fn partition_of(&self, alpha: &[f64]) -> f64 {
        let last = &alpha[alpha.len() - self.labels()..];
        log_sum_exp(last.iter().zip(&self.end).map(|(alpha, end)| alpha + end))
    }

    /// Adds the probability of each pair of labels at two neighbouring steps.
    fn expect_pairs(&self, alpha: &[f64], after: &[f64], log_partition: f64, counts: &mut [f64]) {
        let labels = self.labels();
        let (largest_alpha, largest_after) = (largest(alpha), largest(after));
        let log_scale = largest_alpha + largest_after + self.shift - log_partition;
        let rows = counts.chunks_exact_mut(labels).zip(alpha);
        if log_scale < LARGEST_LOG_SCALE {
            let scale = log_scale.exp();
            let after: Vec<f64> = after.iter().map(|a| (a - largest_after).exp()).collect();
            let weights = self.transitions.weights.chunks_exact(labels);
            for ((counts, alpha), weights) in rows.zip(weights) {
                let alpha = scale * (alpha - largest_alpha).exp();
                if alpha == 0.0 {
                    continue;
                }
                for ((count, weight), after) in counts.iter_mut().zip(weights).zip(&after) {
                    *count += alpha * weight * after;
                }
            }
        } else {
            let scores = self.transitions.scores.chunks_exact(labels);
            for ((counts, alpha), scores) in rows.zip(scores) {
                for ((count, score), after) in counts.iter_mut().zip(scores).zip(after) {
                    *count += (alpha + score + after - log_partition).exp();
                }
            }
        }
    }
}

impl Counts {
    pub(crate) fn new(labels: usize) -> Self {
        Self {
            emissions: Vec::new(),
            start: vec![0.0; labels],
            transitions: vec![0.0; labels * labels],
            end: vec![0.0; labels],
        }
    }

    /// Takes away what one path uses.
    pub(crate) fn subtract(&mut self, path: &[usize]) {
        let labels = self.start.len();
        let (Some(first), Some(last)) = (path.first(), path.last()) else {
            return;
        };
        self.start[*first] -= 1.0;
        self.end[*last] -= 1.0;
        for pair in path.windows(2) {
            self.transitions[pair[0] * labels + pair[1]] -= 1.0;
        }
        for (counts, label) in self.emissions.chunks_exact_mut(labels).zip(path) {
            counts[*label] -= 1.0;
        }
    }
}

/// Space for a step.
struct Scratch {
    weights: Vec<f64>,
    sums: Vec<f64>,
}

impl Scratch {
    fn new(labels: usize) -> Self {
        Self {
            weights: vec![0.0; labels],
            sums: vec![0.0; labels],
        }
    }
}

impl Table {
    fn new(scores: Vec<f64>, shift: f64) -> Self {
        let weights = scores.iter().map(|score| (score - shift).exp()).collect();
        Self { scores, weights }
    }

    /// `to_j = log Σ_i exp(from_i + score_ij)`.
    fn propagate(&self, from: &[f64], shift: f64, to: &mut [f64], scratch: &mut Scratch) {
        let labels = from.len();
        let largest = largest(from);
        for (weight, from) in scratch.weights.iter_mut().zip(from) {
            *weight = (from - largest).exp();
        }
        scratch.sums.fill(0.0);
        let rows = self.weights.chunks_exact(labels);
        for (from, row) in scratch.weights.iter().zip(rows) {
            if *from == 0.0 {
                continue;
            }
            for (sum, weight) in scratch.sums.iter_mut().zip(row) {
                *sum += from * weight;
            }
        }
        for (j, (to, sum)) in to.iter_mut().zip(&scratch.sums).enumerate() {
            *to = match *sum > SMALLEST_SUM {
                true => largest + shift + sum.ln(),
                false => {
                    let column = self.scores[j..].iter().step_by(labels);
                    log_sum_exp(from.iter().zip(column).map(|(from, score)| from + score))
                }
            };
        }
    }
}

fn add(to: &mut [f64], what: &[f64]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += what;
    }
}

fn largest(scores: &[f64]) -> f64 {
    scores.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn log_sum_exp(scores: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = scores.clone().fold(f64::NEG_INFINITY, f64::max);
    match largest == f64::NEG_INFINITY {
        // None is possible, unless one is not a number.
        true => scores.fold(largest, |sum, score| sum + score),
        false => {
            largest
                + scores
                    .map(|score| (score - largest).exp())
                    .sum::<f64>()
                    .ln()
        }
    }
}
