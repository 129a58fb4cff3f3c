//! `[evaluation]`: how a text is gone through for validation and testing.

use crate::InvalidValue;
use crate::checks::at_least_one;
use serde::{Deserialize, Serialize};

/// The batch size of validation and testing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationConfig {
    /// The number of stretches that the text is cut into. With 1, the default, every token is predicted from all those
    /// before it; with more it is faster, and each stretch begins without a past.
    #[serde(default = "one_lane")]
    pub lanes: usize,
    /// The number of tokens at a time, which changes nothing but the speed.
    #[serde(default = "evaluation_steps")]
    pub steps: usize,
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self {
            lanes: one_lane(),
            steps: evaluation_steps(),
        }
    }
}

fn one_lane() -> usize {
    1
}

fn evaluation_steps() -> usize {
    100
}

impl EvaluationConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// Names the first key that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        at_least_one("lanes", self.lanes)?;
        at_least_one("steps", self.steps)
    }
}
