//! Figures of the validation data that a recipe computes itself, such as a span F1 or a BLEU score.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::batches::BatchError;

/// The figures of one epoch by name.
pub(crate) type Figures = BTreeMap<String, f64>;

type Measure<M> = Box<dyn FnMut(&M) -> Result<Vec<f64>, BatchError> + Send>;

/// What a recipe computes after each epoch, and what it is called.
pub(crate) struct ValidMetrics<M> {
    names: Vec<String>,
    measure: Option<Measure<M>>,
}

impl<M> ValidMetrics<M> {
    /// No figures but the loss.
    pub(crate) fn none() -> Self {
        Self {
            names: Vec::new(),
            measure: None,
        }
    }

    pub(crate) fn new<const N: usize>(
        names: [&str; N],
        mut measure: impl FnMut(&M) -> Result<[f64; N], BatchError> + Send + 'static,
    ) -> Self {
        Self {
            names: names.map(str::to_string).to_vec(),
            measure: Some(Box::new(move |model| Ok(measure(model)?.to_vec()))),
        }
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn measure(&mut self, model: &M) -> Result<Figures, BatchError> {
        let Some(measure) = &mut self.measure else {
            return Ok(Figures::new());
        };
        Ok(self.names.iter().cloned().zip(measure(model)?).collect())
    }
}

/// The figures measured last, on their way from the training loop to the dashboard.
#[derive(Debug, Clone, Default)]
pub(crate) struct LatestFigures(Arc<Mutex<Figures>>);

impl LatestFigures {
    pub(crate) fn set(&self, figures: Figures) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = figures;
    }

    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        let figures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        figures.get(name).copied()
    }
}
