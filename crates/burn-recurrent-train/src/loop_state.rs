//! The state of the training loop, besides those of the model and the optimiser.

use serde::{Deserialize, Serialize};

use crate::early_stopping::EarlyStoppingState;
use crate::schedule::ScheduleState;
use crate::{BestEpoch, EpochRecord, LossSum};

/// What the training loop remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LoopState {
    /// The epochs completed.
    pub(crate) epochs: usize,
    /// The steps completed in the epoch after them.
    pub(crate) step: usize,
    /// The learning rate schedule's memory.
    pub(crate) schedule: ScheduleState,
    /// Early stopping's memory.
    pub(crate) early_stopping: EarlyStoppingState,
    /// The best epoch so far.
    pub(crate) best: Option<BestEpoch>,
    /// The losses of the steps completed in the current epoch.
    pub(crate) train: LossSum,
    /// The time spent in those steps.
    pub(crate) epoch_seconds: f64,
    /// The time spent in the steps of the epochs completed.
    pub(crate) train_seconds: f64,
    /// The time since the run was started, over all its processes.
    pub(crate) wall_seconds: f64,
    /// The epochs completed.
    pub(crate) history: Vec<EpochRecord>,
}

impl LoopState {
    /// The state before the first step.
    pub(crate) fn new(learning_rate: f64) -> Self {
        Self {
            epochs: 0,
            step: 0,
            schedule: ScheduleState::new(learning_rate),
            early_stopping: EarlyStoppingState::default(),
            best: None,
            train: LossSum::default(),
            epoch_seconds: 0.0,
            train_seconds: 0.0,
            wall_seconds: 0.0,
            history: Vec::new(),
        }
    }

    /// The name of the checkpoint that has this state.
    pub(crate) fn checkpoint_name(&self) -> String {
        name(self.epochs, self.step)
    }

    /// The name of the checkpoint of the end of an epoch, counted from 1.
    pub(crate) fn name_after(epoch: usize) -> String {
        name(epoch, 0)
    }

    /// Whether a checkpoint's name is that of the end of an epoch.
    pub(crate) fn is_epoch_end(name: &str) -> bool {
        name.ends_with("-step-000000")
    }
}

fn name(epochs: usize, step: usize) -> String {
    format!("epoch-{epochs:04}-step-{step:06}")
}
