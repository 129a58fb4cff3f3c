//! The recurrent language model.

use crate::config_file::{burn_config, is_undecided, lstm, one, orthogonal, tenth};
use crate::embed::embed;
use crate::option_error::{above_zero, at_least_one, initializer, probability};
use crate::saved::{DRAW, DRAW_RANGE};
use crate::{
    AnyRecurrent, AnyRecurrentConfig, AnyState, CellKind, NeuralLanguageModel, OptionError,
    SavedLanguageModel, SavedModule, TensorShapes,
};
use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Embedding};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use burn_recurrent::{RecurrentInitializer, apply_dropout};
use serde::{Deserialize, Serialize};

/// Configuration of a [`RecurrentLanguageModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecurrentLanguageModelConfig {
    /// The number of tokens. A file may leave it to the data.
    #[serde(default, skip_serializing_if = "is_undecided")]
    pub vocabulary_size: usize,
    /// The width of the embeddings.
    pub d_embedding: usize,
    /// The width of the hidden vectors.
    pub d_hidden: usize,
    /// The cell.
    #[serde(default = "lstm")]
    pub cell: CellKind,
    /// The number of layers.
    #[serde(default = "one")]
    pub num_layers: usize,
    /// The probability of dropout on everything that goes up: embeddings, the layers' outputs and
    /// the features (Zaremba et al. 2014).
    #[serde(default)]
    pub dropout: f64,
    /// Whether the dropout between layers draws one mask a sequence (Gal and Ghahramani 2016).
    #[serde(default)]
    pub variational_dropout: bool,
    /// The probability with which a recurrent weight is dropped for a sequence (Merity et al.
    /// 2017).
    #[serde(default)]
    pub weight_drop: f64,
    /// Whether the output layer's weights are the embeddings (Press and Wolf 2017; Inan et al.
    /// 2017), which then need the hidden vectors' width.
    #[serde(default)]
    pub tied: bool,
    /// How the recurrent weights are drawn.
    #[serde(default = "orthogonal")]
    pub initializer: RecurrentInitializer,
    /// Embeddings and output weights are drawn from uniform(±this).
    #[serde(default = "tenth")]
    pub init_range: f64,
}

burn_config! {
    RecurrentLanguageModelConfig {
        with_vocabulary_size: vocabulary_size: usize,
        with_d_embedding: d_embedding: usize,
        with_d_hidden: d_hidden: usize,
        with_cell: cell: CellKind,
        with_num_layers: num_layers: usize,
        with_dropout: dropout: f64,
        with_variational_dropout: variational_dropout: bool,
        with_weight_drop: weight_drop: f64,
        with_tied: tied: bool,
        with_initializer: initializer: RecurrentInitializer,
        with_init_range: init_range: f64,
    }
}

impl RecurrentLanguageModelConfig {
    /// A config with these sizes and the defaults of all else.
    pub fn new(vocabulary_size: usize, d_embedding: usize, d_hidden: usize) -> Self {
        Self {
            vocabulary_size,
            d_embedding,
            d_hidden,
            cell: lstm(),
            num_layers: one(),
            dropout: 0.0,
            variational_dropout: false,
            weight_drop: 0.0,
            tied: false,
            initializer: orthogonal(),
            init_range: tenth(),
        }
    }

    /// Checks that the numbers describe a model.
    ///
    /// # Errors
    ///
    /// Names the first one that does not.
    pub fn validate(&self) -> Result<(), OptionError> {
        at_least_one("vocabulary_size", self.vocabulary_size)?;
        at_least_one("d_embedding", self.d_embedding)?;
        at_least_one("d_hidden", self.d_hidden)?;
        at_least_one("num_layers", self.num_layers)?;
        probability("dropout", self.dropout)?;
        probability("weight_drop", self.weight_drop)?;
        initializer("initializer", &self.initializer)?;
        above_zero("init_range", self.init_range)?;
        match self.tied && self.d_embedding != self.d_hidden {
            false => Ok(()),
            true => Err(OptionError::new(
                "tied",
                format!(
                    "needs embeddings as wide as the hidden vectors, but d_embedding is {} and d_hidden {}",
                    self.d_embedding, self.d_hidden
                ),
            )),
        }
    }

    /// Creates the model.
    ///
    /// # Errors
    ///
    /// If the numbers describe none ([`validate`](Self::validate)).
    pub fn init(&self, device: &Device) -> Result<RecurrentLanguageModel, OptionError> {
        self.validate()?;
        let uniform = |shape: [usize; 2]| {
            let range = Distribution::Uniform(-self.init_range, self.init_range);
            Param::from_tensor(Tensor::random(shape, range, device))
        };
        // Zaremba et al. draw this bias too; with any other initialiser it starts at zero.
        let bias = match &self.initializer {
            RecurrentInitializer::Uniform { bound } => Tensor::random(
                [self.vocabulary_size],
                Distribution::Uniform(-bound, *bound),
                device,
            ),
            _ => Tensor::zeros([self.vocabulary_size], device),
        };
        Ok(RecurrentLanguageModel {
            embedding: Embedding {
                weight: uniform([self.vocabulary_size, self.d_embedding]),
            },
            recurrent: self.recurrent().init(device),
            output_weight: (!self.tied).then(|| uniform([self.d_hidden, self.vocabulary_size])),
            output_bias: Param::from_tensor(bias),
            dropout: DropoutConfig::new(self.dropout).init(),
        })
    }

    fn recurrent(&self) -> AnyRecurrentConfig {
        AnyRecurrentConfig::new(self.cell, self.d_embedding, self.d_hidden)
            .with_num_layers(self.num_layers)
            .with_dropout(self.dropout)
            .with_variational_dropout(self.variational_dropout)
            .with_weight_drop(self.weight_drop)
            .with_initializer(self.initializer.clone())
    }
}

/// A recurrent language model (Mikolov et al. 2010; with LSTM and dropout, Zaremba et al. 2014):
/// embeddings, recurrent layers, and a softmax over the vocabulary.
///
/// ```
/// # use burn::tensor::{Device, Int, Tensor};
/// use burn_recurrent_models::{NeuralLanguageModel, RecurrentLanguageModelConfig};
///
/// let device = Device::default();
/// let model = RecurrentLanguageModelConfig::new(100, 16, 32).init(&device).unwrap();
/// let tokens = Tensor::<2, Int>::zeros([4, 10], &device);
/// let (nats, state) = model.nats(tokens.clone(), tokens, None);
/// assert_eq!(nats.dims(), [40]);
/// # let _ = state;
/// ```
#[derive(Module, Debug)]
pub struct RecurrentLanguageModel {
    /// The embeddings, `[vocabulary, d_embedding]`.
    pub embedding: Embedding,
    /// The recurrent layers.
    pub recurrent: AnyRecurrent,
    /// The output layer's weights, `[d_hidden, vocabulary]`; none where they are the embeddings.
    pub output_weight: Option<Param<Tensor<2>>>,
    /// The output layer's bias, `[vocabulary]`.
    pub output_bias: Param<Tensor<1>>,
    dropout: Dropout,
}

impl NeuralLanguageModel for RecurrentLanguageModel {
    type State = AnyState;

    fn vocabulary_size(&self) -> usize {
        self.embedding.weight.dims()[0]
    }

    fn features(&self, tokens: Tensor<2, Int>, state: Option<AnyState>) -> (Tensor<3>, AnyState) {
        let embedded = apply_dropout(&self.dropout, embed(&self.embedding, tokens));
        let (output, state) = self.recurrent.forward(embedded, state);
        (apply_dropout(&self.dropout, output), state)
    }

    fn output(&self) -> (Tensor<2>, Option<Tensor<1>>) {
        let weight = match &self.output_weight {
            Some(weight) => weight.val(),
            None => self.embedding.weight.val().transpose(),
        };
        (weight, Some(self.output_bias.val()))
    }

    fn detach(state: AnyState) -> AnyState {
        state.detach()
    }

    fn state_to_data(state: &AnyState) -> Vec<TensorData> {
        state.to_data()
    }

    fn state_from_data(data: Vec<TensorData>, device: &Device) -> Option<AnyState> {
        AnyState::from_data(data, device)
    }

    fn state_rows(state: &AnyState) -> Option<usize> {
        Some(state.rows())
    }
}

impl SavedModule for RecurrentLanguageModel {
    const KIND: &'static str = "recurrent-language-model";
    type Config = RecurrentLanguageModelConfig;
    type ConfigError = OptionError;

    fn validate(config: &Self::Config) -> Result<(), Self::ConfigError> {
        config.validate()
    }

    fn tensors(config: &Self::Config) -> TensorShapes {
        let vocabulary = config.vocabulary_size;
        TensorShapes::embedding(vocabulary, config.d_embedding)
            .within("embedding")
            .and(config.recurrent().tensors().within("recurrent"))
            .and_where(!config.tied, || {
                TensorShapes::of("output_weight", [config.d_hidden, vocabulary])
            })
            .and(TensorShapes::of("output_bias", [vocabulary]))
    }

    fn make(config: &Self::Config, device: &Device) -> Result<Self, Self::ConfigError> {
        let config = config.clone().with_initializer(DRAW);
        config.with_init_range(DRAW_RANGE).init(device)
    }
}

impl SavedLanguageModel for RecurrentLanguageModel {
    fn num_tokens(&self) -> usize {
        self.vocabulary_size()
    }
}
