//! The classifier: a class for every sentence.

use crate::encoder::draw_linear;
use crate::option_error::at_least_one;
use crate::pooling::{Pooling, PoolingKind};
use crate::saved::DRAW;
use crate::{
    OptionError, SavedModule, TaggerInput, TensorShapes, TokenEncoder, TokenEncoderConfig,
    token_nats,
};
use burn::config::Config;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Int, Tensor};
use burn_recurrent::apply_linear;

/// Configuration of a [`SequenceClassifier`].
#[derive(Config, Debug)]
pub struct SequenceClassifierConfig {
    /// What reads the sentences.
    pub encoder: TokenEncoderConfig,
    /// The number of classes.
    pub num_classes: usize,
    /// How a sentence's words become one vector.
    #[config(default = "PoolingKind::Last {}")]
    pub pooling: PoolingKind,
}

/// Classifies sentences: the [`SequenceTagger`](crate::SequenceTagger)'s encoder, one vector for
/// all words, and a softmax.
///
/// A sentence without words has a vector of zeros: its class depends on the output layer's bias
/// alone.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_recurrent_models::{
///     PoolingKind, SequenceClassifierConfig, TaggerInput, TokenEncoderConfig,
/// };
///
/// let device = Device::default();
/// let classifier = SequenceClassifierConfig::new(TokenEncoderConfig::new(100, 16, 32), 3)
///     .with_pooling(PoolingKind::Attention { d_attention: 16 })
///     .init(&device)?;
/// let words = Tensor::<2, Int>::from_data([[4, 17, 3], [8, 0, 0]], &device);
/// let input = TaggerInput::new(words, vec![3, 1]);
/// assert_eq!(classifier.probabilities(&input).dims(), [2, 3]);
/// assert_eq!(classifier.classify(&input).len(), 2);
/// # Ok::<(), burn_recurrent_models::OptionError>(())
/// ```
#[derive(Module, Debug)]
pub struct SequenceClassifier {
    /// What reads the sentences.
    pub encoder: TokenEncoder,
    /// What makes one vector of a sentence's words.
    pub pooling: Pooling,
    /// The output layer, `[d_encoder, classes]`.
    pub output: Linear,
}

impl SequenceClassifierConfig {
    /// Checks that the numbers describe a classifier.
    ///
    /// # Errors
    ///
    /// Names the first one that does not.
    pub fn validate(&self) -> Result<(), OptionError> {
        self.encoder
            .validate()
            .map_err(|error| error.within("encoder"))?;
        at_least_one("num_classes", self.num_classes)?;
        match self.pooling {
            PoolingKind::Attention { d_attention } => {
                at_least_one("pooling.d_attention", d_attention)
            }
            PoolingKind::Last {} | PoolingKind::Mean {} | PoolingKind::Max {} => Ok(()),
        }
    }

    /// Creates the classifier.
    ///
    /// # Errors
    ///
    /// If the numbers describe none ([`validate`](Self::validate)).
    pub fn init(&self, device: &Device) -> Result<SequenceClassifier, OptionError> {
        self.validate()?;
        let encoder = self.encoder.init(device)?;
        let d_output = encoder.d_output();
        Ok(SequenceClassifier {
            encoder,
            pooling: self.pooling.init(d_output, device),
            output: draw_linear(d_output, self.num_classes, device),
        })
    }
}

impl SequenceClassifier {
    /// The score of each class for each sentence.
    ///
    /// # Shapes
    ///
    /// - returns: `[batch, classes]`
    ///
    /// # Panics
    ///
    /// If the input does not fit the encoder ([`TokenEncoder::forward`]).
    pub fn logits(&self, input: &TaggerInput) -> Tensor<2> {
        let (output, last) = self.encoder.forward(input);
        let pooled = self.pooling.forward(output, last, &input.lengths);
        apply_linear(&self.output, pooled)
    }

    /// The negative log-likelihood of each sentence's class, in nats.
    ///
    /// # Shapes
    ///
    /// - targets: `[batch]`
    /// - returns: `[batch]`
    ///
    /// # Panics
    ///
    /// If the input or the targets do not fit.
    pub fn nats(&self, input: &TaggerInput, targets: Tensor<1, Int>) -> Tensor<1> {
        let logits = self.logits(input);
        assert!(
            targets.dims()[0] == logits.dims()[0],
            "there must be one target a row, but there are {} rows and {} targets",
            logits.dims()[0],
            targets.dims()[0],
        );
        token_nats(logits, targets)
    }

    /// The probability of each class for each sentence, `[batch, classes]`.
    ///
    /// # Panics
    ///
    /// If the input does not fit.
    pub fn probabilities(&self, input: &TaggerInput) -> Tensor<2> {
        let logits = self.logits(input);
        match logits.dims()[0] {
            0 => logits,
            _ => softmax(logits, 1),
        }
    }

    /// The most probable class of each sentence.
    ///
    /// # Panics
    ///
    /// If the input does not fit.
    pub fn classify(&self, input: &TaggerInput) -> Vec<usize> {
        let logits = self.logits(input);
        if logits.dims()[0] == 0 {
            return Vec::new();
        }
        let best = logits.argmax(1).into_data();
        best.iter::<i64>().map(|class| class as usize).collect()
    }

    /// The number of classes.
    pub fn num_classes(&self) -> usize {
        self.output.weight.dims()[1]
    }
}

impl SavedModule for SequenceClassifier {
    const KIND: &'static str = "sequence-classifier";
    type Config = SequenceClassifierConfig;
    type ConfigError = OptionError;

    fn validate(config: &Self::Config) -> Result<(), Self::ConfigError> {
        config.validate()
    }

    fn tensors(config: &Self::Config) -> TensorShapes {
        let d_encoder = config.encoder.d_output();
        let output = TensorShapes::linear(d_encoder, config.num_classes);
        config
            .encoder
            .tensors()
            .within("encoder")
            .and(config.pooling.tensors(d_encoder).within("pooling"))
            .and(output.within("output"))
    }

    fn make(config: &Self::Config, device: &Device) -> Result<Self, Self::ConfigError> {
        let mut config = config.clone();
        config.encoder.initializer = DRAW;
        config.init(device)
    }
}
