//! The metric by which the best epoch is chosen.

use serde::{Deserialize, Serialize};

use crate::EpochRecord;
use crate::config::InvalidValue;

/// The figure that chooses the best epoch, stops early and lowers the learning rate on a plateau: the validation loss,
/// unless the config names another.
///
/// ```
/// use burn_recurrent_train::{Direction, MonitorConfig};
///
/// let monitor: MonitorConfig = toml::from_str(r#"
///     metric = "valid_f1"
///     direction = "maximize"
/// "#).unwrap();
/// assert_eq!(monitor.direction, Direction::Maximize);
/// assert_eq!(MonitorConfig::default().metric, "valid_nats_per_token");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorConfig {
    /// Its name in `metrics.jsonl`: `valid_nats_per_token`, or one of the recipe's own.
    pub metric: String,
    /// Which way is better.
    pub direction: Direction,
}

/// Whether a lower or a higher value of a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Lower is better, as with a loss.
    Minimize,
    /// Higher is better, as with an accuracy.
    Maximize,
}

/// The validation loss.
pub(crate) const LOSS: &str = "valid_nats_per_token";

impl Default for MonitorConfig {
    fn default() -> Self {
        Self {
            metric: LOSS.to_string(),
            direction: Direction::Minimize,
        }
    }
}

impl MonitorConfig {
    /// Checks that a loss is minimised.
    ///
    /// # Errors
    ///
    /// Names `direction` where a loss would be made as large as can be.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        if self.is_loss() && self.direction == Direction::Maximize {
            return Err(InvalidValue::new(
                "direction",
                format!("must be \"minimize\" for `{LOSS}`"),
            ));
        }
        Ok(())
    }

    /// Checks that the figure is the loss or one of `own`, those that a recipe measures itself.
    ///
    /// # Errors
    ///
    /// Names `metric`, and lists what it may be.
    pub fn validate_among(&self, own: &[&str]) -> Result<(), InvalidValue> {
        if self.is_loss() || own.contains(&self.metric.as_str()) {
            return Ok(());
        }
        let known: Vec<&str> = [LOSS].into_iter().chain(own.iter().copied()).collect();
        Err(InvalidValue::new(
            "metric",
            format!("must be one of {}, got {}", known.join(", "), self.metric),
        ))
    }

    /// Whether it is the loss.
    pub fn is_loss(&self) -> bool {
        self.metric == LOSS
    }

    /// The figure of an epoch; `None` where the epoch has no such figure.
    pub fn value(&self, record: &EpochRecord) -> Option<f64> {
        if self.is_loss() {
            Some(record.valid_nats_per_token)
        } else {
            record.valid_metrics.get(&self.metric).copied()
        }
    }

    /// The same turned so that lower is better.
    pub(crate) fn cost(&self, value: f64) -> f64 {
        match self.direction {
            Direction::Minimize => value,
            Direction::Maximize => -value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_falls_where_the_figure_gets_better() {
        let f1 = MonitorConfig {
            metric: "valid_f1".into(),
            direction: Direction::Maximize,
        };
        assert!(f1.cost(0.9) < f1.cost(0.8));
        let loss = MonitorConfig::default();
        assert!(loss.cost(0.8) < loss.cost(0.9));
    }

    #[test]
    fn a_loss_is_not_maximised() {
        let monitor = MonitorConfig {
            direction: Direction::Maximize,
            ..MonitorConfig::default()
        };
        let error = monitor.validate().unwrap_err();
        assert_eq!(error.key, "direction");
    }

    #[test]
    fn a_figure_that_nobody_measures_is_answered_with_those_there_are() {
        let monitor = MonitorConfig {
            metric: "valid_f2".into(),
            direction: Direction::Maximize,
        };
        assert!(monitor.validate_among(&["valid_f2"]).is_ok());
        let error = monitor.validate_among(&["valid_f1"]).unwrap_err();
        assert_eq!(
            error.message,
            "must be one of valid_nats_per_token, valid_f1, got valid_f2"
        );
    }
}
