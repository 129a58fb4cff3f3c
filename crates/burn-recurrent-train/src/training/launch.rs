//! Training a model in a run directory, from the beginning or from where it stopped.

use std::sync::Arc;

use burn::train::metric::LearningRateMetric;
use burn::train::renderer::MetricsRenderer;
use burn::train::renderer::tui::TuiMetricsRendererWrapper;
use burn::train::{
    InferenceStep, Interrupter, Learner, SupervisedTraining, TrainStep, TrainingStrategy,
};

use super::clock::Clock;
use super::dashboard::{Figure, NoMetricFiles, Silent, TokenMetric, ValidMetric};
use super::edits::check_edits;
use super::error::TrainError;
use super::interrupt::StopOnSignal;
use super::outcome::TrainingOutcome;
use super::strategy::ResumableStrategy;
use super::training_loop::{TrainSource, TrainingLoop, ValidSource};
use super::valid_metrics::{LatestFigures, ValidMetrics};
use crate::batches::{BatchError, Batches, FirstEpoch};
use crate::checkpoint::Checkpoints;
use crate::loop_state::LoopState;
use crate::progress::{Progress, ProgressLines};
use crate::run_directory::RunDirectory;
use crate::training_config::TrainingConfig;
use crate::{Direction, Figures, RecurrentLearner};

/// What every epoch's record has.
const RESERVED: [&str; 3] = ["valid_nats_per_token", "valid_perplexity", "valid_tokens"];

/// A training, ready to be launched.
///
/// In a run directory that has checkpoints it goes on from the last of them, otherwise it begins. The example of the
/// crate's page shows it in use.
pub struct Training<M: RecurrentLearner> {
    run: RunDirectory,
    config: TrainingConfig,
    model: M,
    train: TrainSource<M>,
    valid: ValidSource<M>,
    metrics: ValidMetrics<M>,
    progress: Progress,
    interrupter: Interrupter,
}

impl<M: RecurrentLearner> Training<M> {
    /// `model` is a new one, see [`seeded_init`](crate::seeded_init); it is trained on the device that it is on.
    pub fn new(
        run: &RunDirectory,
        config: &TrainingConfig,
        model: M,
        train: impl Batches<Batch = <M as TrainStep>::Input>,
        valid: impl Batches<Batch = <M as InferenceStep>::Input>,
    ) -> Self {
        Self {
            run: run.clone(),
            config: config.clone(),
            model,
            train: Arc::new(train),
            valid: Arc::new(valid),
            metrics: ValidMetrics::none(),
            progress: Progress::default(),
            interrupter: Interrupter::new(),
        }
    }

    /// Figures of one's own, such as a span F1, that `measure` computes after each epoch on the validation data.
    ///
    /// `measure` gets the model without dropout and gradients, and returns figures by name; those of `names` are kept, and
    /// one that is missing ends the training. They stand under these names in `metrics.jsonl`, in [`EpochRecord::valid_metrics`](crate::EpochRecord::valid_metrics) and in the result, in the progress and in the
    /// curves, and `training.monitor` may name one of them. What `measure` computes must depend on the model only, or a
    /// resumed run is another run.
    ///
    /// # Panics
    ///
    /// If a name does not begin with `valid_`, or is that of a figure that every epoch has.
    pub fn with_valid_metrics(
        mut self,
        names: &[&str],
        measure: impl FnMut(&M) -> Result<Figures, BatchError> + Send + 'static,
    ) -> Self {
        for name in names {
            assert!(
                name.starts_with("valid_") && !RESERVED.contains(name),
                "a validation metric is called valid_.. and none of {RESERVED:?}, got `{name}`"
            );
        }
        self.metrics = ValidMetrics::new(names, measure);
        self
    }

    /// How progress is shown.
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// A handle of one's own to stop the training after the current step.
    pub fn with_interrupter(mut self, interrupter: Interrupter) -> Self {
        self.interrupter = interrupter;
        self
    }

    /// Trains to the end.
    ///
    /// Ctrl-C and SIGTERM end it after the current step, with a checkpoint; a second one ends the process.
    ///
    /// # Errors
    ///
    /// When a batch cannot be made, a file cannot be written, a checkpoint does not fit, or the loss is beyond use; what was
    /// trained up to the last checkpoint is kept.
    pub fn launch(self) -> Result<TrainingOutcome<M>, TrainError> {
        let Self {
            run,
            config,
            model,
            train,
            valid,
            metrics,
            progress,
            interrupter,
        } = self;
        // Said now and not after an epoch of training.
        for (split, batches) in [
            ("training", train.num_batches(1)),
            ("validation", valid.num_batches(1)),
        ] {
            if batches == 0 {
                return Err(TrainError::NoBatches { split });
            }
        }
        let monitored = &config.monitor.metric;
        if !config.monitor.is_loss() && !metrics.names().contains(monitored) {
            let own = metrics.names().iter().cloned();
            return Err(TrainError::UnknownMetric {
                name: monitored.clone(),
                known: std::iter::once(crate::monitor::LOSS.to_string())
                    .chain(own)
                    .collect(),
            });
        }
        let device = model.devices().into_iter().next().unwrap_or_default();
        let mut model = if device.is_autodiff() {
            model
        } else {
            model.train()
        };
        let device = device.autodiff();
        let mut optimizer = config.clip.apply_to(config.optimizer.init());
        let checkpoints = Checkpoints::new(run.path(), config.checkpoint.keep)?
            .with_epochs(config.keep_weights.epochs());
        let lines = ProgressLines::new(
            config.epochs,
            progress == Progress::Quiet || progress.is_dashboard(),
        );
        let mut state = LoopState::new(config.learning_rate);
        let mut carried = Vec::new();
        if let Some(checkpoint) = checkpoints.last()? {
            model = checkpoint.load_model(model)?;
            optimizer = checkpoint.load_optimizer(optimizer)?;
            carried = checkpoint.carried()?;
            state = checkpoint.state;
            check_edits(&run, &model, &carried, &state, &train)?;
            lines.say(&format!(
                "going on after {} epochs and {} steps in {}",
                state.epochs,
                state.step,
                run.path().display()
            ));
        } else {
            lines.say(&format!("training in {}", run.path().display()));
        }
        let own_metrics = metrics.names().to_vec();
        let latest = LatestFigures::default();
        let training_loop = TrainingLoop {
            clock: Clock::new(state.wall_seconds),
            run: run.clone(),
            config: config.clone(),
            checkpoints,
            optimizer,
            state,
            carried,
            train: train.clone(),
            valid: valid.clone(),
            metrics,
            latest: latest.clone(),
            device: device.clone(),
            lines,
        };
        // Also takes back the lines of epochs that came after the checkpoint.
        training_loop.write_figures()?;
        let (epochs_before, is_done) = (training_loop.state.epochs, training_loop.is_done());

        let (ended, model) = if is_done {
            (training_loop, model.valid())
        } else {
            let learner = Learner::new(model, config.optimizer.init(), config.learning_rate);
            let strategy = Arc::new(ResumableStrategy::new(training_loop));
            let mut supervised = SupervisedTraining::new(
                run.path(),
                Arc::new(FirstEpoch {
                    batches: train,
                    device: device.clone(),
                }),
                Arc::new(FirstEpoch {
                    batches: valid,
                    device: device.inner(),
                }),
            )
            // Burn would write `experiment.log` and a file a metric and epoch, and print to standard output.
            .with_application_logger(None)
            .with_metric_logger(NoMetricFiles)
            .with_interrupter(interrupter.clone())
            .with_training_strategy(TrainingStrategy::Custom(strategy.clone()))
            .num_epochs(config.epochs);
            let renderer: Box<dyn MetricsRenderer> = if progress.is_dashboard() {
                supervised = supervised
                    .metric_train_numeric(TokenMetric::new(Figure::NatsPerToken))
                    .metric_valid_numeric(TokenMetric::new(Figure::NatsPerToken))
                    .metric_train_numeric(TokenMetric::new(Figure::Perplexity))
                    .metric_valid_numeric(TokenMetric::new(Figure::Perplexity))
                    .metric_train_numeric(TokenMetric::new(Figure::TokensPerSecond))
                    .metric_train_numeric(LearningRateMetric::new());
                for name in &own_metrics {
                    let higher_is_better = *name != config.monitor.metric
                        || config.monitor.direction == Direction::Maximize;
                    let metric = ValidMetric::new(name, latest.clone(), higher_is_better);
                    supervised = supervised.metric_valid_numeric(metric);
                }
                let from = (epochs_before > 0).then_some(epochs_before);
                Box::new(TuiMetricsRendererWrapper::new(interrupter.clone(), from))
            } else {
                Box::new(Silent)
            };
            supervised = supervised.renderer(renderer);
            if epochs_before > 0 {
                supervised = supervised.checkpoint(epochs_before);
            }
            let signal = StopOnSignal::new(interrupter);
            let result = supervised.launch(learner);
            drop(signal);
            // Gives the terminal back before anything else is printed.
            drop(result.renderer);
            let ended = match strategy.take_result() {
                Some(ended) => ended?,
                // burn-train calls `fit` exactly once.
                None => unreachable!("the training loop did not run"),
            };
            (ended, result.model)
        };
        ended.finish(model)
    }
}
