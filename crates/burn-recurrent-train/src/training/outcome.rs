//! The result of a training.

use super::average::Average;
use super::error::TrainError;
use super::training_loop::TrainingLoop;
use crate::loop_state::LoopState;
use crate::throughput::Throughput;
use crate::training_config::KeepWeights;
use crate::{BestEpoch, EpochRecord, RecurrentLearner};

/// The result of a training.
#[derive(Debug, Clone)]
pub struct TrainingOutcome<M> {
    /// The model without gradients and dropout, with the best, the last or averaged weights, as the config says.
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
    kept: Option<EpochRecord>,
}

impl<M> TrainingOutcome<M> {
    /// The figures of the weights that `model` has: of the best or the last epoch, or, where weights were averaged, the last
    /// epoch's with the validation figures of the average.
    pub fn record(&self) -> Option<&EpochRecord> {
        self.kept.as_ref()
    }
}

impl<M: RecurrentLearner> TrainingLoop<M> {
    /// Gives the model, without gradients, the weights that the config asks for.
    pub(super) fn finish(mut self, model: M) -> Result<TrainingOutcome<M>, TrainError> {
        let (model, kept) = match (self.config.keep_weights, &self.state.best) {
            (KeepWeights::Best, Some(best)) if best.epoch != self.state.epochs => {
                let model = self.checkpoints.load(&best.checkpoint)?.load_model(model)?;
                let kept = best.epoch;
                (model, self.record(kept))
            }
            (KeepWeights::Average(epochs), _) => {
                let model = self.average(model, epochs)?;
                // No epoch had these weights, so the figures are taken anew.
                let (valid, valid_metrics) = self.measure(&model, self.state.epochs)?;
                let kept = self.record(self.state.epochs).map(|last| EpochRecord {
                    valid_nats_per_token: valid.nats_per_token(),
                    valid_perplexity: valid.perplexity(),
                    valid_metrics,
                    ..last
                });
                (model, kept)
            }
            _ => (model, self.record(self.state.epochs)),
        };
        let state = self.state;
        let tokens = state.history.iter().map(|record| record.train_tokens).sum();
        Ok(TrainingOutcome {
            model,
            early_stopped: state.epochs < self.config.epochs,
            wall_seconds: state.wall_seconds,
            train_seconds: state.train_seconds,
            tokens_per_second: Throughput::resume(state.train_seconds, tokens).tokens_per_second(),
            best: state.best,
            history: state.history,
            kept,
        })
    }

    fn record(&self, epoch: usize) -> Option<EpochRecord> {
        let mut history = self.state.history.iter();
        history.find(|record| record.epoch == epoch).cloned()
    }

    /// The mean of the weights after each of the last `epochs` epochs, fewer where there were fewer.
    fn average(&self, model: M, epochs: usize) -> Result<M, TrainError> {
        let mut average = Average::default();
        let last = self.state.epochs;
        for epoch in last.saturating_sub(epochs) + 1..=last {
            let checkpoint = self.checkpoints.load(&LoopState::name_after(epoch))?;
            average.add(&checkpoint.load_model(model.clone())?);
        }
        Ok(average.apply(model))
    }
}
