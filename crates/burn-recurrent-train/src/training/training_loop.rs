//! The training loop: epoch after epoch, until the last one is over or early stopping says so.

use std::sync::Arc;

use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, TensorData};
use burn::train::{
    EventProcessorTraining, InferenceStep, Interrupter, LearnerEvent,
    SupervisedTrainingEventProcessor, TrainStep,
};

use super::clock::Clock;
use super::error::TrainError;
use super::in_place::InPlace;
use super::valid_metrics::{LatestFigures, ValidMetrics};
use crate::batches::Batches;
use crate::checkpoint::Checkpoints;
use crate::loop_state::LoopState;
use crate::progress::ProgressLines;
use crate::run_directory::RunDirectory;
use crate::training_config::TrainingConfig;
use crate::{LossSum, RecurrentLearner};

pub(super) type TrainSource<M> = Arc<dyn Batches<Batch = <M as TrainStep>::Input>>;
pub(super) type ValidSource<M> = Arc<dyn Batches<Batch = <M as InferenceStep>::Input>>;
pub(super) type Events<M> = SupervisedTrainingEventProcessor<M>;

/// A run under way.
pub(super) struct TrainingLoop<M: RecurrentLearner> {
    pub(super) config: TrainingConfig,
    pub(super) run: RunDirectory,
    pub(super) checkpoints: Checkpoints,
    pub(super) optimizer: ModuleOptimizer,
    pub(super) state: LoopState,
    /// The carried state to go on with in the middle of an epoch.
    pub(super) carried: Vec<TensorData>,
    pub(super) train: TrainSource<M>,
    pub(super) valid: ValidSource<M>,
    pub(super) metrics: ValidMetrics<M>,
    pub(super) latest: LatestFigures,
    /// With autodiff.
    pub(super) device: Device,
    pub(super) lines: ProgressLines,
    pub(super) clock: Clock,
}

impl<M: RecurrentLearner> TrainingLoop<M> {
    pub(super) fn run(
        &mut self,
        model: &mut InPlace<M>,
        events: &mut Events<M>,
        interrupter: &Interrupter,
    ) -> Result<(), TrainError> {
        while !self.is_done() {
            self.train_epoch(model, events, interrupter)?;
            let (valid, metrics) = self.validate(model, events, interrupter)?;
            self.end_epoch(model, valid, metrics)?;
            let epoch = self.state.epochs;
            interrupter.fail_on_error(events.process_train(LearnerEvent::EndEpoch(epoch)));
        }
        Ok(())
    }

    /// Whether the last epoch is over, or early stopping says so.
    pub(super) fn is_done(&self) -> bool {
        self.state.epochs >= self.config.epochs || self.is_early_stopped()
    }

    fn is_early_stopped(&self) -> bool {
        self.config
            .early_stopping
            .as_ref()
            .is_some_and(|config| self.state.early_stopping.should_stop(config))
    }

    pub(super) fn epoch(&self) -> usize {
        self.state.epochs + 1
    }

    pub(super) fn learning_rate(&self) -> f64 {
        self.state.schedule.learning_rate(
            &self.config.schedule,
            self.config.learning_rate,
            self.epoch(),
        )
    }

    /// Ends training at a loss beyond all use, which would pass for a result.
    pub(super) fn check_loss(&self, what: &str, loss: LossSum) -> Result<(), TrainError> {
        if loss.is_usable() {
            return Ok(());
        }
        let what = format!("{what}, in nats a token,");
        Err(self.not_finite(&what, loss.nats_per_token()))
    }

    pub(super) fn not_finite(&self, what: &str, value: f64) -> TrainError {
        TrainError::NotFinite {
            what: what.to_string(),
            value,
            epoch: self.epoch(),
            step: self.state.step + 1,
            checkpoint: self.checkpoints.last_name(),
            learning_rate: self.learning_rate(),
        }
    }
}
