//! The best paths of a sentence.

use super::{Chain, CrfPath};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// One of the best paths to a label: the label before it, and which of that one's best paths.
#[derive(Clone, Copy)]
struct Step {
    label: u32,
    rank: u32,
}

/// A path that is about to be extended, in the order in which paths are chosen.
struct Candidate {
    score: f64,
    step: Step,
}

impl Chain {
    /// The best path (Viterbi 1967); of equal ones that with the smaller label at the last place
    /// where they differ.
    pub(crate) fn viterbi(&self, emissions: &[f64]) -> CrfPath {
        let labels = self.labels();
        if emissions.is_empty() {
            return nothing();
        }
        let mut steps = emissions.chunks_exact(labels);
        let mut best: Vec<f64> = self.start.clone();
        add_finite(&mut best, steps.next().unwrap_or_default());
        let mut next = vec![f64::NEG_INFINITY; labels];
        // The label before each label of each step but the first.
        let mut previous = vec![0_u32; emissions.len() - labels];
        for (emissions, previous) in steps.zip(previous.chunks_exact_mut(labels)) {
            next.fill(f64::NEG_INFINITY);
            let rows = self.transitions.scores.chunks_exact(labels);
            for (from, (score, row)) in best.iter().zip(rows).enumerate() {
                if *score == f64::NEG_INFINITY {
                    continue;
                }
                let columns = next.iter_mut().zip(previous.iter_mut()).zip(row);
                for ((next, previous), transition) in columns {
                    let extended = score + transition;
                    let better = extended > *next;
                    *next = if better { extended } else { *next };
                    *previous = if better { from as u32 } else { *previous };
                }
            }
            add_finite(&mut next, emissions);
            core::mem::swap(&mut best, &mut next);
        }

        let (mut label, mut score) = (0, f64::NEG_INFINITY);
        for (index, (best, end)) in best.iter().zip(&self.end).enumerate() {
            if best + end > score {
                (label, score) = (index, best + end);
            }
        }
        let mut path = vec![label];
        for previous in previous.chunks_exact(labels).rev() {
            label = previous[label] as usize;
            path.push(label);
        }
        path.reverse();
        CrfPath {
            labels: path,
            score,
        }
    }

    /// The `k` best paths, the best first; fewer where there are not so many.
    pub(crate) fn k_best(&self, emissions: &[f64], k: usize) -> Vec<CrfPath> {
        let labels = self.labels();
        if emissions.is_empty() {
            return vec![nothing(); k.min(1)];
        }
        let mut steps = emissions.chunks_exact(labels);
        let mut first = self.start.clone();
        add_finite(&mut first, steps.next().unwrap_or_default());
        // The scores of each label's best paths, the best first, and for all steps but the first
        // what they extend.
        let mut best: Vec<Vec<f64>> = first
            .into_iter()
            .map(|score| vec![score; usize::from(score > f64::NEG_INFINITY).min(k)])
            .collect();
        let mut previous: Vec<Vec<Vec<Step>>> = Vec::new();
        for emissions in steps {
            let chosen: Vec<Vec<Candidate>> = (0..labels)
                .map(|to| {
                    let score = |from: usize| self.transitions.scores[from * labels + to];
                    choose(&best, score, k)
                })
                .collect();
            best = chosen
                .iter()
                .zip(emissions)
                .map(|(chosen, emission)| {
                    let emission = finite(*emission);
                    chosen.iter().map(|path| path.score + emission).collect()
                })
                .collect();
            let steps = chosen.into_iter();
            let steps = steps.map(|chosen| chosen.into_iter().map(|path| path.step).collect());
            previous.push(steps.collect());
        }

        let last = choose(&best, |label| self.end[label], k);
        let trace = |candidate: Candidate| {
            let mut step = candidate.step;
            let mut path = vec![step.label as usize];
            for previous in previous.iter().rev() {
                step = previous[step.label as usize][step.rank as usize];
                path.push(step.label as usize);
            }
            path.reverse();
            CrfPath {
                labels: path,
                score: candidate.score,
            }
        };
        last.into_iter().map(trace).collect()
    }

    /// The same with a finite number for every score that is none, so that even a model that has
    /// diverged decodes what is allowed.
    pub(crate) fn with_finite_scores(self) -> Self {
        let all = |scores: Vec<f64>| scores.into_iter().map(finite).collect();
        Self::new(all(self.start), all(self.transitions.scores), all(self.end))
    }
}

/// The path of a sentence without words.
fn nothing() -> CrfPath {
    CrfPath {
        labels: Vec::new(),
        score: 0.0,
    }
}

/// The `k` best continuations of the best paths to each label, which are sorted themselves.
fn choose(best: &[Vec<f64>], score: impl Fn(usize) -> f64, k: usize) -> Vec<Candidate> {
    let candidate = |label: usize, rank: usize| {
        let score = best[label].get(rank)? + score(label);
        let (label, rank) = (label as u32, rank as u32);
        (score > f64::NEG_INFINITY).then_some(Candidate {
            score,
            step: Step { label, rank },
        })
    };
    let mut heap: BinaryHeap<_> = (0..best.len()).filter_map(|l| candidate(l, 0)).collect();
    let mut chosen = Vec::with_capacity(k.min(heap.len()));
    while chosen.len() < k {
        let Some(top) = heap.pop() else { break };
        heap.extend(candidate(
            top.step.label as usize,
            top.step.rank as usize + 1,
        ));
        chosen.push(top);
    }
    chosen
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.score.total_cmp(&other.score);
        by_score
            .then_with(|| other.step.label.cmp(&self.step.label))
            .then_with(|| other.step.rank.cmp(&self.step.rank))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

fn add_finite(scores: &mut [f64], emissions: &[f64]) {
    for (score, emission) in scores.iter_mut().zip(emissions) {
        *score += finite(*emission);
    }
}

/// The nearest number of f32, the smallest where it is not a number.
fn finite(score: f64) -> f64 {
    let largest = f64::from(f32::MAX);
    match score.is_nan() {
        true => -largest,
        false => score.clamp(-largest, largest),
    }
}
