//! Why training ended before its time, and what to do about it.

use std::path::PathBuf;
use std::sync::Arc;

use burn::train::TrainingError;

use crate::batches::BatchError;
use crate::checkpoint::CheckpointError;
use crate::config::InvalidValue;
use crate::run_directory::{CONFIG, RunDirectoryError};

/// Why training ended before its time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A loss, a gradient or a weight became infinite or not a number, or a loss so large that its perplexity is.
    #[error("{what} became {value:?} at epoch {epoch}, step {step}")]
    NotFinite {
        /// What did.
        what: String,
        /// Its value.
        value: f64,
        /// The epoch, from 1.
        epoch: usize,
        /// The step, from 1.
        step: usize,
        /// The last checkpoint, which is from before that.
        checkpoint: Option<String>,
        /// The learning rate at the time.
        learning_rate: f64,
    },
    /// Someone asked for it.
    #[error("interrupted in epoch {epoch} after {step} steps")]
    Interrupted {
        /// The epoch, from 1.
        epoch: usize,
        /// The steps done in it.
        step: usize,
        /// The run directory.
        run: PathBuf,
    },
    /// There is nothing to train or validate on.
    #[error("the {split} data has not a single batch")]
    NoBatches {
        /// The split.
        split: &'static str,
    },
    /// A batch could not be made.
    #[error("cannot make the {split} batch {step} of epoch {epoch}")]
    Batch {
        /// The split.
        split: &'static str,
        /// The epoch, from 1.
        epoch: usize,
        /// The batch, from 1.
        step: usize,
        /// Why.
        source: BatchError,
    },
    /// The recipe's own figures of the validation data could not be computed.
    #[error("cannot compute the validation metrics of epoch {epoch}")]
    Metrics {
        /// The epoch, from 1.
        epoch: usize,
        /// Why.
        source: BatchError,
    },
    /// The config monitors a figure that there is not.
    #[error("`training.monitor.metric` is `{name}`, but this recipe measures {}", known.join(", "))]
    UnknownMetric {
        /// The figure.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The config was edited since the run began, and does not fit what was trained by then.
    #[error("`{}`: {source}", run.join(CONFIG).display())]
    Edited {
        /// The run directory.
        run: PathBuf,
        /// Which setting, and how.
        source: InvalidValue,
    },
    /// burn-train failed.
    #[error("{0}")]
    Burn(Arc<TrainingError>),
    /// A checkpoint could not be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file of the run could not be read or written.
    #[error(transparent)]
    Run(#[from] RunDirectoryError),
}

impl TrainError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            // Before anything was learned.
            Self::NotFinite {
                epoch: 1, step: 1, ..
            } => Some(
                "no step had been made yet, so the learning rate is not to blame: start a new run with smaller initial weights \
                 (`init_range` or `initializer` in `[model]`), and look for numbers beyond all use in pretrained vectors"
                    .to_string(),
            ),
            Self::NotFinite {
                checkpoint,
                learning_rate,
                epoch,
                ..
            } => Some(format!(
                "start a new run with a lower `training.learning_rate` (it was {learning_rate}) or a lower `training.clip.global_norm`{}; {}",
                match epoch {
                    1 => ", or with smaller initial weights (`init_range` or `initializer` in `[model]`)",
                    _ => "",
                },
                match checkpoint {
                    Some(name) => format!("the last good checkpoint, `{name}`, is untouched"),
                    None => "no checkpoint had been made yet".to_string(),
                }
            )),
            Self::Interrupted { run, .. } => Some(format!(
                "go on with it by `train --run {} --resume`",
                run.display()
            )),
            Self::NoBatches { .. } => {
                Some("give more data, or a smaller batch size or fewer steps a batch".to_string())
            }
            Self::Edited { .. } => Some(
                "what is trained is fixed once a run has begun: put it back, or begin a new run with a config of its own"
                    .to_string(),
            ),
            Self::Checkpoint(error) => error.help(),
            Self::Run(error) => error.help(),
            _ => None,
        }
    }

    /// Whether the command line or the config is at fault (exit code 2).
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Run(error) => error.is_usage(),
            Self::Checkpoint(error) => error.is_usage(),
            Self::UnknownMetric { .. } | Self::Edited { .. } => true,
            _ => false,
        }
    }
}
