//! A tagger as burn-train trains it.

use burn::module::Module;
use burn::tensor::Device;
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use burn_recurrent_models::{SequenceTagger, TaggerInput, TaggerLoss};
use burn_recurrent_text::TaggingBatch;

use crate::ids::ids;
use crate::sentences::LossConfig;
use crate::{CarriedState, TokenLoss};

/// A tagger, and what its gradient is of: the mean over the tokens of a batch, unless set.
#[derive(Module, Debug)]
pub struct Learner {
    /// The tagger.
    pub model: SequenceTagger,
    #[module(skip)]
    loss: LossConfig,
}

impl Learner {
    /// A learner of this tagger.
    pub fn new(model: SequenceTagger) -> Self {
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

    fn loss(&self, batch: &TaggingBatch) -> TaggerLoss {
        let device: Device = self.model.output.weight.val().device();
        let input = TaggerInput::from_ids(&batch.words, &batch.lengths, &device)
            .with_character_ids(&batch.characters, &batch.character_lengths, &batch.forms)
            .with_shape_ids(&batch.shapes);
        let targets = ids(&batch.targets, [batch.batch, batch.time], &device);
        self.model.loss(&input, targets)
    }
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
        let gradients = (loss.nats.clone() / scale.max(1) as f64).backward();
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
