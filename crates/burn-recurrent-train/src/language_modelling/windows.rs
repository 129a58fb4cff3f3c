//! The windows of a text.

use std::sync::Arc;

use burn::tensor::Device;
use burn_recurrent_text::{StreamBatches, Window};

use super::batches_config::BatchesConfig;
use super::error::LanguageModellingError;
use super::evaluation_config::EvaluationConfig;
use crate::{BatchIterator, Batches};

/// The windows of a text, the same in every epoch.
pub struct Windows(StreamBatches);

impl Windows {
    /// Windows to train on.
    ///
    /// # Errors
    ///
    /// When the text is too short for them.
    pub fn train(
        tokens: &Arc<[u32]>,
        config: &BatchesConfig,
    ) -> Result<Self, LanguageModellingError> {
        let batches = StreamBatches::new(tokens.clone(), config.lanes, config.steps)
            .and_then(|batches| batches.with_remainder(config.remainder));
        let windows = batches.map(Self);
        windows.map_err(|source| LanguageModellingError::Windows {
            split: "training",
            lower: "`batches.lanes` or `batches.steps`",
            source,
        })
    }

    /// Windows of a split to evaluate on, such as the `validation` split.
    ///
    /// # Errors
    ///
    /// When the text is too short for them.
    pub fn evaluation(
        split: &'static str,
        tokens: &Arc<[u32]>,
        config: &EvaluationConfig,
    ) -> Result<Self, LanguageModellingError> {
        let windows = StreamBatches::new(tokens.clone(), config.lanes, config.steps).map(Self);
        windows.map_err(|source| LanguageModellingError::Windows {
            split,
            lower: "`evaluation.lanes`",
            source,
        })
    }
}

impl Windows {
    /// The tokens of the largest window.
    pub fn most_tokens(&self) -> usize {
        let lane = self.0.predictions().div_ceil(self.0.lanes());
        self.0.lanes() * lane.min(self.0.steps())
    }
}

impl Batches for Windows {
    type Batch = Window;

    fn num_batches(&self, _epoch: usize) -> usize {
        self.0.len()
    }

    fn batches<'a>(
        &'a self,
        _epoch: usize,
        first: usize,
        _device: &Device,
    ) -> BatchIterator<'a, Window> {
        Box::new((first..self.0.len()).map(|index| Ok(self.0.window(index))))
    }
}
