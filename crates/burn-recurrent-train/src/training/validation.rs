//! The validation after an epoch: its loss, and the recipe's own figures.

use burn::data::dataloader::Progress as Counter;
use burn::train::{EventProcessorTraining, Interrupter, LearnerEvent, TrainingItem};

use super::error::TrainError;
use super::evaluate::sum_losses;
use super::training_loop::{Events, TrainingLoop};
use crate::seeds::mix_seed;
use crate::{Figures, LossSum, RecurrentLearner, TokenLoss};

/// The step whose seed validation gets; no training step has this number.
const VALIDATION: u64 = u64::MAX;

const SPLIT: &str = "validation";

impl<M: RecurrentLearner> TrainingLoop<M> {
    pub(super) fn validate(
        &mut self,
        model: &M,
        events: &mut Events<M>,
        interrupter: &Interrupter,
    ) -> Result<(LossSum, Figures), TrainError> {
        let epoch = self.epoch();
        let total = self.valid.num_batches(epoch);
        interrupter.fail_on_error(events.process_valid(LearnerEvent::StartSplit {
            epoch_number: epoch,
            total_items: total,
        }));
        let snapshot = model.valid();
        let measured = self.measure_some(&snapshot, epoch, |number, loss| {
            let counter = Counter::new(number, total, Some("batches".to_string()));
            let item = TrainingItem::new(loss, counter, Some(number), None);
            interrupter.fail_on_error(events.process_valid(LearnerEvent::ProcessedItem(item)));
            !interrupter.should_stop()
        })?;
        let Some((sum, metrics)) = measured else {
            self.stop_if_asked(model, interrupter)?;
            // Nothing is only measured where a stop was asked for, and that is an error.
            return Err(TrainError::NoBatches { split: SPLIT });
        };
        // Before the event that makes the dashboard look for them.
        self.latest.set(metrics.clone());
        interrupter.fail_on_error(events.process_valid(LearnerEvent::EndSplit(epoch)));
        Ok((sum, metrics))
    }

    /// The loss and the recipe's own figures of a model without gradients.
    pub(super) fn measure(
        &mut self,
        model: &M,
        epoch: usize,
    ) -> Result<(LossSum, Figures), TrainError> {
        let measured = self.measure_some(model, epoch, |_, _| true)?;
        // Always there, because the callback never says to stop.
        measured.ok_or(TrainError::NoBatches { split: SPLIT })
    }

    /// The same, or nothing where `each`, which gets each batch's number and loss, says to stop.
    fn measure_some(
        &mut self,
        model: &M,
        epoch: usize,
        each: impl FnMut(usize, TokenLoss) -> bool,
    ) -> Result<Option<(LossSum, Figures)>, TrainError> {
        self.device
            .seed(mix_seed(self.config.seed, epoch as u64, VALIDATION));
        let device = self.device.clone().inner();
        let Some(sum) = sum_losses(model, &*self.valid, SPLIT, epoch, &device, each)? else {
            return Ok(None);
        };
        self.check_loss("the validation loss", sum)?;
        let metrics = self
            .metrics
            .measure(model)
            .map_err(|source| TrainError::Metrics { epoch, source })?;
        if let Some((name, value)) = metrics.iter().find(|(_, value)| !value.is_finite()) {
            return Err(self.not_finite(&format!("`{name}`"), *value));
        }
        Ok(Some((sum, metrics)))
    }
}
