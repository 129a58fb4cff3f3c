//! A translator as burn-train trains it.

use burn::module::Module;
use burn::tensor::Device;
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use burn_recurrent_models::{EncoderDecoder, EncoderDecoderBatch as ModelBatch, SpecialTokens};
use burn_recurrent_text::{TranslationBatch, TranslationTokenizer};

use super::batches::TrainingPairs;
use crate::ids::ids;
use crate::sentences::LossConfig;
use crate::{CarriedState, TokenLoss};

/// A translator, and what its gradient is of: the mean over the target tokens of a batch, unless set.
///
/// The loss of training is the smoothed one where labels are smoothed, as its gradient is; what is validated and tested is the
/// plain negative log-probability.
#[derive(Module, Debug)]
pub struct Learner {
    /// The translator.
    pub model: EncoderDecoder,
    #[module(skip)]
    loss: LossConfig,
}

/// The ids that [`TranslationTokenizer`]s give the special tokens, for a model's config.
pub fn special_tokens() -> SpecialTokens {
    SpecialTokens {
        padding: TranslationTokenizer::PADDING,
        unknown: TranslationTokenizer::UNKNOWN,
        begin: TranslationTokenizer::BEGIN,
        end: TranslationTokenizer::END,
    }
}

impl Learner {
    /// A learner of this translator.
    pub fn new(model: EncoderDecoder) -> Self {
        Self {
            model,
            loss: LossConfig::default(),
        }
    }

    /// Sets what the gradient is of.
    pub fn with_loss(mut self, loss: LossConfig) -> Self {
        self.loss = loss;
        self
    }

    fn batch(&self, batch: &TranslationBatch) -> ModelBatch {
        let device = self.model.devices().swap_remove(0);
        tensors(batch, &device)
    }
}

/// A batch as the model takes it.
fn tensors(batch: &TranslationBatch, device: &Device) -> ModelBatch {
    // The decoder's inputs and outputs are one row, a place apart.
    let (time, whole) = (batch.target_time, batch.target_time + 1);
    let mut target = vec![TranslationTokenizer::PADDING as i32; batch.batch * whole];
    for (row, &length) in batch.target_lengths.iter().enumerate() {
        let inputs = &batch.target_inputs[row * time..][..length];
        target[row * whole..][..length].copy_from_slice(inputs);
        target[row * whole + length] = TranslationTokenizer::END as i32;
    }
    ModelBatch {
        source: ids(&batch.sources, [batch.batch, batch.source_time], device),
        source_lengths: batch.source_lengths.clone(),
        target: ids(&target, [batch.batch, whole], device),
        target_lengths: batch
            .target_lengths
            .iter()
            .map(|length| length + 1)
            .collect(),
    }
}

impl TrainStep for Learner {
    type Input = TrainingPairs;
    type Output = TokenLoss;

    fn step(&self, input: TrainingPairs) -> TrainOutput<TokenLoss> {
        let tokens = input.pairs.num_target_tokens();
        let scale = match self.loss {
            LossConfig::PerToken => tokens,
            LossConfig::PerSentence => input.pairs.batch,
        };
        let nats = self
            .model
            .training_nats(&self.batch(&input.pairs), input.sampling)
            .sum();
        let gradients = (nats.clone() / scale.max(1) as f64).backward();
        TrainOutput::new(self, gradients, TokenLoss::new(nats, tokens))
    }
}

impl InferenceStep for Learner {
    type Input = TranslationBatch;
    type Output = TokenLoss;

    fn step(&self, batch: TranslationBatch) -> TokenLoss {
        let nats = self.model.nats(&self.batch(&batch)).sum();
        TokenLoss::new(nats, batch.num_target_tokens())
    }
}

// Every sentence begins anew.
impl CarriedState for Learner {}
