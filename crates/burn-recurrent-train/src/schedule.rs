//! The learning rate of each epoch.

use serde::{Deserialize, Serialize};

use crate::config::InvalidValue;

/// The learning rate schedule, from epoch to epoch; in TOML a table with a `kind`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum ScheduleConfig {
    /// It does not.
    #[default]
    Constant,
    /// Zaremba et al. 2014: constant up to and including epoch `after`, then multiplied by `decay` at every epoch.
    Step {
        /// The last epoch with the full learning rate.
        after: usize,
        /// The factor of each later epoch.
        decay: f64,
    },
    /// Multiplied by `factor` after `patience` epochs in a row without a new best monitored figure.
    Plateau {
        /// The factor.
        factor: f64,
        /// How many epochs without improvement are waited for.
        patience: usize,
        /// The learning rate is never lowered below this.
        #[serde(default)]
        minimum: f64,
    },
}

impl ScheduleConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// Names the first key that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        let (key, factor) = match *self {
            Self::Constant => return Ok(()),
            Self::Step { decay, .. } => ("decay", decay),
            Self::Plateau {
                factor,
                patience,
                minimum,
            } => {
                if patience == 0 {
                    return Err(InvalidValue::new("patience", "must be at least 1, got 0"));
                }
                if minimum.is_nan() || minimum < 0.0 {
                    return Err(InvalidValue::new(
                        "minimum",
                        format!("must be at least 0, got {minimum}"),
                    ));
                }
                ("factor", factor)
            }
        };
        if factor > 0.0 && factor <= 1.0 {
            Ok(())
        } else {
            Err(InvalidValue::new(
                key,
                format!("must be above 0 and at most 1, got {factor}"),
            ))
        }
    }
}

/// What the schedule remembers between epochs; part of a checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScheduleState {
    learning_rate: f64,
    lowest: Option<f64>,
    epochs_without_improvement: usize,
}

impl ScheduleState {
    /// The state at the start of training.
    pub(crate) fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            lowest: None,
            epochs_without_improvement: 0,
        }
    }

    /// The learning rate of `epoch`, counted from 1; `base` is the one that the config gives.
    pub(crate) fn learning_rate(&self, config: &ScheduleConfig, base: f64, epoch: usize) -> f64 {
        match *config {
            ScheduleConfig::Constant => base,
            ScheduleConfig::Step { after, decay } => {
                let exponent = i32::try_from(epoch.saturating_sub(after)).unwrap_or(i32::MAX);
                base * decay.powi(exponent)
            }
            ScheduleConfig::Plateau { .. } => self.learning_rate,
        }
    }

    /// Takes note of the monitored figure at the end of an epoch, turned so that lower is better.
    pub(crate) fn end_epoch(&mut self, config: &ScheduleConfig, cost: f64) {
        if self.lowest.is_none_or(|lowest| cost < lowest) {
            self.lowest = Some(cost);
            self.epochs_without_improvement = 0;
            return;
        }
        self.epochs_without_improvement += 1;
        if let ScheduleConfig::Plateau {
            factor,
            patience,
            minimum,
        } = *config
            && self.epochs_without_improvement >= patience
        {
            // A learning rate that starts below the minimum is left alone, not raised to it.
            self.learning_rate = self
                .learning_rate
                .min((self.learning_rate * factor).max(minimum));
            self.epochs_without_improvement = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zarembas_small_model_halves_the_rate_from_epoch_five_on() {
        let config = ScheduleConfig::Step {
            after: 4,
            decay: 0.5,
        };
        let state = ScheduleState::new(1.0);
        let rates: Vec<f64> = (1..=7)
            .map(|epoch| state.learning_rate(&config, 1.0, epoch))
            .collect();
        assert_eq!(rates, [1.0, 1.0, 1.0, 1.0, 0.5, 0.25, 0.125]);
    }

    #[test]
    fn a_plateau_lowers_the_rate_after_patience_epochs_and_not_below_the_minimum() {
        let config = ScheduleConfig::Plateau {
            factor: 0.5,
            patience: 2,
            minimum: 0.3,
        };
        let mut state = ScheduleState::new(1.0);
        let mut rates = Vec::new();
        for loss in [5.0, 4.0, 4.0, 4.5, 4.2, 4.1, 3.9, 4.0, 4.0] {
            state.end_epoch(&config, loss);
            rates.push(state.learning_rate(&config, 1.0, 0));
        }
        assert_eq!(rates, [1.0, 1.0, 1.0, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3]);
    }
}
