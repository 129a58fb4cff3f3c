//! The training steps of an epoch.

use burn::data::dataloader::Progress as Counter;
use burn::train::{EventProcessorTraining, Interrupter, LearnerEvent, TrainStep, TrainingItem};

use super::error::TrainError;
use super::in_place::InPlace;
use super::training_loop::{Events, TrainingLoop};
use crate::clip::{clip_factor, global_norm, scale_gradients};
use crate::progress::Standing;
use crate::seeds::mix_seed;
use crate::throughput::Throughput;
use crate::{RecurrentLearner, TokenLoss};

impl<M: RecurrentLearner> TrainingLoop<M> {
    /// The steps of an epoch that are still to do.
    pub(super) fn train_epoch(
        &mut self,
        model: &mut InPlace<M>,
        events: &mut Events<M>,
        interrupter: &Interrupter,
    ) -> Result<(), TrainError> {
        let epoch = self.epoch();
        let learning_rate = self.learning_rate();
        let total = self.train.num_batches(epoch);
        if self.state.step == 0 {
            model.reset_carried();
        } else {
            model.set_carried(std::mem::take(&mut self.carried), &self.device);
        }
        interrupter.fail_on_error(events.process_train(LearnerEvent::StartSplit {
            epoch_number: epoch,
            total_items: total,
        }));
        let train = self.train.clone();
        let mut batches = train.batches(epoch, self.state.step, &self.device);
        let mut meter = Throughput::resume(self.state.epoch_seconds, self.state.train.tokens);
        loop {
            self.stop_if_asked(model, interrupter)?;
            meter.start();
            let Some(batch) = batches.next() else { break };
            let batch = batch.map_err(|source| TrainError::Batch {
                split: "training",
                epoch,
                step: self.state.step + 1,
                source,
            })?;
            let loss = self.step(model, batch, learning_rate, &mut meter)?;
            meter.pause();
            let counter = Counter::new(self.state.step, total, Some("batches".to_string()));
            let item = TrainingItem::new(
                loss,
                counter,
                Some(self.state.step),
                Some(learning_rate.into()),
            );
            interrupter.fail_on_error(events.process_train(LearnerEvent::ProcessedItem(item)));
            self.lines.step(&Standing {
                epoch,
                step: self.state.step,
                steps: total,
                train: self.state.train,
                learning_rate,
                tokens_per_second: meter.tokens_per_second(),
            });
            if self.is_checkpoint_due() {
                self.save(model)?;
            }
        }
        if self.state.step == 0 {
            return Err(TrainError::NoBatches { split: "training" });
        }
        interrupter.fail_on_error(events.process_train(LearnerEvent::EndSplit(epoch)));
        Ok(())
    }

    /// Forward, backward, clip, update.
    fn step(
        &mut self,
        model: &mut InPlace<M>,
        batch: <M as TrainStep>::Input,
        learning_rate: f64,
        meter: &mut Throughput,
    ) -> Result<TokenLoss, TrainError> {
        let (epoch, step) = (self.epoch(), self.state.step);
        self.device
            .seed(mix_seed(self.config.seed, epoch as u64, step as u64));
        let output = TrainStep::step(&**model, batch);
        let loss = output.item.read();
        self.check_loss("the training loss", loss)?;
        let mut gradients = output.grads;
        let mut step_size = learning_rate;
        if let Some(limit) = self.config.clip.global_norm {
            let norm = global_norm(&**model, &gradients);
            if !norm.is_finite() {
                return Err(self.not_finite("the norm of the gradients", norm));
            }
            let factor = clip_factor(norm, limit);
            if self.config.steps_are_proportional() {
                // The same step without another pass over all gradients.
                step_size *= factor;
            } else {
                scale_gradients(&**model, &mut gradients, factor);
            }
        }
        model.update(|model| model.optimize(&mut self.optimizer, step_size.into(), gradients));
        self.state.step += 1;
        self.state.train.add(loss);
        meter.add(loss.tokens);
        self.state.epoch_seconds = meter.seconds();
        Ok(output.item)
    }
}
