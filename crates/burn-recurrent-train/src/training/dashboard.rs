//! The metrics on burn-train's dashboard, and a renderer that shows nothing where there is no dashboard.

use std::sync::Arc;
use std::time::Instant;

use burn::tensor::TensorReadError;
use burn::train::LearnerSummary;
use burn::train::logger::{EvaluationProgressLogger, MetricLogger, TrainingProgressLogger};
use burn::train::metric::store::{EpochSummary, MetricsUpdate, Split};
use burn::train::metric::{
    Metric, MetricAttributes, MetricDefinition, MetricMetadata, MetricName, Numeric,
    NumericAttributes, NumericEntry, SerializedEntry,
};
use burn::train::renderer::{
    EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation,
    MetricsRendererTraining,
};

use super::valid_metrics::LatestFigures;
use crate::{LossSum, TokenLoss};

/// Which figure a [`TokenMetric`] computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    NatsPerToken,
    Perplexity,
    TokensPerSecond,
}

/// A figure of the dashboard, weighted by tokens.
#[derive(Debug, Clone)]
pub(super) struct TokenMetric {
    figure: Figure,
    name: MetricName,
    last: LossSum,
    last_seconds: f64,
    sum: LossSum,
    started: Instant,
    seen: Instant,
}

impl TokenMetric {
    pub(super) fn new(figure: Figure) -> Self {
        let name = match figure {
            Figure::NatsPerToken => "Nats per token",
            Figure::Perplexity => "Perplexity",
            Figure::TokensPerSecond => "Tokens per second",
        };
        let now = Instant::now();
        Self {
            figure,
            name: Arc::new(name.to_string()),
            last: LossSum::default(),
            last_seconds: 0.0,
            sum: LossSum::default(),
            started: now,
            seen: now,
        }
    }

    fn evaluate(&self, loss: LossSum, seconds: f64) -> f64 {
        match self.figure {
            Figure::NatsPerToken => loss.nats_per_token(),
            Figure::Perplexity => loss.perplexity(),
            Figure::TokensPerSecond => loss.tokens as f64 / seconds.max(1e-9),
        }
    }

    fn current(&self) -> f64 {
        self.evaluate(self.last, self.last_seconds)
    }

    fn running(&self) -> f64 {
        self.evaluate(
            self.sum,
            self.seen.duration_since(self.started).as_secs_f64(),
        )
    }
}

impl Metric for TokenMetric {
    type Input = TokenLoss;

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes {
            unit: None,
            higher_is_better: self.figure == Figure::TokensPerSecond,
        }
        .into()
    }

    fn update(
        &mut self,
        item: &TokenLoss,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        self.last = LossSum {
            nats: item.nats.clone().try_into_scalar::<f64>()?,
            tokens: item.tokens as u64,
        };
        self.sum.add(self.last);
        let now = Instant::now();
        self.last_seconds = now.duration_since(self.seen).as_secs_f64();
        self.seen = now;
        Ok(SerializedEntry::new(
            format!("epoch {:.3} - batch {:.3}", self.running(), self.current()),
            self.current().to_string(),
        ))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(SerializedEntry::new(
            format!("epoch {:.3}", self.running()),
            self.running().to_string(),
        ))
    }

    fn clear(&mut self) {
        *self = Self::new(self.figure);
    }
}

impl Numeric for TokenMetric {
    fn value(&self) -> Option<NumericEntry> {
        Some(NumericEntry::Value(self.current()))
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(NumericEntry::Value(self.running()))
    }

    fn final_value(&self) -> NumericEntry {
        NumericEntry::Final(self.running())
    }
}

/// One of the recipe's own figures: there is none before the end of an epoch's validation.
#[derive(Debug, Clone)]
pub(super) struct ValidMetric {
    key: String,
    name: MetricName,
    latest: LatestFigures,
    higher_is_better: bool,
}

impl ValidMetric {
    /// `key` is the figure's name, `latest` where it is found.
    pub(super) fn new(key: &str, latest: LatestFigures, higher_is_better: bool) -> Self {
        let name = key.trim_start_matches("valid_").replace('_', " ");
        Self {
            key: key.to_string(),
            name: Arc::new(name),
            latest,
            higher_is_better,
        }
    }

    fn latest(&self) -> f64 {
        self.latest.get(&self.key).unwrap_or(0.0)
    }
}

impl Metric for ValidMetric {
    type Input = ();

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes {
            unit: None,
            higher_is_better: self.higher_is_better,
        }
        .into()
    }

    fn update(
        &mut self,
        _item: &(),
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        Ok(SerializedEntry::new("-".to_string(), String::new()))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        let latest = self.latest();
        Ok(SerializedEntry::new(
            format!("epoch {latest:.4}"),
            latest.to_string(),
        ))
    }

    fn clear(&mut self) {}
}

impl Numeric for ValidMetric {
    fn value(&self) -> Option<NumericEntry> {
        None
    }

    fn running_value(&self) -> Option<NumericEntry> {
        None
    }

    fn final_value(&self) -> NumericEntry {
        NumericEntry::Final(self.latest())
    }
}

/// A metric logger that keeps nothing: `metrics.jsonl` is written by the loop itself, which knows the exact sums.
pub(super) struct NoMetricFiles;

impl MetricLogger for NoMetricFiles {
    fn log(&mut self, _update: MetricsUpdate, _epoch: usize, _split: &Split) {}

    fn read_numeric(
        &mut self,
        _name: &str,
        _epoch: usize,
        _split: &Split,
    ) -> Result<Vec<NumericEntry>, String> {
        Ok(Vec::new())
    }

    fn log_metric_definition(&mut self, _definition: MetricDefinition) {}

    fn log_epoch_summary(&mut self, _summary: EpochSummary) {}
}

/// A renderer that shows nothing. Burn's own, where there is no terminal, prints to standard output.
pub(super) struct Silent;

impl MetricsRendererTraining for Silent {
    fn update_train(&mut self, _state: MetricState) {}
    fn update_valid(&mut self, _state: MetricState) {}
    fn on_train_end(
        &mut self,
        _summary: Option<LearnerSummary>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        Ok(())
    }
}

impl MetricsRendererEvaluation for Silent {
    fn update_test(&mut self, _name: EvaluationName, _state: MetricState) {}
    fn on_test_end(
        &mut self,
        _summary: Option<LearnerSummary>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        Ok(())
    }
}

impl TrainingProgressLogger for Silent {
    fn start(
        &mut self,
        _total_epochs: usize,
        _starting_epoch: usize,
        _total_items: Option<usize>,
        _label: Option<&str>,
    ) {
    }
    fn update_epoch(&mut self, _epoch: usize) {}
    fn start_split(&mut self, _split: &str, _total_items: usize) {}
    fn update_split(&mut self, _items_processed: usize) {}
    fn end_split(&mut self) {}
    fn end(&mut self) {}
    fn log_event_training(&mut self, _event: String) {}
}

impl EvaluationProgressLogger for Silent {
    fn start_global_progress(&mut self, _total_tests: usize) {}
    fn start_test(&mut self, _name: &str, _total_items: usize) {}
    fn update_test_progress(&mut self, _items_processed: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _event: String) {}
}

impl MetricsRenderer for Silent {
    fn manual_close(&mut self) {}
    fn register_metric(&mut self, _definition: MetricDefinition) {}
}
