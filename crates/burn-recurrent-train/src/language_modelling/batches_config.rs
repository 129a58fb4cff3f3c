//! `[batches]`: how the training text is cut.

use crate::InvalidValue;
use crate::checks::at_least_one;
use burn_recurrent_text::Remainder;
use serde::{Deserialize, Serialize};

/// How the training text is cut into batches: `lanes` contiguous stretches side by side, `steps` tokens at a time, the
/// state carried from one batch to the next.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchesConfig {
    /// The number of stretches: the batch size.
    pub lanes: usize,
    /// The number of tokens through which is propagated back.
    pub steps: usize,
    /// Whether the tokens that fill no whole batch are kept or, as Zaremba et al. 2014 do, dropped.
    #[serde(default = "keep")]
    pub remainder: Remainder,
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
    /// The sum over a lane's tokens, averaged over the lanes: what Zaremba et al. 2014 clip and descend.
    PerLane,
}

fn keep() -> Remainder {
    Remainder::Keep
}

impl BatchesConfig {
    /// So many stretches and so many tokens at a time, nothing left out.
    pub fn new(lanes: usize, steps: usize) -> Self {
        Self {
            lanes,
            steps,
            remainder: keep(),
            loss: LossConfig::default(),
        }
    }

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
