//! A tagger as burn-train trains it: batch by batch of sentences of like lengths.

use crate::config::{BatchesConfig, LossConfig};
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use burn_recurrent_models::{SequenceTagger, TaggerInput, TaggerLoss};
use burn_recurrent_text::{BudgetError, LengthBatches, TaggingBatch, TaggingExamples};
use burn_recurrent_train::{BatchIterator, Batches, CarriedState, TokenLoss};
use std::sync::Arc;

/// A tagger, and what its gradient is of.
#[derive(Module, Debug)]
pub struct Learner {
    pub model: SequenceTagger,
    #[module(skip)]
    loss: LossConfig,
}

impl Learner {
    pub fn new(model: SequenceTagger, loss: LossConfig) -> Self {
        Self { model, loss }
    }

    fn loss(&self, batch: &TaggingBatch) -> TaggerLoss {
        let device = self.model.output.weight.val().device();
        let input = TaggerInput::from_ids(&batch.words, &batch.lengths, &device)
            .with_character_ids(&batch.characters, &batch.character_lengths, &batch.forms)
            .with_shape_ids(&batch.shapes);
        let targets = indices(&batch.targets, [batch.batch, batch.time], &device);
        self.model.loss(&input, targets)
    }
}

fn indices(ids: &[i32], shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(ids.to_vec(), shape), device)
}

impl TrainStep for Learner {
    type Input = TaggingBatch;
    type Output = TokenLoss;

    fn step(&self, batch: TaggingBatch) -> TrainOutput<TokenLoss> {
        let loss = self.loss(&batch);
        let scale = match self.loss {
            LossConfig::PerToken => loss.tokens,
            LossConfig::PerSentence => loss.sentences,
        };
        let gradients = (loss.nats.clone() / scale as f64).backward();
        TrainOutput::new(self, gradients, TokenLoss::new(loss.nats, loss.tokens))
    }
}

impl InferenceStep for Learner {
    type Input = TaggingBatch;
    type Output = TokenLoss;

    fn step(&self, batch: TaggingBatch) -> TokenLoss {
        let loss = self.loss(&batch);
        TokenLoss::new(loss.nats, loss.tokens)
    }
}

// Every sentence begins anew.
impl CarriedState for Learner {}

/// The batches of the training split: other neighbours in every epoch.
pub struct TrainBatches {
    examples: Arc<TaggingExamples>,
    batches: LengthBatches,
    seed: u64,
}

impl TrainBatches {
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
