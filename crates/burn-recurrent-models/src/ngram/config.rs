//! The hyperparameters of an n-gram model.

use serde::{Deserialize, Serialize};

use super::error::NgramError;

/// The highest order that can be asked for.
pub const MAX_ORDER: usize = 32;

/// The smoothing method: how counts become probabilities.
///
/// In a configuration file: `"kneser-ney"`, `{ add-k = { k = 0.1 } }`, `{ stupid-backoff = { alpha = 0.4 } }`,
/// `{ katz = { threshold = 5 } }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Smoothing {
    /// Every n-gram counts `k` more than it was seen:
    /// `p(w | h) = (c(h w) + k) / (c(h) + k V)`, with `V` the size of the vocabulary.
    ///
    /// It never backs off, so a context that was not seen gives `1 / V` to all.
    AddK {
        /// What is added to every count; above zero.
        k: f64,
    },
    /// Stupid backoff (Brants et al. 2007): `S(w | h) = c(h w) / c(h)` if the n-gram was seen, else
    /// `alpha S(w | h')`, with `h'` the context one token shorter; for unigrams `c(w) / N`.
    ///
    /// These are scores and not probabilities: they do not sum to one, so the model refuses to give a cross entropy.
    StupidBackoff {
        /// The price of a shorter context; above zero. The paper's is 0.4.
        alpha: f64,
    },
    /// Katz (1987): counts up to `threshold` are discounted by the Good-Turing estimate, and what that frees goes to
    /// the words not seen in the context, in proportion to the next shorter context's probabilities. A count of `r`
    /// becomes `d_r r`, where `d_r = (r* / r - x) / (1 - x)`, `r* = (r + 1) n_{r+1} / n_r` and
    /// `x = (threshold + 1) n_{threshold+1} / n_1`.
    ///
    /// The discounts are estimated for each order from the counts of counts `n_r` (how many n-grams were seen `r`
    /// times). On little data these have holes, which are handled as SRILM does:
    ///
    /// - no n-gram seen exactly once: this order is not discounted;
    /// - `n_{threshold + 1}` is zero: the threshold is lowered until it is not;
    /// - a ratio `d_r` that is not above zero and at most one: counts of `r` are left as they are;
    /// - a context left with nothing to give to its unseen words: one is added to its total.
    ///
    /// Unseen unigrams share what the unigrams leave in equal parts. Where every word of the vocabulary was seen
    /// after a context there is nothing to reserve, and its counts are not discounted.
    Katz {
        /// The largest count that is discounted, `k` in the paper; from 1 to 1000. The paper's is 5.
        threshold: u32,
    },
    /// Interpolated modified Kneser-Ney (Chen and Goodman 1999, after Kneser and Ney 1995).
    ///
    /// Below the highest order an n-gram's count is the number of different tokens seen before it; n-grams at the
    /// start of a sentence, which have none, keep their count. Each order subtracts three discounts, `D1`, `D2` and
    /// `D3+`, for counts of one, two and more, and gives what they free to the next lower order; unigrams are
    /// interpolated with the uniform distribution. The discounts are estimated from the order's counts of counts `n_r`:
    /// `Dr = r - (r + 1) Y n_{r+1} / n_r`, with `Y = n_1 / (n_1 + 2 n_2)`.
    ///
    /// Where the counts of counts do not give three discounts with `0 < Dr <= r` (little data, or the unigrams of a
    /// small alphabet, of which none is seen once), that order uses `D1 = 0.5`, `D2 = 1`, `D3+ = 1.5`.
    KneserNey,
}

impl Smoothing {
    /// Whether the values for a context sum to one over the vocabulary. All but stupid backoff do.
    pub fn is_normalised(&self) -> bool {
        !matches!(self, Smoothing::StupidBackoff { .. })
    }
}

/// Configuration of an n-gram model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NgramConfig {
    /// The longest n-gram, from 1 (no context) to [`MAX_ORDER`].
    pub order: usize,
    /// The smoothing method: how counts become probabilities.
    pub smoothing: Smoothing,
    /// The smallest count that an n-gram of order 1, 2, ... must have to be used; orders beyond the end of the list
    /// have 1, which is every n-gram.
    ///
    /// An n-gram below it is treated as not seen, and what it would have had goes to the shorter context. Kneser-Ney
    /// compares the count that it uses, which below the highest order is the number of different tokens before the
    /// n-gram. Discounts are estimated before anything is cut. SRILM's default is `[1, 1, 2, 2, ...]`.
    #[serde(default)]
    pub min_counts: Vec<u32>,
}

impl NgramConfig {
    /// A model of the given order that uses every n-gram.
    pub fn new(order: usize, smoothing: Smoothing) -> Self {
        Self {
            order,
            smoothing,
            min_counts: Vec::new(),
        }
    }

    /// Sets the smallest counts that are used, by order from 1; see [`NgramConfig::min_counts`].
    pub fn with_min_counts(mut self, min_counts: Vec<u32>) -> Self {
        self.min_counts = min_counts;
        self
    }

    /// The smallest count that is used at `order`.
    pub(super) fn min_count(&self, order: usize) -> u32 {
        self.min_counts.get(order - 1).copied().unwrap_or(1)
    }

    /// Checks that the settings are in their ranges.
    ///
    /// # Errors
    ///
    /// [`NgramError::Setting`] names the first one that is not.
    pub fn validate(&self) -> Result<(), NgramError> {
        let refuse = |field, value: String, expected| {
            Err(NgramError::Setting {
                field,
                value,
                expected,
            })
        };
        if self.order == 0 || self.order > MAX_ORDER {
            return refuse("order", self.order.to_string(), "a number from 1 to 32");
        }
        if self.min_counts.len() > self.order {
            let value = format!("{} values", self.min_counts.len());
            return refuse("min_counts", value, "at most one value for each order");
        }
        if self.min_counts.contains(&0) {
            return refuse("min_counts", "0".to_string(), "counts of at least 1");
        }
        match self.smoothing {
            Smoothing::AddK { k } if !(k.is_finite() && k > 0.0) => {
                refuse("k", k.to_string(), "a finite number above zero")
            }
            Smoothing::StupidBackoff { alpha } if !(alpha.is_finite() && alpha > 0.0) => {
                refuse("alpha", alpha.to_string(), "a finite number above zero")
            }
            Smoothing::Katz { threshold } if !(1..=1000).contains(&threshold) => {
                refuse("threshold", threshold.to_string(), "a count from 1 to 1000")
            }
            _ => Ok(()),
        }
    }
}
