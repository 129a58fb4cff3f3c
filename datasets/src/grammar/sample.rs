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
}

impl Sample<'_> {
    /// The tokens with a space between them.
    pub fn text(&self) -> String {
        self.tokens.join(" ")
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

    pub(super) fn sample<'g, R: Rng + ?Sized>(&self, rules: &'g Rules, rng: &mut R) -> Sample<'g> {
        let mut tokens = Vec::new();
        let mut log_probability = 0.0;
        let mut open = vec![Item::Symbol(0)];
        while let Some(item) = open.pop() {
            match item {
                Item::Token(token) => tokens.push(rules.tokens[token].as_str()),
                Item::Symbol(symbol) => {
                    let thresholds = &self.thresholds[symbol];
                    // A symbol with one rule needs no draw.
                    let chosen = if thresholds.is_empty() {
                        0
                    } else {
                        let draw = rng.next_u64() >> (64 - BITS);
                        thresholds.partition_point(|&threshold| threshold <= draw)
                    };
                    let rule = &rules.symbols[symbol].rules[chosen];
                    log_probability += rule.probability.ln();
                    open.extend(rule.body.iter().rev());
                }
            }
        }
        Sample {
            tokens,
            log_probability,
        }
    }
}
