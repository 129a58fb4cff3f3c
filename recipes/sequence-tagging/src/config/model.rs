//! `[model]`: what reads the sentences and chooses the labels.

use burn_recurrent::RecurrentInitializer;
use burn_recurrent_models::{
    CellKind, CharacterFeatures, SequenceTaggerConfig, ShapeFeatures, TaggerOutput,
    TokenEncoderConfig, TransitionConstraints,
};
use burn_recurrent_text::{TaggingVocabularies, WordShape};
use burn_recurrent_train::InvalidValue;
use burn_recurrent_train::checks::{at_least_one, probability};
use serde::{Deserialize, Serialize};

/// The model: embeddings of words, features of their characters and shapes beside them, recurrent layers over these, and
/// a softmax or a conditional random field.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// The width of the words' embeddings.
    pub d_word: usize,
    /// Whether pretrained vectors stay as they are.
    #[serde(default)]
    pub freeze_words: bool,
    /// The width of the embeddings of the words' shapes; none unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub d_shape: Option<usize>,
    /// The cell: `rnn`, `gru` or `lstm`.
    #[serde(default = "lstm")]
    pub cell: CellKind,
    /// The width of the hidden vectors of each direction.
    pub d_hidden: usize,
    /// The number of layers.
    #[serde(default = "one_layer")]
    pub num_layers: usize,
    /// Whether they also read backwards.
    #[serde(default = "yes")]
    pub bidirectional: bool,
    /// The width of a layer with tanh before the output; none unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub d_projection: Option<usize>,
    /// The probability with which a word's embedding is that of `<unk>` while training.
    #[serde(default)]
    pub word_dropout: f64,
    /// The probability of dropout on the embeddings of characters.
    #[serde(default)]
    pub dropout_characters: f64,
    /// The probability of dropout on what goes into the first layer.
    #[serde(default)]
    pub dropout_input: f64,
    /// The probability of dropout between layers.
    #[serde(default)]
    pub dropout_layers: f64,
    /// The probability of dropout on what comes out of the last layer.
    #[serde(default)]
    pub dropout_output: f64,
    /// Whether the last three draw one mask a sentence (Gal and Ghahramani 2016).
    #[serde(default)]
    pub variational_dropout: bool,
    /// The probability with which a recurrent weight is dropped for a batch (Merity et al. 2017).
    #[serde(default)]
    pub weight_drop: f64,
    /// How the recurrent weights are drawn.
    #[serde(default = "orthogonal")]
    pub initializer: RecurrentInitializer,
    /// The features of the words' characters; none unless given.
    #[serde(default = "no_characters")]
    pub characters: CharacterFeatures,
    /// How labels are chosen.
    #[serde(default)]
    pub output: OutputConfig,
}

/// How labels are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OutputConfig {
    /// Each word's by itself.
    Softmax {
        /// Whether the labels of spans are chosen so that they are valid in their scheme.
        #[serde(default = "yes")]
        constrained: bool,
    },
    /// All of a sentence together, by a conditional random field.
    Crf {
        /// Whether labels of spans that are not valid in their scheme are left out, in training too.
        #[serde(default = "yes")]
        constrained: bool,
    },
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self::Softmax { constrained: true }
    }
}

impl OutputConfig {
    /// Whether invalid sequences of labels are never chosen.
    pub fn is_constrained(self) -> bool {
        match self {
            Self::Softmax { constrained } | Self::Crf { constrained } => constrained,
        }
    }
}

fn lstm() -> CellKind {
    CellKind::Lstm
}

fn no_characters() -> CharacterFeatures {
    CharacterFeatures::None {}
}

fn one_layer() -> usize {
    1
}

fn yes() -> bool {
    true
}

fn orthogonal() -> RecurrentInitializer {
    RecurrentInitializer::Orthogonal {}
}

impl ModelConfig {
    pub(super) fn validate(&self) -> Result<(), InvalidValue> {
        at_least_one("d_word", self.d_word)?;
        at_least_one("d_shape", self.d_shape.unwrap_or(1))?;
        at_least_one("d_hidden", self.d_hidden)?;
        at_least_one("num_layers", self.num_layers)?;
        at_least_one("d_projection", self.d_projection.unwrap_or(1))?;
        for (key, value) in [
            ("word_dropout", self.word_dropout),
            ("dropout_characters", self.dropout_characters),
            ("dropout_input", self.dropout_input),
            ("dropout_layers", self.dropout_layers),
            ("dropout_output", self.dropout_output),
            ("weight_drop", self.weight_drop),
        ] {
            probability(key, value)?;
        }
        let characters = match self.characters {
            CharacterFeatures::None {} => Ok(()),
            CharacterFeatures::BiLstm {
                d_embedding,
                d_hidden,
            } => at_least_one("d_embedding", d_embedding)
                .and_then(|()| at_least_one("d_hidden", d_hidden)),
            CharacterFeatures::Cnn {
                d_embedding,
                num_filters,
                width,
            } => at_least_one("d_embedding", d_embedding)
                .and_then(|()| at_least_one("num_filters", num_filters))
                .and_then(|()| at_least_one("width", width)),
        };
        characters.map_err(|e| e.within("characters"))?;
        let bound = |key: &str, value: f64| match value.is_finite() && value > 0.0 {
            true => Ok(()),
            false => Err(InvalidValue::new(
                key,
                format!("must be above 0, got {value}"),
            )),
        };
        let initializer = match self.initializer {
            RecurrentInitializer::Uniform { bound: value } => bound("bound", value),
            RecurrentInitializer::Identity { scale } => bound("scale", scale),
            RecurrentInitializer::Orthogonal {} | RecurrentInitializer::Torch {} => Ok(()),
        };
        initializer.map_err(|e| e.within("initializer"))
    }

    /// The tagger of this config. `constraints` are those of the labels' scheme, where they are labels of spans.
    pub fn tagger(
        &self,
        vocabularies: &TaggingVocabularies,
        constraints: Option<&TransitionConstraints>,
    ) -> SequenceTaggerConfig {
        let words = vocabularies.words.len();
        let shapes = self.d_shape.map(|d_embedding| ShapeFeatures {
            vocabulary_size: WordShape::NUM_IDS,
            d_embedding,
        });
        let encoder = TokenEncoderConfig::new(words, self.d_word, self.d_hidden)
            .with_cell(self.cell)
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.bidirectional)
            .with_characters(self.characters.clone())
            .with_character_vocabulary_size(vocabularies.characters.len())
            .with_shapes(shapes)
            .with_freeze_words(self.freeze_words)
            .with_word_dropout(self.word_dropout)
            .with_unknown_word(TaggingVocabularies::UNKNOWN as usize)
            .with_dropout_characters(self.dropout_characters)
            .with_dropout_input(self.dropout_input)
            .with_dropout_layers(self.dropout_layers)
            .with_dropout_output(self.dropout_output)
            .with_variational_dropout(self.variational_dropout)
            .with_weight_drop(self.weight_drop)
            .with_initializer(self.initializer.clone());
        let output = match self.output {
            OutputConfig::Softmax { .. } => TaggerOutput::Softmax {},
            OutputConfig::Crf { constrained } => TaggerOutput::Crf {
                constraints: constraints.filter(|_| constrained).cloned(),
                constrain_training: true,
            },
        };
        SequenceTaggerConfig::new(encoder, vocabularies.labels.len())
            .with_output(output)
            .with_d_projection(self.d_projection)
    }
}
