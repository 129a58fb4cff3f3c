//! Checkpoints on the way, and the end that is asked for.

use std::time::Duration;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use burn::train::Interrupter;

use super::error::TrainError;
use super::training_loop::TrainingLoop;
use crate::RecurrentLearner;

impl<M: RecurrentLearner> TrainingLoop<M> {
    pub(super) fn is_checkpoint_due(&self) -> bool {
        let config = &self.config.checkpoint;
        let interval = Duration::try_from_secs_f64(config.every_minutes * 60.0);
        config
            .every_steps
            .is_some_and(|steps| self.state.step.is_multiple_of(steps))
            || interval.is_ok_and(|interval| self.clock.since_checkpoint() >= interval)
    }

    pub(super) fn save(&mut self, model: &M) -> Result<(), TrainError> {
        // Without clipping nobody has looked at the gradients, and bad weights show only in the next loss.
        if let Some((parameter, value)) = not_finite_parameter(model) {
            return Err(self.not_finite(&format!("an element of `{parameter}`"), value));
        }
        self.state.wall_seconds = self.clock.wall_seconds();
        self.checkpoints
            .save(model, &self.optimizer, model.carried(), &self.state)?;
        self.clock.checkpoint_made();
        Ok(())
    }

    /// Ends training where Ctrl-C, the dashboard or a failure asks for it.
    pub(super) fn stop_if_asked(
        &mut self,
        model: &M,
        interrupter: &Interrupter,
    ) -> Result<(), TrainError> {
        if let Some(error) = interrupter.error() {
            return Err(TrainError::Burn(error));
        }
        if !interrupter.should_stop() {
            return Ok(());
        }
        if self.state.step > 0 {
            self.save(model)?;
        }
        Err(TrainError::Interrupted {
            epoch: self.epoch(),
            step: self.state.step,
            run: self.run.path().to_owned(),
        })
    }
}

/// The path of the first parameter that has an element that is infinite or not a number, and that element.
fn not_finite_parameter<M: Module>(model: &M) -> Option<(String, f64)> {
    #[derive(Default)]
    struct Finder {
        path: Vec<String>,
        found: Option<(String, f64)>,
    }
    impl ModuleVisitor for Finder {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.path.push(name.to_string());
        }
        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.path.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if self.found.is_some() {
                return;
            }
            let value = param.val().without_autodiff();
            if !value.clone().is_finite().all().into_scalar::<bool>() {
                let element = if value.contains_nan().into_scalar::<bool>() {
                    f64::NAN
                } else {
                    f64::INFINITY
                };
                self.found = Some((self.path.join("."), element));
            }
        }
    }
    let mut finder = Finder::default();
    model.visit(&mut finder);
    finder.found
}
