//! `[model]`: n-grams, a window or recurrent layers.

use burn_recurrent::RecurrentInitializer;
use burn_recurrent_models::ngram::{MAX_ORDER, NgramConfig};
use burn_recurrent_models::{CellKind, RecurrentLanguageModelConfig, WindowLanguageModelConfig};
use burn_recurrent_train::InvalidValue;
use burn_recurrent_train::checks::{at_least_one, probability, range};
use serde::{Deserialize, Serialize};

/// The model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ModelConfig {
    /// An n-gram model: trained by counting.
    Ngram(NgramConfig),
    /// The window model of Bengio et al. 2003.
    Window(WindowConfig),
    /// A recurrent model.
    Recurrent(RecurrentConfig),
}

/// The window model of Bengio et al. 2003.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowConfig {
    /// The number of tokens that the next one is predicted from.
    window: usize,
    /// The width of the embeddings.
    d_embedding: usize,
    /// The width of the hidden layer.
    d_hidden: usize,
    /// Whether the embeddings also go to the output directly.
    #[serde(default = "yes")]
    direct: bool,
    /// The probability of dropout on the features.
    #[serde(default)]
    dropout: f64,
    /// Embeddings and output weights are drawn from uniform(±this).
    #[serde(default = "tenth")]
    init_range: f64,
}

/// A recurrent model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecurrentConfig {
    /// The cell: `rnn`, `gru` or `lstm`.
    cell: CellKind,
    /// The width of the embeddings.
    d_embedding: usize,
    /// The width of the hidden vectors.
    d_hidden: usize,
    /// The number of layers.
    #[serde(default = "one_layer")]
    num_layers: usize,
    /// The probability of dropout on everything that goes up (Zaremba et al. 2014).
    #[serde(default)]
    dropout: f64,
    /// Whether the dropout between layers draws one mask a window (Gal and Ghahramani 2016).
    #[serde(default)]
    variational_dropout: bool,
    /// The probability with which a recurrent weight is dropped for a window (Merity et al. 2017).
    #[serde(default)]
    weight_drop: f64,
    /// Whether the output layer's weights are the embeddings.
    #[serde(default)]
    tied: bool,
    /// How the recurrent weights are drawn.
    #[serde(default = "orthogonal")]
    initializer: RecurrentInitializer,
    /// Embeddings and output weights are drawn from uniform(±this).
    #[serde(default = "tenth")]
    init_range: f64,
}

fn one_layer() -> usize {
    1
}

fn tenth() -> f64 {
    0.1
}

fn yes() -> bool {
    true
}

fn orthogonal() -> RecurrentInitializer {
    RecurrentInitializer::Orthogonal {}
}

impl ModelConfig {
    pub(super) fn validate(&self) -> Result<(), InvalidValue> {
        match self {
            // The smoothing's own settings are checked where it is trained.
            Self::Ngram(ngram) => match (1..=MAX_ORDER).contains(&ngram.order) {
                true => Ok(()),
                false => Err(InvalidValue::new(
                    "order",
                    format!("must be from 1 to {MAX_ORDER}, got {}", ngram.order),
                )),
            },
            Self::Window(window) => window.validate(),
            Self::Recurrent(recurrent) => recurrent.validate(),
        }
    }
}

impl WindowConfig {
    fn validate(&self) -> Result<(), InvalidValue> {
        at_least_one("window", self.window)?;
        at_least_one("d_embedding", self.d_embedding)?;
        at_least_one("d_hidden", self.d_hidden)?;
        probability("dropout", self.dropout)?;
        range("init_range", self.init_range)
    }

    /// The model for a vocabulary of this size.
    pub fn sized(&self, vocabulary: usize) -> WindowLanguageModelConfig {
        WindowLanguageModelConfig::new(vocabulary, self.window, self.d_embedding, self.d_hidden)
            .with_direct(self.direct)
            .with_dropout(self.dropout)
            .with_init_range(self.init_range)
    }
}

impl RecurrentConfig {
    fn validate(&self) -> Result<(), InvalidValue> {
        match self.initializer {
            RecurrentInitializer::Uniform { bound } => range("initializer.bound", bound)?,
            RecurrentInitializer::Identity { scale } => range("initializer.scale", scale)?,
            RecurrentInitializer::Orthogonal {} | RecurrentInitializer::Torch {} => {}
        }
        at_least_one("d_embedding", self.d_embedding)?;
        at_least_one("d_hidden", self.d_hidden)?;
        at_least_one("num_layers", self.num_layers)?;
        probability("dropout", self.dropout)?;
        probability("weight_drop", self.weight_drop)?;
        range("init_range", self.init_range)?;
        match self.tied && self.d_embedding != self.d_hidden {
            false => Ok(()),
            true => Err(InvalidValue::new(
                "tied",
                format!(
                    "needs embeddings as wide as the hidden vectors, but `d_embedding` is {} and `d_hidden` {}",
                    self.d_embedding, self.d_hidden
                ),
            )),
        }
    }

    /// The model for a vocabulary of this size.
    pub fn sized(&self, vocabulary: usize) -> RecurrentLanguageModelConfig {
        RecurrentLanguageModelConfig::new(vocabulary, self.d_embedding, self.d_hidden)
            .with_cell(self.cell)
            .with_num_layers(self.num_layers)
            .with_dropout(self.dropout)
            .with_variational_dropout(self.variational_dropout)
            .with_weight_drop(self.weight_drop)
            .with_tied(self.tied)
            .with_initializer(self.initializer.clone())
            .with_init_range(self.init_range)
    }
}
