//! Figures of the validation data that a recipe computes itself, such as a span F1 or a BLEU score.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Figures;
use crate::batches::BatchError;

type Measure<M> = Box<dyn FnMut(&M) -> Result<Figures, BatchError> + Send>;

/// What a recipe computes after each epoch, and what it is called.
pub(super) struct ValidMetrics<M> {
    names: Vec<String>,
    measure: Option<Measure<M>>,
}

impl<M> ValidMetrics<M> {
    /// No figures but the loss.
    pub(super) fn none() -> Self {
        Self {
            names: Vec::new(),
            measure: None,
        }
    }

    pub(super) fn new(
        names: &[&str],
        measure: impl FnMut(&M) -> Result<Figures, BatchError> + Send + 'static,
    ) -> Self {
        Self {
            names: names.iter().map(ToString::to_string).collect(),
            measure: Some(Box::new(measure)),
        }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The figures named, and no other.
    pub(super) fn measure(&mut self, model: &M) -> Result<Figures, BatchError> {
        let Some(measure) = &mut self.measure else {
            return Ok(Figures::new());
        };
        let measured = measure(model)?;
        let named = self.names.iter().map(|name| {
            let value = measured
                .get(name)
                .ok_or_else(|| format!("nothing is called `{name}`"))?;
            Ok((name.clone(), *value))
        });
        named.collect()
    }
}

/// The figures measured last, on their way from the training loop to the dashboard.
#[derive(Debug, Clone, Default)]
pub(super) struct LatestFigures(Arc<Mutex<Figures>>);

impl LatestFigures {
    pub(super) fn set(&self, figures: Figures) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = figures;
    }

    pub(super) fn get(&self, name: &str) -> Option<f64> {
        let figures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        figures.get(name).copied()
    }
}
