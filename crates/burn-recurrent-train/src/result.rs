//! `result.json`: the result of a run, and what it takes to reproduce it.

use std::collections::BTreeMap;

use burn::tensor::Device;
use serde::Serialize;

use crate::Figures;
use crate::device::device_name;
use crate::run_data::RunData;
use crate::training::TrainingOutcome;

/// The result of a run. The metrics stand at the top level of the JSON, beside the rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunResult {
    /// The recipe's name.
    pub recipe: String,
    /// The figures that the recipe reports, such as `test_perplexity`.
    #[serde(flatten)]
    pub metrics: BTreeMap<String, f64>,
    /// The seed of all randomness.
    pub seed: u64,
    /// The SHA-256 of each data set, by name.
    pub datasets: BTreeMap<String, String>,
    /// The epochs trained.
    pub epochs: usize,
    /// The epoch with the best monitored figure.
    pub best_epoch: Option<usize>,
    /// Whether early stopping ended the run.
    pub early_stopped: bool,
    /// The time from start to end of training, over all processes that worked on the run.
    pub wall_seconds: f64,
    /// The part of it spent in training steps.
    pub train_seconds: f64,
    /// Training tokens a second of that.
    pub tokens_per_second: f64,
    /// The device, in words.
    pub device: String,
    /// The version of the recipes.
    pub crate_version: String,
    /// The git revision of their source, with `-dirty` where it was changed; `unknown` outside a checkout.
    pub git_revision: String,
}

impl RunResult {
    /// A result without figures.
    pub fn new(recipe: &str, seed: u64, device: &Device) -> Self {
        Self {
            recipe: recipe.to_string(),
            metrics: BTreeMap::new(),
            seed,
            datasets: BTreeMap::new(),
            epochs: 0,
            best_epoch: None,
            early_stopped: false,
            wall_seconds: 0.0,
            train_seconds: 0.0,
            tokens_per_second: 0.0,
            device: device_name(device),
            crate_version: env!("CARGO_PKG_VERSION").to_string(),
            git_revision: git_version::git_version!(
                args = ["--always", "--abbrev=40", "--dirty=-dirty", "--exclude=*"],
                fallback = "unknown"
            )
            .to_string(),
        }
    }

    /// Takes over the times and epochs of the training, and `valid_nats_per_token`, `valid_perplexity` and the recipe's
    /// own figures of the epoch whose weights the run ended with.
    pub fn with_training<M>(mut self, outcome: &TrainingOutcome<M>) -> Self {
        self.epochs = outcome.history.len();
        self.best_epoch = outcome.best.as_ref().map(|best| best.epoch);
        self.early_stopped = outcome.early_stopped;
        self.wall_seconds = outcome.wall_seconds;
        self.train_seconds = outcome.train_seconds;
        self.tokens_per_second = outcome.tokens_per_second;
        if let Some(record) = outcome.record() {
            let (nats, perplexity) = (record.valid_nats_per_token, record.valid_perplexity);
            self.metrics.extend(record.valid_metrics.clone());
            return self
                .with_metric("valid_nats_per_token", nats)
                .with_metric("valid_perplexity", perplexity);
        }
        self
    }

    /// Adds a figure.
    pub fn with_metric(mut self, name: &str, value: f64) -> Self {
        self.metrics.insert(name.to_string(), value);
        self
    }

    /// Adds figures.
    pub fn with_metrics(mut self, figures: Figures) -> Self {
        self.metrics.extend(figures);
        self
    }

    /// Adds the checksums of what was trained and measured on.
    pub fn with_data(mut self, data: &impl RunData) -> Self {
        self.datasets.extend(data.checksums().clone());
        self
    }

    /// Adds a data set's checksum.
    pub fn with_dataset(mut self, name: &str, sha256: &str) -> Self {
        self.datasets.insert(name.to_string(), sha256.to_string());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_stand_at_the_top_level() {
        let result = RunResult::new("toy", 7, &Device::flex())
            .with_metric("test_perplexity", 12.5)
            .with_dataset("train", "ab12");
        let json = serde_json::to_value(&result).unwrap();
        assert_eq!(json["test_perplexity"], 12.5);
        assert_eq!(json["seed"], 7);
        assert_eq!(json["datasets"]["train"], "ab12");
        assert_eq!(json["device"], "Flex (CPU)");
        assert!(!json["git_revision"].as_str().unwrap().is_empty());
    }
}
