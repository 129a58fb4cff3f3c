//! `[batches]`: batch sizes in tokens.

use crate::InvalidValue;
use crate::checks::at_least_one;
use serde::{Deserialize, Serialize};

/// Batch sizes in tokens. Sentences of like lengths are put together; a sentence that is longer than the budget is a
/// batch of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchesConfig {
    /// The most tokens in a training batch, padding included.
    #[serde(default = "training_tokens")]
    pub tokens: usize,
    /// The most sentences in a training batch.
    #[serde(default = "training_sentences")]
    pub sentences: usize,
    /// The most tokens in a batch of validation, testing and tagging, which changes nothing but the speed.
    #[serde(default = "evaluation_tokens")]
    pub evaluation_tokens: usize,
    /// The loss whose gradient is taken.
    #[serde(default)]
    pub loss: LossConfig,
}

/// The normalisation of the training loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossConfig {
    /// The mean over all tokens of a batch.
    #[default]
    PerToken,
    /// The sum over a sentence's tokens, averaged over the sentences.
    PerSentence,
}

fn training_tokens() -> usize {
    1000
}

fn training_sentences() -> usize {
    64
}

fn evaluation_tokens() -> usize {
    4000
}

impl Default for BatchesConfig {
    fn default() -> Self {
        Self {
            tokens: training_tokens(),
            sentences: training_sentences(),
            evaluation_tokens: evaluation_tokens(),
            loss: LossConfig::default(),
        }
    }
}

impl BatchesConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// Names the first key that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        at_least_one("tokens", self.tokens)?;
        at_least_one("sentences", self.sentences)?;
        at_least_one("evaluation_tokens", self.evaluation_tokens)
    }
}
