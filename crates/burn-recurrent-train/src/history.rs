//! A run's figures, epoch by epoch.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::LossSum;

/// Figures by name, such as those that a recipe computes itself.
pub type Figures = BTreeMap<String, f64>;

/// A line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Its learning rate.
    pub learning_rate: f64,
    /// The number of training steps in it.
    pub steps: usize,
    /// The mean training loss of its tokens, each at the time it was trained on.
    pub train_nats_per_token: f64,
    /// `exp` of that.
    pub train_perplexity: f64,
    /// The number of tokens trained on.
    pub train_tokens: u64,
    /// The mean loss of the validation tokens after the epoch.
    pub valid_nats_per_token: f64,
    /// `exp` of that.
    pub valid_perplexity: f64,
    /// The number of tokens validated on.
    pub valid_tokens: u64,
    /// The recipe's own figures of the validation data, each beside the others in the JSON.
    #[serde(flatten)]
    pub valid_metrics: Figures,
    /// Whether the monitored figure is the best so far.
    pub best: bool,
    /// The time spent in training steps, without validation and checkpoints. One of the two figures that differ
    /// between two runs of the same config.
    pub seconds: f64,
    /// Training tokens a second of that time. The other one.
    pub tokens_per_second: f64,
}

/// The epoch with the best monitored figure: the lowest validation loss, unless the config names another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BestEpoch {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Its validation loss.
    pub valid: LossSum,
    /// The name of the checkpoint that has its weights.
    pub checkpoint: String,
}

/// `metrics.jsonl`.
pub(crate) fn to_lines(history: &[EpochRecord]) -> serde_json::Result<String> {
    let mut lines = String::new();
    for record in history {
        lines += &serde_json::to_string(record)?;
        lines.push('\n');
    }
    Ok(lines)
}
