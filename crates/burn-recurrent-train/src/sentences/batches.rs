//! Batches of sentences of like lengths.

use std::sync::Arc;

use burn::tensor::Device;
use burn_recurrent_text::{
    BudgetError, LengthBatches, TaggingBatch, TaggingExamples, TranslationBatch,
    TranslationExamples,
};

use super::batches_config::BatchesConfig;
use crate::{BatchIterator, Batches};

/// Sentences as numbers, of which batches are made.
pub trait SentenceExamples: Send + Sync + 'static {
    /// Some of them side by side.
    type Batch: Send + 'static;

    /// How many tokens each sentence counts as.
    fn lengths(&self) -> Vec<usize>;

    /// The sentences at these places as one padded batch.
    fn batch(&self, sentences: &[usize]) -> Self::Batch;
}

impl SentenceExamples for TaggingExamples {
    type Batch = TaggingBatch;

    fn lengths(&self) -> Vec<usize> {
        Self::lengths(self)
    }

    fn batch(&self, sentences: &[usize]) -> TaggingBatch {
        Self::batch(self, sentences)
    }
}

impl SentenceExamples for TranslationExamples {
    type Batch = TranslationBatch;

    fn lengths(&self) -> Vec<usize> {
        Self::lengths(self)
    }

    fn batch(&self, sentences: &[usize]) -> TranslationBatch {
        Self::batch(self, sentences)
    }
}

/// The batches of the training split: other neighbours in every epoch.
pub struct SentenceTrainBatches<E> {
    examples: Arc<E>,
    batches: LengthBatches,
    seed: u64,
}

impl<E: SentenceExamples> SentenceTrainBatches<E> {
    /// Batches of `config`'s sizes, in an order that depends on the seed and the epoch alone.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn new(examples: &Arc<E>, config: &BatchesConfig, seed: u64) -> Result<Self, BudgetError> {
        Ok(Self {
            batches: LengthBatches::new(examples.lengths(), config.tokens)?
                .with_max_sentences(config.sentences)?,
            examples: examples.clone(),
            seed,
        })
    }
}

impl<E> SentenceTrainBatches<E> {
    /// The tokens of about the largest batch, padding included.
    pub fn most_tokens(&self) -> usize {
        self.batches.most_tokens()
    }
}

impl<E: SentenceExamples> Batches for SentenceTrainBatches<E> {
    type Batch = E::Batch;

    fn num_batches(&self, epoch: usize) -> usize {
        self.batches.epoch(self.seed, epoch as u64).len()
    }

    fn batches<'a>(
        &'a self,
        epoch: usize,
        first: usize,
        _device: &Device,
    ) -> BatchIterator<'a, E::Batch> {
        let batches = self.batches.epoch(self.seed, epoch as u64).into_iter();
        Box::new(
            batches
                .skip(first)
                .map(|sentences| Ok(self.examples.batch(&sentences))),
        )
    }
}

/// The batches of a split to compute its loss, the same in every epoch.
pub struct SentenceLossBatches<E> {
    examples: Arc<E>,
    batches: Vec<Vec<usize>>,
}

impl<E: SentenceExamples> SentenceLossBatches<E> {
    /// Batches of all sentences, of up to `config.evaluation_tokens` tokens.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn new(examples: &Arc<E>, config: &BatchesConfig) -> Result<Self, BudgetError> {
        let all = 0..examples.lengths().len();
        Self::of(examples, all.collect(), config)
    }

    /// Batches of the sentences at these places.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    ///
    /// # Panics
    ///
    /// When there is no sentence at one of the places.
    pub fn of(
        examples: &Arc<E>,
        places: Vec<usize>,
        config: &BatchesConfig,
    ) -> Result<Self, BudgetError> {
        let lengths = examples.lengths();
        let lengths = places.iter().map(|place| lengths[*place]).collect();
        let batches = LengthBatches::new(lengths, config.evaluation_tokens)?.by_length();
        let sentences = |batch: Vec<usize>| batch.into_iter().map(|at| places[at]).collect();
        Ok(Self {
            batches: batches.into_iter().map(sentences).collect(),
            examples: examples.clone(),
        })
    }
}

impl<E: SentenceExamples> Batches for SentenceLossBatches<E> {
    type Batch = E::Batch;

    fn num_batches(&self, _epoch: usize) -> usize {
        self.batches.len()
    }

    fn batches<'a>(
        &'a self,
        _epoch: usize,
        first: usize,
        _device: &Device,
    ) -> BatchIterator<'a, E::Batch> {
        let batches = self.batches.iter().skip(first);
        Box::new(batches.map(|sentences| Ok(self.examples.batch(sentences))))
    }
}
