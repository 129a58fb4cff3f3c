//! Beam search.

use super::penalty::{coverage_penalty, length_penalty};
use super::stepper::{Step, Stepper};
use super::top::top;
use super::{BeamConfig, Hypothesis, NeuralTranslator, SpecialTokens};

/// A token of some unfinished translation, and what came before it.
struct Node {
    before: Option<usize>,
    token: u32,
    log_probability: f64,
    weights: Vec<f32>,
}

/// An unfinished translation.
#[derive(Clone)]
struct Live {
    /// Its last token.
    node: Option<usize>,
    log_probability: f64,
    /// How much each word of the source was looked at so far; empty where that does not count.
    coverage: Vec<f64>,
}

/// A continuation by one token.
struct Candidate {
    row: usize,
    token: u32,
    log_probability: f64,
    total: f64,
}

/// The search for one sentence.
struct Search<'a> {
    config: &'a BeamConfig,
    tokens: SpecialTokens,
    attention: bool,
    limit: usize,
    words: usize,
    nodes: Vec<Node>,
    live: Vec<Live>,
    finished: Vec<Hypothesis>,
}

/// Searches translations of some sentences of one length.
pub(super) fn beam_search(
    translator: &NeuralTranslator,
    sentences: &[&[u32]],
    config: &BeamConfig,
) -> Vec<Vec<Hypothesis>> {
    let model = translator.model();
    let has_attention = model.decoder.attention.is_some();
    let attention = config.options.attention && has_attention;
    let beams = config.beam;
    let mut stepper = Stepper::new(
        translator,
        sentences,
        beams,
        config.options.forbid_unknown,
        attention || config.coverage_penalty > 0.0,
    );
    let words = sentences[0].len();
    let start = || Search {
        config,
        tokens: model.tokens(),
        attention,
        limit: config.options.limit(words),
        words,
        nodes: Vec::new(),
        live: vec![Live {
            node: None,
            log_probability: 0.0,
            coverage: match config.coverage_penalty > 0.0 {
                true => vec![0.0; words],
                false => Vec::new(),
            },
        }],
        finished: Vec::new(),
    };
    let mut searches: Vec<Search<'_>> = sentences.iter().map(|_| start()).collect();
    let mut running: Vec<usize> = (0..sentences.len()).collect();
    let mut last = vec![model.tokens().begin; sentences.len() * beams];
    for length in 1..=config.options.limit(words) {
        let step = stepper.step(&last);
        let (mut kept, mut rows, mut going) = (Vec::new(), Vec::new(), Vec::new());
        last.clear();
        for (place, index) in running.into_iter().enumerate() {
            let search = &mut searches[index];
            let parents = search.advance(&step, place * beams, length);
            if search.is_done(length) {
                continue;
            }
            going.push(index);
            kept.push(place);
            // Where there are fewer than `beam`, the first one fills up; nobody reads its rows.
            for slot in 0..beams {
                let slot = if slot < parents.len() { slot } else { 0 };
                rows.push(place * beams + parents[slot]);
                last.push(search.last_token(slot));
            }
        }
        running = going;
        if running.is_empty() {
            break;
        }
        stepper.keep(&kept, &rows);
    }
    searches.into_iter().map(Search::best).collect()
}

impl Search<'_> {
    /// Goes one token further; returns which of its rows each translation that goes on was in.
    fn advance(&mut self, step: &Step, first_row: usize, length: usize) -> Vec<usize> {
        let beam = self.config.beam;
        let mut candidates: Vec<Candidate> = Vec::new();
        for (row, live) in self.live.iter().enumerate() {
            let log_probabilities = step.log_probabilities(first_row + row);
            for token in top(log_probabilities, 2 * beam) {
                let log_probability = f64::from(log_probabilities[token as usize]);
                candidates.push(Candidate {
                    row,
                    token,
                    log_probability,
                    total: live.log_probability + log_probability,
                });
            }
        }
        // Equals stay in the order of their rows, and in a row of their tokens.
        candidates.sort_by(|left, right| right.total.total_cmp(&left.total));
        candidates.truncate(2 * beam);

        let (mut live, mut parents) = (Vec::new(), Vec::new());
        for (rank, candidate) in candidates.into_iter().enumerate() {
            let is_end = candidate.token == self.tokens.end;
            if live.len() == beam || is_end && rank >= beam {
                continue;
            }
            let row = candidate.row;
            let extended = self.extend(&candidate, step.weights(first_row + row));
            if is_end {
                let hypothesis = self.hypothesis(&extended, length, true);
                self.finished.push(hypothesis);
            } else {
                live.push(extended);
                parents.push(row);
            }
        }
        self.live = live;
        parents
    }

    fn extend(&mut self, candidate: &Candidate, weights: &[f32]) -> Live {
        let before = &self.live[candidate.row];
        let mut coverage = before.coverage.clone();
        for (covered, weight) in coverage.iter_mut().zip(weights) {
            *covered += f64::from(*weight);
        }
        self.nodes.push(Node {
            before: before.node,
            token: candidate.token,
            log_probability: candidate.log_probability,
            weights: match self.attention {
                true => weights[..self.words].to_vec(),
                false => Vec::new(),
            },
        });
        Live {
            node: Some(self.nodes.len() - 1),
            log_probability: candidate.total,
            coverage,
        }
    }

    /// Whether there is nothing left to search after `length` tokens.
    fn is_done(&self, length: usize) -> bool {
        let BeamConfig { beam, nbest, .. } = *self.config;
        if self.live.is_empty() || self.finished.len() >= beam || length == self.limit {
            return true;
        }
        // What goes on gets no likelier, and is forgiven no more than at the longest.
        let forgiven = length_penalty(self.limit, self.config.length_penalty);
        let likeliest = self.live.iter().map(|live| live.log_probability / forgiven);
        let bound = likeliest.fold(f64::NEG_INFINITY, f64::max);
        let better = self.finished.iter().filter(|found| found.score >= bound);
        better.count() >= nbest
    }

    fn last_token(&self, slot: usize) -> u32 {
        let node = self.live[slot].node;
        node.map_or(self.tokens.begin, |node| self.nodes[node].token)
    }

    /// The best that were found; those that were cut off only where there are too few others.
    fn best(mut self) -> Vec<Hypothesis> {
        let by_score = |left: &Hypothesis, right: &Hypothesis| right.score.total_cmp(&left.score);
        let mut found = std::mem::take(&mut self.finished);
        found.sort_by(by_score);
        let nbest = self.config.nbest;
        if found.len() < nbest {
            let cut = self.live.iter();
            let mut cut: Vec<_> = cut
                .map(|live| self.hypothesis(live, self.limit, false))
                .collect();
            cut.sort_by(by_score);
            found.append(&mut cut);
        }
        found.truncate(nbest);
        found
    }

    fn hypothesis(&self, live: &Live, length: usize, finished: bool) -> Hypothesis {
        let config = self.config;
        let mut path = Vec::with_capacity(length);
        let mut next = live.node;
        while let Some(node) = next {
            path.push(node);
            next = self.nodes[node].before;
        }
        path.reverse();
        let path = || path.iter().map(|node| &self.nodes[*node]);
        let log_probability = live.log_probability;
        Hypothesis {
            tokens: path()
                .map(|node| node.token)
                .filter(|token| *token != self.tokens.end)
                .collect(),
            log_probabilities: path().map(|node| node.log_probability).collect(),
            log_probability,
            score: log_probability / length_penalty(length, config.length_penalty)
                + coverage_penalty(&live.coverage, config.coverage_penalty),
            finished,
            attention: self
                .attention
                .then(|| path().map(|node| node.weights.clone()).collect()),
        }
    }
}
