//! The training loop as a learning strategy of burn-train.
//!
//! Burn's own strategy checkpoints between epochs, draws from a generator that goes on from step to step, and takes the
//! mean of batch means for the loss. This one can stop and go on after any step with the same result, bit for bit.
//! Metrics, dashboard and interrupter are burn-train's.

use std::sync::{Mutex, PoisonError};

use burn::train::{
    Learner, SupervisedLearningStrategy, SupervisedTrainingEventProcessor, TrainLoader,
    TrainingComponents, ValidLoader,
};

use super::error::TrainError;
use super::in_place::InPlace;
use super::training_loop::TrainingLoop;
use crate::RecurrentLearner;

/// Hands the loop to burn-train, and its result back.
pub(super) struct ResumableStrategy<M: RecurrentLearner> {
    training_loop: Mutex<Option<TrainingLoop<M>>>,
    result: Mutex<Option<Result<TrainingLoop<M>, TrainError>>>,
}

impl<M: RecurrentLearner> ResumableStrategy<M> {
    pub(super) fn new(training_loop: TrainingLoop<M>) -> Self {
        Self {
            training_loop: Mutex::new(Some(training_loop)),
            result: Mutex::new(None),
        }
    }

    /// The loop when it has ended; `None` where it never ran.
    pub(super) fn take_result(&self) -> Option<Result<TrainingLoop<M>, TrainError>> {
        self.result
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl<M: RecurrentLearner> SupervisedLearningStrategy<M> for ResumableStrategy<M> {
    fn fit(
        &self,
        components: TrainingComponents<M>,
        learner: Learner<M>,
        _train: TrainLoader<M>,
        _valid: ValidLoader<M>,
        _starting_epoch: usize,
    ) -> (M, SupervisedTrainingEventProcessor<M>) {
        let mut model = InPlace::new(learner.model());
        drop(learner);
        let mut events = components.event_processor;
        let training_loop = self
            .training_loop
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(mut training_loop) = training_loop {
            let result = training_loop
                .run(&mut model, &mut events, &components.interrupter)
                .map(|()| training_loop);
            *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }
        (model.into_inner(), events)
    }
}
