//! Batches of pairs of like lengths.

use std::sync::Arc;

use burn::tensor::Device;
use burn_recurrent_text::{BudgetError, TranslationBatch, TranslationExamples};

use super::sampling_config::SamplingConfig;
use crate::sentences::{self, BatchesConfig};
use crate::{BatchIterator, Batches};

/// Pairs to train on, and how often the decoder is given its own word.
#[derive(Clone, Debug)]
pub struct TrainingPairs {
    /// The pairs.
    pub pairs: TranslationBatch,
    /// The probability with which a word that the decoder reads is one of its own.
    pub sampling: f64,
}

/// The batches of the training split: other neighbours in every epoch.
pub struct TrainBatches {
    pairs: sentences::TrainBatches<TranslationExamples>,
    sampling: SamplingConfig,
}

/// The batches of a split to compute its loss, the same in every epoch.
pub type LossBatches = sentences::LossBatches<TranslationExamples>;

impl TrainBatches {
    /// Batches of `config`'s sizes, in an order that depends on the seed and the epoch alone. A pair counts as many tokens
    /// as its longer side.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn new(
        examples: &Arc<TranslationExamples>,
        config: &BatchesConfig,
        sampling: SamplingConfig,
        seed: u64,
    ) -> Result<Self, BudgetError> {
        let pairs = sentences::TrainBatches::new(examples, config, seed)?;
        Ok(Self { pairs, sampling })
    }
}

impl Batches for TrainBatches {
    type Batch = TrainingPairs;

    fn num_batches(&self, epoch: usize) -> usize {
        self.pairs.num_batches(epoch)
    }

    fn batches<'a>(
        &'a self,
        epoch: usize,
        first: usize,
        device: &Device,
    ) -> BatchIterator<'a, TrainingPairs> {
        let sampling = self.sampling.probability(epoch);
        let pairs = self.pairs.batches(epoch, first, device);
        Box::new(pairs.map(move |pairs| pairs.map(|pairs| TrainingPairs { pairs, sampling })))
    }
}
