//! Batches of sentences of like lengths.

use std::sync::Arc;

use burn::tensor::Device;
use burn_recurrent_text::{BudgetError, LengthBatches, TaggingBatch, TaggingExamples};

use super::batches_config::BatchesConfig;
use crate::{BatchIterator, Batches};

/// The batches of the training split: other neighbours in every epoch.
pub struct TrainBatches {
    examples: Arc<TaggingExamples>,
    batches: LengthBatches,
    seed: u64,
}

impl TrainBatches {
    /// Batches of `config`'s sizes, in an order that depends on the seed and the epoch alone.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn new(
        examples: &Arc<TaggingExamples>,
        config: &BatchesConfig,
        seed: u64,
    ) -> Result<Self, BudgetError> {
        Ok(Self {
            batches: LengthBatches::new(examples.lengths(), config.tokens)?
                .with_max_sentences(config.sentences)?,
            examples: examples.clone(),
            seed,
        })
    }
}

impl Batches for TrainBatches {
    type Batch = TaggingBatch;

    fn num_batches(&self, epoch: usize) -> usize {
        self.batches.epoch(self.seed, epoch as u64).len()
    }

    fn batches<'a>(
        &'a self,
        epoch: usize,
        first: usize,
        _device: &Device,
    ) -> BatchIterator<'a, TaggingBatch> {
        let batches = self.batches.epoch(self.seed, epoch as u64).into_iter();
        Box::new(
            batches
                .skip(first)
                .map(|sentences| Ok(self.examples.batch(&sentences))),
        )
    }
}

/// The batches of a split to compute its loss, the same in every epoch.
///
/// A sentence with a label that training never saw has no loss and is left out; where what is predicted is compared with
/// the labels, it counts.
pub struct LossBatches {
    examples: Arc<TaggingExamples>,
    batches: Vec<Vec<usize>>,
}

impl LossBatches {
    /// Batches of up to `config.evaluation_tokens` tokens.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn new(
        examples: &Arc<TaggingExamples>,
        config: &BatchesConfig,
    ) -> Result<Self, BudgetError> {
        let known: Vec<usize> = (0..examples.len())
            .filter(|sentence| {
                let targets = examples.targets(*sentence);
                !targets.contains(&TaggingExamples::UNKNOWN_LABEL)
            })
            .collect();
        let lengths = examples.lengths();
        let lengths = known.iter().map(|sentence| lengths[*sentence]).collect();
        let batches = LengthBatches::new(lengths, config.evaluation_tokens)?.by_length();
        let places = |batch: Vec<usize>| batch.into_iter().map(|place| known[place]).collect();
        Ok(Self {
            batches: batches.into_iter().map(places).collect(),
            examples: examples.clone(),
        })
    }
}

impl Batches for LossBatches {
    type Batch = TaggingBatch;

    fn num_batches(&self, _epoch: usize) -> usize {
        self.batches.len()
    }

    fn batches<'a>(
        &'a self,
        _epoch: usize,
        first: usize,
        _device: &Device,
    ) -> BatchIterator<'a, TaggingBatch> {
        let batches = self.batches.iter().skip(first);
        Box::new(batches.map(|sentences| Ok(self.examples.batch(sentences))))
    }
}
