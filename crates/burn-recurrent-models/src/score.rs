//! The likelihood of a text.

use crate::LanguageModel;
use serde::Serialize;

/// The likelihood of a text under a model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Likelihood {
    /// The natural logarithm of its probability.
    pub log_probability: f64,
    /// The number of tokens predicted.
    pub tokens: usize,
}

impl Likelihood {
    /// The perplexity: the exponential of the nats a token; NaN where there is no token.
    pub fn perplexity(&self) -> f64 {
        (-self.log_probability / self.tokens as f64).exp()
    }
}

/// Scores `tokens` after `context`, which is read but not counted: for a sentence, the end of the
/// one before.
///
/// # Panics
///
/// If the model needs a context and there is none, or a token is not in its vocabulary.
pub fn score<M: LanguageModel>(model: &M, context: &[u32], tokens: &[u32]) -> Likelihood {
    Likelihood {
        log_probability: model.log_probabilities(context, tokens).iter().sum(),
        tokens: tokens.len(),
    }
}
