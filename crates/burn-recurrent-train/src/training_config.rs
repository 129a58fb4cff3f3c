//! The part of a config that is the same in every recipe.

use serde::{Deserialize, Serialize};

use crate::checkpoint_config::CheckpointConfig;
use crate::checks::seed;
use crate::clip::ClipConfig;
use crate::config::{InvalidValue, RecipeConfig};
use crate::early_stopping::EarlyStoppingConfig;
use crate::monitor::MonitorConfig;
use crate::optimizer::OptimizerConfig;
use crate::schedule::ScheduleConfig;

/// The settings of a training; the table `[training]` of a recipe's config.
///
/// ```
/// use burn_recurrent_train::{OptimizerConfig, ScheduleConfig, TrainingConfig};
///
/// let config: TrainingConfig = toml::from_str(r#"
///     epochs = 13
///     learning_rate = 1.0
///     optimizer = { kind = "sgd" }
///     schedule = { kind = "step", after = 4, decay = 0.5 }
///     clip = { global_norm = 5.0 }
/// "#).unwrap();
/// assert_eq!(config.optimizer, OptimizerConfig::sgd());
/// assert_eq!(config.schedule, ScheduleConfig::Step { after: 4, decay: 0.5 });
/// assert_eq!(config.seed, 1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingConfig {
    /// How often the training set is gone through.
    pub epochs: usize,
    /// Where all randomness comes from; 1 unless given.
    #[serde(default = "first_seed")]
    pub seed: u64,
    /// The learning rate before the schedule.
    pub learning_rate: f64,
    /// Which of the epochs' weights the run ends with.
    #[serde(default)]
    pub keep_weights: KeepWeights,
    /// The optimiser.
    pub optimizer: OptimizerConfig,
    /// How the learning rate changes; not at all unless given.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// How gradients are clipped; not at all unless given.
    #[serde(default)]
    pub clip: ClipConfig,
    /// Which figure of the validation data says how good an epoch is; its loss unless given.
    #[serde(default)]
    pub monitor: MonitorConfig,
    /// When to stop early; never unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStoppingConfig>,
    /// How often checkpoints are made.
    #[serde(default)]
    pub checkpoint: CheckpointConfig,
}

/// The choice of the final weights among the epochs'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeepWeights {
    /// Those with the best monitored figure.
    #[default]
    Best,
    /// Those after the last epoch.
    Last,
    /// The mean of the weights after each of the last so many epochs: `keep_weights = { average = 5 }` (Vaswani et al. 2017,
    /// section 6.1, do so with the last checkpoints). Their checkpoints are kept.
    Average(usize),
}

impl KeepWeights {
    /// How many ends of epochs are needed in the end, besides the best.
    pub(crate) fn epochs(self) -> usize {
        match self {
            Self::Best | Self::Last => 0,
            Self::Average(epochs) => epochs,
        }
    }
}

/// For a program that has no other config.
impl RecipeConfig for TrainingConfig {
    fn validate(&self) -> Result<(), InvalidValue> {
        TrainingConfig::validate(self)
    }
}

fn first_seed() -> u64 {
    1
}

impl TrainingConfig {
    /// So many epochs at one learning rate, and all else as it is where a config says nothing.
    pub fn new(epochs: usize, learning_rate: f64, optimizer: OptimizerConfig) -> Self {
        Self {
            epochs,
            seed: first_seed(),
            learning_rate,
            keep_weights: KeepWeights::default(),
            optimizer,
            schedule: ScheduleConfig::default(),
            clip: ClipConfig::default(),
            monitor: MonitorConfig::default(),
            early_stopping: None,
            checkpoint: CheckpointConfig::default(),
        }
    }

    /// [Checks](Self::validate) the ranges, and that the monitored figure is the loss or one of `valid_metrics`, those that
    /// are measured besides.
    ///
    /// # Errors
    ///
    /// Names the first key that is wrong, and says what it may be.
    pub fn validate_with(&self, valid_metrics: &[&str]) -> Result<(), InvalidValue> {
        self.validate()?;
        let monitored = self.monitor.validate_among(valid_metrics);
        monitored.map_err(|error| error.within("monitor"))
    }

    /// Checks the ranges. Keys are relative to this table; see [`InvalidValue::within`].
    ///
    /// # Errors
    ///
    /// Names the first key that is out of its range, and says what it may be.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        if self.epochs == 0 {
            return Err(InvalidValue::new("epochs", "must be at least 1, got 0"));
        }
        seed("seed", self.seed)?;
        if !(self.learning_rate.is_finite() && self.learning_rate > 0.0) {
            return Err(InvalidValue::new(
                "learning_rate",
                format!("must be above 0, got {}", self.learning_rate),
            ));
        }
        if let KeepWeights::Average(epochs) = self.keep_weights
            && !(1..=self.epochs).contains(&epochs)
        {
            return Err(InvalidValue::new(
                "keep_weights.average",
                format!(
                    "must be from 1 to `epochs`, which is {}, got {epochs}",
                    self.epochs
                ),
            ));
        }
        self.optimizer
            .validate()
            .map_err(|error| error.within("optimizer"))?;
        self.schedule
            .validate()
            .map_err(|error| error.within("schedule"))?;
        self.clip.validate().map_err(|error| error.within("clip"))?;
        self.monitor
            .validate()
            .map_err(|error| error.within("monitor"))?;
        if let Some(early_stopping) = &self.early_stopping {
            early_stopping
                .validate()
                .map_err(|error| error.within("early_stopping"))?;
        }
        self.checkpoint
            .validate()
            .map_err(|error| error.within("checkpoint"))
    }

    /// Whether a step is the gradient times the learning rate, so that either may be scaled.
    pub(crate) fn steps_are_proportional(&self) -> bool {
        self.optimizer.is_proportional() && self.clip.per_tensor_norm.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse_config;

    const TEXT: &str = "epochs = 2\nlearning_rate = 0.5\noptimizer = { kind = \"adam\" }\n";

    fn error(overrides: &[&str]) -> String {
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        parse_config::<TrainingConfig>("c.toml", TEXT, &overrides)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_resolved_config_is_read_back_as_it_was() {
        let average = ["keep_weights={average=2}".to_string()];
        let config: TrainingConfig = parse_config("c.toml", TEXT, &average).unwrap();
        assert_eq!(config.keep_weights, KeepWeights::Average(2));
        let text = toml::to_string(&config).unwrap();
        let again: TrainingConfig = parse_config("resolved", &text, &[]).unwrap();
        assert_eq!(config, again);
    }

    #[test]
    fn values_out_of_range_are_named_with_their_path() {
        assert_eq!(
            error(&["keep_weights={average=3}"]),
            "c.toml: `keep_weights.average` must be from 1 to `epochs`, which is 2, got 3"
        );
        assert_eq!(
            error(&["epochs=0"]),
            "c.toml: `epochs` must be at least 1, got 0"
        );
        assert_eq!(
            error(&["schedule={kind=\"step\", after=1, decay=1.5}"]),
            "c.toml: `schedule.decay` must be above 0 and at most 1, got 1.5"
        );
        assert_eq!(
            error(&["clip.global_norm=-1.0"]),
            "c.toml: `clip.global_norm` must be above 0, got -1"
        );
        assert_eq!(
            error(&["optimizer={kind=\"sgd\", nesterov=true}"]),
            "c.toml: `optimizer.momentum` must be above 0 where `nesterov` or `dampening` is set"
        );
    }

    #[test]
    fn only_plain_gradient_descent_steps_in_proportion() {
        for (overrides, proportional) in [
            (&["optimizer={kind=\"sgd\"}"][..], true),
            (&["optimizer={kind=\"sgd\"}", "clip.global_norm=1.0"], true),
            (
                &["optimizer={kind=\"sgd\"}", "clip.per_tensor_norm=1.0"],
                false,
            ),
            (&["optimizer={kind=\"sgd\", momentum=0.9}"], false),
            (&["optimizer={kind=\"sgd\", weight_decay=0.1}"], false),
            (&["optimizer={kind=\"adam\"}"], false),
            (&["optimizer={kind=\"adamw\"}"], false),
        ] {
            let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
            let config: TrainingConfig = parse_config("c.toml", TEXT, &overrides).unwrap();
            assert_eq!(
                config.steps_are_proportional(),
                proportional,
                "{overrides:?}"
            );
        }
    }

    #[test]
    fn an_unknown_kind_is_answered_with_the_kinds_there_are() {
        let error = error(&["optimizer.kind=adan"]);
        assert!(
            error.contains("unknown variant `adan`, expected one of `sgd`, `adam`, `adamw`"),
            "{error}"
        );
    }

    #[test]
    fn an_option_of_another_kind_is_refused() {
        let error = error(&["optimizer.momentum=0.9"]);
        assert!(error.contains("unknown field `momentum`"), "{error}");
        assert!(error.contains("`beta_1`"), "{error}");
    }
}
