//! The training loop, as a learning strategy of burn-train.
//!
//! Burn's own strategy checkpoints between epochs, draws from a generator that goes on from step to step, and takes the
//! mean of batch means for the loss. This one can stop and go on after any step with the same result, bit for bit.
//! Metrics, dashboard and interrupter are burn-train's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use burn::data::dataloader::Progress as Counter;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor, TensorData};
use burn::train::{
    EventProcessorTraining, InferenceStep, Interrupter, Learner, LearnerEvent,
    SupervisedLearningStrategy, SupervisedTrainingEventProcessor, TrainLoader, TrainStep,
    TrainingComponents, TrainingItem, ValidLoader,
};

use crate::batches::Batches;
use crate::checkpoint::Checkpoints;
use crate::clip::{clip_factor, global_norm, scale_gradients};
use crate::curves::draw_curves;
use crate::evaluate::sum_losses;
use crate::history::to_lines;
use crate::in_place::InPlace;
use crate::loop_state::LoopState;
use crate::progress::{ProgressLines, Standing};
use crate::run_directory::{RunDirectory, RunDirectoryError};
use crate::seeds::mix_seed;
use crate::throughput::Throughput;
use crate::training::TrainError;
use crate::training_config::TrainingConfig;
use crate::valid_metrics::{Figures, LatestFigures, ValidMetrics};
use crate::{BestEpoch, EpochRecord, LossSum, RecurrentLearner};

/// The step whose seed validation gets; no training step has this number.
const VALIDATION: u64 = u64::MAX;

/// Hands the loop to burn-train, and its result back.
pub(crate) struct ResumableStrategy<M: RecurrentLearner> {
    training_loop: Mutex<Option<TrainingLoop<M>>>,
    result: Mutex<Option<Result<LoopState, TrainError>>>,
}

impl<M: RecurrentLearner> ResumableStrategy<M> {
    pub(crate) fn new(training_loop: TrainingLoop<M>) -> Self {
        Self {
            training_loop: Mutex::new(Some(training_loop)),
            result: Mutex::new(None),
        }
    }

    /// How the loop ended; `None` where it never ran.
    pub(crate) fn take_result(&self) -> Option<Result<LoopState, TrainError>> {
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
                .map(|()| training_loop.state);
            *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }
        (model.into_inner(), events)
    }
}

pub(crate) type TrainBatches<M> = Arc<dyn Batches<Batch = <M as TrainStep>::Input>>;
pub(crate) type ValidBatches<M> = Arc<dyn Batches<Batch = <M as InferenceStep>::Input>>;

/// A run under way.
pub(crate) struct TrainingLoop<M: RecurrentLearner> {
    pub(crate) config: TrainingConfig,
    pub(crate) run: RunDirectory,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) optimizer: ModuleOptimizer,
    pub(crate) state: LoopState,
    /// The carried state to go on with in the middle of an epoch.
    pub(crate) carried: Vec<TensorData>,
    pub(crate) train: TrainBatches<M>,
    pub(crate) valid: ValidBatches<M>,
    pub(crate) metrics: ValidMetrics<M>,
    pub(crate) latest: LatestFigures,
    /// With autodiff.
    pub(crate) device: Device,
    pub(crate) lines: ProgressLines,
    pub(crate) clock: Clock,
}

/// Time since the run was started, without the gaps between its processes, and since the last checkpoint.
pub(crate) struct Clock {
    before: f64,
    started: Instant,
    checkpoint: Instant,
}

impl Clock {
    pub(crate) fn new(seconds_before: f64) -> Self {
        let now = Instant::now();
        Self {
            before: seconds_before,
            started: now,
            checkpoint: now,
        }
    }

    fn wall_seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }
}

type Events<M> = SupervisedTrainingEventProcessor<M>;

impl<M: RecurrentLearner> TrainingLoop<M> {
    fn run(
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
    pub(crate) fn is_done(&self) -> bool {
        self.state.epochs >= self.config.epochs || self.is_early_stopped()
    }

    fn is_early_stopped(&self) -> bool {
        self.config
            .early_stopping
            .as_ref()
            .is_some_and(|config| self.state.early_stopping.should_stop(config))
    }

    fn epoch(&self) -> usize {
        self.state.epochs + 1
    }

    fn learning_rate(&self) -> f64 {
        self.state.schedule.learning_rate(
            &self.config.schedule,
            self.config.learning_rate,
            self.epoch(),
        )
    }

    /// The steps of an epoch that are still to do.
    fn train_epoch(
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
    ) -> Result<crate::TokenLoss, TrainError> {
        let (epoch, step) = (self.epoch(), self.state.step);
        self.device
            .seed(mix_seed(self.config.seed, epoch as u64, step as u64));
        let output = TrainStep::step(&**model, batch);
        let loss = output.item.read();
        if !loss.nats.is_finite() {
            return Err(self.not_finite("the training loss", loss.nats));
        }
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

    fn not_finite(&self, what: &str, value: f64) -> TrainError {
        TrainError::NotFinite {
            what: what.to_string(),
            value,
            epoch: self.epoch(),
            step: self.state.step + 1,
            checkpoint: self.checkpoints.last_name(),
            learning_rate: self.learning_rate(),
        }
    }

    fn validate(
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
        self.device
            .seed(mix_seed(self.config.seed, epoch as u64, VALIDATION));
        let snapshot = model.valid();
        let device = self.device.clone().inner();
        let split = "validation";
        let sum = sum_losses(
            &snapshot,
            &*self.valid,
            split,
            epoch,
            &device,
            |number, loss| {
                let counter = Counter::new(number, total, Some("batches".to_string()));
                let item = TrainingItem::new(loss, counter, Some(number), None);
                interrupter.fail_on_error(events.process_valid(LearnerEvent::ProcessedItem(item)));
                !interrupter.should_stop()
            },
        )?;
        let Some(sum) = sum else {
            self.stop_if_asked(model, interrupter)?;
            // The sum is only missing where a stop was asked for, and that is an error.
            return Err(TrainError::NoBatches { split });
        };
        if !sum.nats.is_finite() {
            return Err(self.not_finite("the validation loss", sum.nats));
        }
        let metrics = self
            .metrics
            .measure(&snapshot)
            .map_err(|source| TrainError::Metrics { epoch, source })?;
        if let Some((name, value)) = metrics.iter().find(|(_, value)| !value.is_finite()) {
            return Err(self.not_finite(&format!("`{name}`"), *value));
        }
        // Before the event that makes the dashboard look for them.
        self.latest.set(metrics.clone());
        interrupter.fail_on_error(events.process_valid(LearnerEvent::EndSplit(epoch)));
        Ok((sum, metrics))
    }

    fn end_epoch(
        &mut self,
        model: &M,
        valid: LossSum,
        valid_metrics: Figures,
    ) -> Result<(), TrainError> {
        let learning_rate = self.learning_rate();
        let state = &mut self.state;
        let seconds = state.epoch_seconds;
        let mut record = EpochRecord {
            epoch: state.epochs + 1,
            learning_rate,
            steps: state.step,
            train_nats_per_token: state.train.nats_per_token(),
            train_perplexity: state.train.perplexity(),
            train_tokens: state.train.tokens,
            valid_nats_per_token: valid.nats_per_token(),
            valid_perplexity: valid.perplexity(),
            valid_tokens: valid.tokens,
            valid_metrics,
            best: false,
            seconds,
            tokens_per_second: Throughput::resume(seconds, state.train.tokens).tokens_per_second(),
        };
        let monitor = &self.config.monitor;
        let cost = |record: &EpochRecord| {
            // There always is one: `launch` looked whether the figure is measured.
            monitor
                .value(record)
                .map_or(f64::INFINITY, |value| monitor.cost(value))
        };
        let this = cost(&record);
        record.best = state
            .history
            .iter()
            .rfind(|earlier| earlier.best)
            .is_none_or(|best| this < cost(best));
        state.history.push(record.clone());
        state.schedule.end_epoch(&self.config.schedule, this);
        if let Some(config) = &self.config.early_stopping {
            state.early_stopping.end_epoch(config, this);
        }
        state.train_seconds += seconds;
        state.epoch_seconds = 0.0;
        state.train = LossSum::default();
        state.step = 0;
        state.epochs += 1;
        if record.best {
            state.best = Some(BestEpoch {
                epoch: state.epochs,
                valid,
                checkpoint: state.checkpoint_name(),
            });
        }
        // The checkpoint is what counts; the files below follow from it and are made anew on resuming.
        self.save(model)?;
        self.write_figures()?;
        self.lines.epoch(&record);
        Ok(())
    }

    /// Writes `metrics.jsonl` and `curves.svg` as the state has them.
    pub(crate) fn write_figures(&self) -> Result<(), TrainError> {
        let history = &self.state.history;
        let failed = |name: &str, message: String| {
            TrainError::Run(RunDirectoryError::Write {
                path: self.run.file(name),
                source: std::io::Error::other(message),
            })
        };
        let lines =
            to_lines(history).map_err(|error| failed("metrics.jsonl", error.to_string()))?;
        self.run.write("metrics.jsonl", lines)?;
        if !history.is_empty() {
            let svg = draw_curves(history, &self.config.monitor)
                .map_err(|message| failed("curves.svg", message))?;
            self.run.write("curves.svg", svg)?;
        }
        Ok(())
    }

    fn is_checkpoint_due(&self) -> bool {
        let config = &self.config.checkpoint;
        let interval = Duration::try_from_secs_f64(config.every_minutes * 60.0);
        config
            .every_steps
            .is_some_and(|steps| self.state.step.is_multiple_of(steps))
            || interval.is_ok_and(|interval| self.clock.checkpoint.elapsed() >= interval)
    }

    fn save(&mut self, model: &M) -> Result<(), TrainError> {
        // Without clipping nobody has looked at the gradients, and bad weights show only in the next loss.
        if let Some((parameter, value)) = not_finite_parameter(model) {
            return Err(self.not_finite(&format!("an element of `{parameter}`"), value));
        }
        self.state.wall_seconds = self.clock.wall_seconds();
        self.checkpoints
            .save(model, &self.optimizer, model.carried(), &self.state)?;
        self.clock.checkpoint = Instant::now();
        Ok(())
    }

    /// Ends training where Ctrl-C, the dashboard or a failure asks for it.
    fn stop_if_asked(&mut self, model: &M, interrupter: &Interrupter) -> Result<(), TrainError> {
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
