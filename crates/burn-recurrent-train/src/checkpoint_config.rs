//! When checkpoints are made.

use serde::{Deserialize, Serialize};

use crate::config::InvalidValue;

/// The interval between checkpoints. There is always one at the end of an epoch and one when training is interrupted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointConfig {
    /// Within an epoch, after this many minutes without one.
    #[serde(default = "ten_minutes")]
    pub every_minutes: f64,
    /// Within an epoch, at every multiple of this many steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_steps: Option<usize>,
    /// How many of the latest are kept, besides the best.
    #[serde(default = "two")]
    pub keep: usize,
}

fn ten_minutes() -> f64 {
    10.0
}

fn two() -> usize {
    2
}

impl Default for CheckpointConfig {
    fn default() -> Self {
        Self {
            every_minutes: ten_minutes(),
            every_steps: None,
            keep: two(),
        }
    }
}

impl CheckpointConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// Names the first key that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        if self.every_minutes.is_nan() || self.every_minutes <= 0.0 {
            return Err(InvalidValue::new(
                "every_minutes",
                format!("must be above 0, got {}", self.every_minutes),
            ));
        }
        if self.every_steps == Some(0) {
            return Err(InvalidValue::new(
                "every_steps",
                "must be at least 1, got 0",
            ));
        }
        if self.keep == 0 {
            return Err(InvalidValue::new("keep", "must be at least 1, got 0"));
        }
        Ok(())
    }
}
