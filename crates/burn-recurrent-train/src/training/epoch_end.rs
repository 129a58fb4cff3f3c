//! The end of an epoch: its result, what follows from that, and the files that record it.

use super::error::TrainError;
use super::training_loop::TrainingLoop;
use crate::curves::draw_curves;
use crate::history::to_lines;
use crate::run_directory::RunDirectoryError;
use crate::throughput::Throughput;
use crate::{BestEpoch, EpochRecord, Figures, LossSum, RecurrentLearner};

impl<M: RecurrentLearner> TrainingLoop<M> {
    pub(super) fn end_epoch(
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
    pub(super) fn write_figures(&self) -> Result<(), TrainError> {
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
}
