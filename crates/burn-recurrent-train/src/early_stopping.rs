//! Stopping when validation no longer improves.

use serde::{Deserialize, Serialize};

use crate::config::InvalidValue;

/// When to stop before the last epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyStoppingConfig {
    /// Stop after this many epochs in a row without improvement.
    pub patience: usize,
    /// By how much the monitored figure must be better than the best so far to count as improved; in nats a token where
    /// that is the loss.
    #[serde(default)]
    pub min_delta: f64,
}

impl EarlyStoppingConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// Names the first key that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        if self.patience == 0 {
            return Err(InvalidValue::new("patience", "must be at least 1, got 0"));
        }
        if self.min_delta.is_nan() || self.min_delta < 0.0 {
            return Err(InvalidValue::new(
                "min_delta",
                format!("must be at least 0, got {}", self.min_delta),
            ));
        }
        Ok(())
    }
}

/// What early stopping remembers between epochs; part of a checkpoint.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct EarlyStoppingState {
    lowest: Option<f64>,
    epochs_without_improvement: usize,
}

impl EarlyStoppingState {
    /// Takes note of the monitored figure at the end of an epoch, turned so that lower is better.
    pub(crate) fn end_epoch(&mut self, config: &EarlyStoppingConfig, cost: f64) {
        if self
            .lowest
            .is_none_or(|lowest| cost < lowest - config.min_delta)
        {
            self.lowest = Some(cost);
            self.epochs_without_improvement = 0;
        } else {
            self.epochs_without_improvement += 1;
        }
    }

    /// Whether training is over.
    pub(crate) fn should_stop(&self, config: &EarlyStoppingConfig) -> bool {
        self.epochs_without_improvement >= config.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stops_after_patience_epochs_without_an_improvement_of_min_delta() {
        let config = EarlyStoppingConfig {
            patience: 2,
            min_delta: 0.1,
        };
        let mut state = EarlyStoppingState::default();
        let stops: Vec<bool> = [5.0, 4.95, 4.8, 4.75, 4.71]
            .into_iter()
            .map(|loss| {
                state.end_epoch(&config, loss);
                state.should_stop(&config)
            })
            .collect();
        assert_eq!(stops, [false, false, false, false, true]);
    }
}
