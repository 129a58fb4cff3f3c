//! What training came to.

use super::error::TrainError;
use crate::checkpoint::Checkpoints;
use crate::loop_state::LoopState;
use crate::run_directory::RunDirectory;
use crate::throughput::Throughput;
use crate::training_config::{KeepWeights, TrainingConfig};
use crate::{BestEpoch, EpochRecord, RecurrentLearner};

/// What training came to.
#[derive(Debug, Clone)]
pub struct TrainingOutcome<M> {
    /// The model without gradients and dropout, with the best or the last weights, as the config says.
    pub model: M,
    /// The figures of each epoch.
    pub history: Vec<EpochRecord>,
    /// The epoch with the best monitored figure.
    pub best: Option<BestEpoch>,
    /// Whether early stopping ended the run.
    pub early_stopped: bool,
    /// The time from start to end, over all processes that worked on the run, without the gaps between them.
    pub wall_seconds: f64,
    /// The part of it spent in training steps.
    pub train_seconds: f64,
    /// Training tokens a second of that.
    pub tokens_per_second: f64,
    kept_epoch: Option<usize>,
}

impl<M> TrainingOutcome<M> {
    /// The figures of the epoch whose weights `model` has.
    pub fn record(&self) -> Option<&EpochRecord> {
        self.history
            .iter()
            .find(|record| Some(record.epoch) == self.kept_epoch)
    }
}

/// Gives the model the weights that the config asks for.
pub(super) fn finish<M: RecurrentLearner>(
    run: &RunDirectory,
    config: &TrainingConfig,
    state: LoopState,
    model: M,
) -> Result<TrainingOutcome<M>, TrainError> {
    let (model, kept_epoch) = match (config.keep_weights, &state.best) {
        (KeepWeights::Best, Some(best)) if best.epoch != state.epochs => {
            let checkpoints = Checkpoints::new(run.path(), config.checkpoint.keep)?;
            let model = checkpoints.load(&best.checkpoint)?.load_model(model)?;
            (model, best.epoch)
        }
        _ => (model, state.epochs),
    };
    let tokens = state.history.iter().map(|record| record.train_tokens).sum();
    Ok(TrainingOutcome {
        model,
        early_stopped: state.epochs < config.epochs,
        wall_seconds: state.wall_seconds,
        train_seconds: state.train_seconds,
        tokens_per_second: Throughput::resume(state.train_seconds, tokens).tokens_per_second(),
        best: state.best,
        history: state.history,
        kept_epoch: Some(kept_epoch),
    })
}
