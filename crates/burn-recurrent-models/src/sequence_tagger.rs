//! The tagger: a label for every word.

use crate::config_file::{burn_config, is_undecided, softmax as softmax_output, yes};
use crate::lengths::padding;
use crate::option_error::at_least_one;
use crate::saved::DRAW;
use crate::{
    CrfError, CrfPath, LinearChainCrf, LinearChainCrfConfig, OptionError, SavedModule, TaggerInput,
    TensorShapes, TokenEncoder, TokenEncoderConfig, TransitionConstraints,
};
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::{log_softmax, softmax, tanh};
use burn::tensor::{Device, Int, Tensor};
use burn_recurrent::ZeroOutput;
use serde::{Deserialize, Serialize};

/// Configuration of a [`SequenceTagger`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceTaggerConfig {
    /// What reads the sentences.
    pub encoder: TokenEncoderConfig,
    /// The number of labels. A file may leave it to the data.
    #[serde(default, skip_serializing_if = "is_undecided")]
    pub num_labels: usize,
    /// How labels are chosen.
    #[serde(default = "softmax_output")]
    pub output: TaggerOutput,
    /// The width of a layer with tanh between the encoder and the emissions, where there is one
    /// (Lample et al. 2016, section 4).
    #[serde(default)]
    pub d_projection: Option<usize>,
}

burn_config! {
    SequenceTaggerConfig {
        with_num_labels: num_labels: usize,
        with_output: output: TaggerOutput,
        with_d_projection: d_projection: Option<usize>,
    }
}

impl SequenceTaggerConfig {
    /// A config with these sizes and the defaults of all else.
    pub fn new(encoder: TokenEncoderConfig, num_labels: usize) -> Self {
        Self {
            encoder,
            num_labels,
            output: softmax_output(),
            d_projection: None,
        }
    }
}

/// The output layer of a [`SequenceTagger`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum TaggerOutput {
    /// Each word's by itself, with a softmax.
    Softmax {},
    /// All of a sentence together, with a [`LinearChainCrf`].
    Crf {
        /// Which labels may stand where; without them every sequence is possible.
        #[serde(default)]
        constraints: Option<TransitionConstraints>,
        /// Whether the constraints also hold in the likelihood, or only in what is decoded.
        #[serde(default = "yes")]
        constrain_training: bool,
    },
}

/// Why a [`SequenceTaggerConfig`] describes no tagger.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum SequenceTaggerError {
    /// An option.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The conditional random field.
    #[error(transparent)]
    Crf(#[from] CrfError),
}

/// Labels the words of sentences: a recurrent network over words, their characters and their
/// shapes, and a softmax or a conditional random field (Huang et al. 2015, Lample et al. 2016, Ma
/// and Hovy 2016).
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_recurrent_models::{
///     SequenceTaggerConfig, TaggerInput, TaggerOutput, TokenEncoderConfig,
/// };
///
/// let device = Device::default();
/// let encoder = TokenEncoderConfig::new(100, 16, 32).with_dropout_input(0.5);
/// let crf = TaggerOutput::Crf { constraints: None, constrain_training: true };
/// let tagger = SequenceTaggerConfig::new(encoder, 5).with_output(crf).init(&device)?;
///
/// // Two sentences, of 3 words and of 1.
/// let words = Tensor::<2, Int>::from_data([[4, 17, 3], [8, 0, 0]], &device);
/// let input = TaggerInput::new(words, vec![3, 1]);
/// let labels = tagger.decode(&input);
/// assert_eq!([labels[0].len(), labels[1].len()], [3, 1]);
/// # Ok::<(), burn_recurrent_models::SequenceTaggerError>(())
/// ```
#[derive(Module, Debug)]
pub struct SequenceTagger {
    /// What reads the sentences.
    pub encoder: TokenEncoder,
    /// The layer with tanh before the emissions.
    pub projection: Option<Linear>,
    /// What gives each word its emissions, `[d_features, labels]`.
    pub output: Linear,
    /// The conditional random field; none where there is a softmax.
    pub crf: Option<LinearChainCrf>,
}

/// The loss of a batch.
#[derive(Clone, Debug)]
pub struct TaggerLoss {
    /// The negative log-likelihood of all its labels together, in nats, `[1]`.
    pub nats: Tensor<1>,
    /// The number of words.
    pub tokens: usize,
    /// The number of sentences, those without words included.
    pub sentences: usize,
}

impl SequenceTaggerConfig {
    /// Checks that the numbers describe a tagger.
    ///
    /// # Errors
    ///
    /// Names the first one that does not.
    pub fn validate(&self) -> Result<(), SequenceTaggerError> {
        self.encoder
            .validate()
            .map_err(|error| error.within("encoder"))?;
        at_least_one("num_labels", self.num_labels)?;
        at_least_one("d_projection", self.d_projection.unwrap_or(1))?;
        match self.crf() {
            Some(crf) => Ok(crf.validate()?),
            None => Ok(()),
        }
    }

    /// Creates the tagger.
    ///
    /// # Errors
    ///
    /// If the numbers describe none ([`validate`](Self::validate)).
    pub fn init(&self, device: &Device) -> Result<SequenceTagger, SequenceTaggerError> {
        self.validate()?;
        let encoder = self.encoder.init(device)?;
        let d_output = encoder.d_output();
        let draw = crate::encoder::draw_linear;
        let crf = self.crf().map(|crf| crf.init(device)).transpose()?;
        Ok(SequenceTagger {
            encoder,
            projection: self.d_projection.map(|d| draw(d_output, d, device)),
            output: draw(
                self.d_projection.unwrap_or(d_output),
                self.num_labels,
                device,
            ),
            crf,
        })
    }

    fn crf(&self) -> Option<LinearChainCrfConfig> {
        match &self.output {
            TaggerOutput::Softmax {} => None,
            TaggerOutput::Crf {
                constraints,
                constrain_training,
            } => Some(
                LinearChainCrfConfig::new(self.num_labels)
                    .with_constraints(constraints.clone())
                    .with_constrain_training(*constrain_training),
            ),
        }
    }
}

impl SequenceTagger {
    /// The score of each label for each word before the output layer's choice: a softmax's logits,
    /// or a conditional random field's emissions.
    ///
    /// # Shapes
    ///
    /// - returns: `[batch, time, labels]`, in the padding the same finite numbers everywhere
    ///
    /// # Panics
    ///
    /// If the input does not fit the encoder ([`TokenEncoder::forward`]).
    pub fn emissions(&self, input: &TaggerInput) -> Tensor<3> {
        let (features, _) = self.encoder.forward(input);
        let [batch, time, width] = features.dims();
        if batch == 0 || time == 0 {
            return ZeroOutput::like(&features)
                .of(&features)
                .of_module(&self.projection)
                .of_module(&self.output)
                .shaped([batch, time, self.num_labels()]);
        }
        let mut features = features.reshape([batch * time, width]);
        if let Some(projection) = &self.projection {
            features = tanh(projection.forward(features));
        }
        let emissions = self.output.forward(features);
        emissions.reshape([batch, time, self.num_labels()])
    }

    /// What the labels cost: a sum over the batch, and what it may be divided by.
    ///
    /// # Shapes
    ///
    /// - targets: `[batch, time]`; in the padding anything
    ///
    /// # Panics
    ///
    /// If the input or the targets do not fit.
    pub fn loss(&self, input: &TaggerInput, targets: Tensor<2, Int>) -> TaggerLoss {
        let emissions = self.emissions(input);
        TaggerLoss {
            nats: self.nats(emissions, targets, &input.lengths).sum(),
            tokens: input.num_words(),
            sentences: input.lengths.len(),
        }
    }

    /// The most probable labels of each sentence, as many as it has words: of all its words
    /// together with a conditional random field, of each by itself with a softmax.
    ///
    /// # Panics
    ///
    /// If the input does not fit.
    pub fn decode(&self, input: &TaggerInput) -> Vec<Vec<usize>> {
        self.decode_emissions(self.emissions(input), &input.lengths)
    }

    /// The probability of each label for each word.
    ///
    /// # Shapes
    ///
    /// - returns: `[batch, time, labels]`, zero in the padding
    ///
    /// # Panics
    ///
    /// If the input does not fit.
    pub fn marginals(&self, input: &TaggerInput) -> Tensor<3> {
        let emissions = self.emissions(input);
        match &self.crf {
            Some(crf) => crf.marginals(emissions, &input.lengths),
            None if emissions.shape().num_elements() == 0 => emissions,
            None => crate::lengths::fill_padding(softmax(emissions, 2), &input.lengths, 0.0),
        }
    }

    /// The `k` best sequences of labels of each sentence, the best first, as
    /// [`LinearChainCrf::k_best`] gives them; a softmax is a conditional random field without
    /// transitions.
    ///
    /// # Panics
    ///
    /// If the input does not fit.
    pub fn k_best(&self, input: &TaggerInput, k: usize) -> Vec<Vec<CrfPath>> {
        let emissions = self.emissions(input);
        let crf = match &self.crf {
            Some(crf) => crf.clone(),
            None => LinearChainCrf::without_transitions(self.num_labels(), &emissions.device()),
        };
        crf.k_best(emissions, &input.lengths, k)
    }

    /// The negative log-likelihood of each sentence's labels, in nats, from its
    /// [`emissions`](Self::emissions).
    ///
    /// # Shapes
    ///
    /// - emissions: `[batch, time, labels]`
    /// - targets: `[batch, time]`; in the padding anything
    /// - returns: `[batch]`
    ///
    /// # Panics
    ///
    /// If a shape does not fit.
    pub fn nats(
        &self,
        emissions: Tensor<3>,
        targets: Tensor<2, Int>,
        lengths: &[usize],
    ) -> Tensor<1> {
        if let Some(crf) = &self.crf {
            return crf.negative_log_likelihood(emissions, targets, lengths);
        }
        let [batch, time, _] = emissions.dims();
        assert!(
            targets.dims() == [batch, time],
            "the targets must be [batch, time] = {:?}, but are {:?}",
            [batch, time],
            targets.dims(),
        );
        if batch == 0 || time == 0 {
            return ZeroOutput::like(&emissions).of(&emissions).shaped([batch]);
        }
        let padding = padding(lengths, time, &emissions.device());
        let targets = match &padding {
            Some(padding) => targets.mask_fill(padding.clone(), 0),
            None => targets,
        };
        let nats = log_softmax(emissions, 2)
            .gather(2, targets.unsqueeze_dim(2))
            .reshape([batch, time])
            .neg();
        let nats = match padding {
            Some(padding) => nats.mask_fill(padding, 0.0),
            None => nats,
        };
        nats.sum_dim(1).reshape([batch])
    }

    /// The most probable labels of each sentence, from its [`emissions`](Self::emissions).
    ///
    /// # Shapes
    ///
    /// - emissions: `[batch, time, labels]`
    /// - returns: as many labels a row as it has words
    ///
    /// # Panics
    ///
    /// If a shape does not fit.
    pub fn decode_emissions(&self, emissions: Tensor<3>, lengths: &[usize]) -> Vec<Vec<usize>> {
        if let Some(crf) = &self.crf {
            let paths = crf.viterbi(emissions, lengths).into_iter();
            return paths.map(|path| path.labels).collect();
        }
        let [batch, time, _] = emissions.dims();
        crate::lengths::check_lengths(lengths, batch, time);
        if batch == 0 || time == 0 {
            return vec![Vec::new(); batch];
        }
        let best: Vec<i64> = emissions.argmax(2).into_data().iter::<i64>().collect();
        best.chunks_exact(time)
            .zip(lengths)
            .map(|(row, length)| row[..*length].iter().map(|label| *label as usize).collect())
            .collect()
    }

    /// The number of labels.
    pub fn num_labels(&self) -> usize {
        self.output.weight.dims()[1]
    }
}

impl SavedModule for SequenceTagger {
    const KIND: &'static str = "sequence-tagger";
    type Config = SequenceTaggerConfig;
    type ConfigError = SequenceTaggerError;

    fn validate(config: &Self::Config) -> Result<(), Self::ConfigError> {
        config.validate()
    }

    fn tensors(config: &Self::Config) -> TensorShapes {
        let d_encoder = config.encoder.d_output();
        let projection = config
            .d_projection
            .map(|d_projection| TensorShapes::linear(d_encoder, d_projection).within("projection"));
        let d_features = config.d_projection.unwrap_or(d_encoder);
        let crf = config.crf().map(|crf| crf.tensors().within("crf"));
        config
            .encoder
            .tensors()
            .within("encoder")
            .and(projection.unwrap_or_else(TensorShapes::none))
            .and(TensorShapes::linear(d_features, config.num_labels).within("output"))
            .and(crf.unwrap_or_else(TensorShapes::none))
    }

    fn make(config: &Self::Config, device: &Device) -> Result<Self, Self::ConfigError> {
        let mut config = config.clone();
        config.encoder.initializer = DRAW;
        config.init(device)
    }
}
