//! Drawing texts from a grammar.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::rules::{Item, Rules};

/// A text drawn from a grammar.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample<'g> {
    /// The tokens in order.
    pub tokens: Vec<&'g str>,
    /// The natural logarithm of the probability of this derivation.
    ///
    /// Where the text has only this one derivation it is also the text's probability.
    pub log_probability: f64,
    /// The labelled stretches in order, none of which is empty.
    pub spans: Vec<SampleSpan<'g>>,
}

/// A labelled stretch of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSpan<'g> {
    /// The label.
    pub label: &'g str,
    /// Its first token, from 0.
    pub start: usize,
    /// The token behind its last one.
    pub end: usize,
}

impl Sample<'_> {
    /// The tokens with a space between them.
    pub fn text(&self) -> String {
        self.tokens.join(" ")
    }

    /// The labels as tags in BIO, one for each token: `B-label` where a stretch begins, `I-label` inside it, `O` outside.
    pub fn tags(&self) -> Vec<String> {
        let mut tags = vec!["O".to_string(); self.tokens.len()];
        for span in &self.spans {
            tags[span.start] = format!("B-{}", span.label);
            tags[span.start + 1..span.end].fill(format!("I-{}", span.label));
        }
        tags
    }
}

/// A generator for drawing samples, one of many independent streams of a seed.
///
/// The key is the seed itself, not a hash of it that a library might change, so the same seed
/// and stream give the same samples on every platform and in every later version.
pub fn sample_rng(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(stream);
    rng
}

/// Probabilities are compared as integers of this many bits, the precision of an `f64`.
const BITS: u32 = 53;

/// For each symbol the cumulative probabilities of its rules, in units of 2⁻⁵³.
#[derive(Debug, Clone)]
pub(super) struct Sampler {
    thresholds: Vec<Vec<u64>>,
}

impl Sampler {
    pub(super) fn new(rules: &Rules) -> Self {
        let unit = (1u64 << BITS) as f64;
        let thresholds = rules
            .symbols
            .iter()
            .map(|symbol| {
                let mut sum = 0.0;
                let cumulate = symbol.rules.iter().map(|rule| {
                    sum += rule.probability;
                    (sum * unit) as u64
                });
                let mut thresholds: Vec<u64> = cumulate.collect();
                // The last rule takes what rounding left, so a draw always finds a rule.
                thresholds.pop();
                thresholds
            })
            .collect();
        Self { thresholds }
    }

    /// Draws one of a symbol's rules.
    pub(super) fn choose<R: Rng + ?Sized>(&self, symbol: usize, rng: &mut R) -> usize {
        let thresholds = &self.thresholds[symbol];
        // A symbol with one rule needs no draw.
        if thresholds.is_empty() {
            return 0;
        }
        let draw = rng.next_u64() >> (64 - BITS);
        thresholds.partition_point(|&threshold| threshold <= draw)
    }

    pub(super) fn sample<'g, R: Rng + ?Sized>(&self, rules: &'g Rules, rng: &mut R) -> Sample<'g> {
        let mut tokens = Vec::new();
        let mut log_probability = 0.0;
        let mut spans = Vec::new();
        let mut open = vec![Step::Item(Item::Symbol(0))];
        while let Some(step) = open.pop() {
            let item = match step {
                Step::Item(item) => item,
                Step::Labelled(item, label) => {
                    let start = tokens.len();
                    open.push(Step::Close { label, start });
                    item
                }
                Step::Close { label, start } => {
                    if start < tokens.len() {
                        spans.push(SampleSpan {
                            label: rules.labels[label].as_str(),
                            start,
                            end: tokens.len(),
                        });
                    }
                    continue;
                }
            };
            match item {
                Item::Token(token) => tokens.push(rules.tokens[token].as_str()),
                Item::Symbol(symbol) => {
                    let rule = &rules.symbols[symbol].rules[self.choose(symbol, rng)];
                    log_probability += rule.probability.ln();
                    let places = rule.body.iter().zip(&rule.labels).rev();
                    open.extend(places.map(|(&item, label)| match label {
                        Some(label) => Step::Labelled(item, *label),
                        None => Step::Item(item),
                    }));
                }
            }
        }
        Sample {
            tokens,
            log_probability,
            spans,
        }
    }
}

/// What is still to be done while a text is drawn.
enum Step {
    Item(Item),
    /// An item whose text is a span.
    Labelled(Item, usize),
    /// The end of a span.
    Close {
        label: usize,
        start: usize,
    },
}
