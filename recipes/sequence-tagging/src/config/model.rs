//! `[model]`: what reads the sentences and chooses the labels.

use super::split::SplitMap;
use burn_recurrent_models::{
    SequenceTaggerConfig, ShapeFeatures, TaggerOutput, TokenEncoderConfig, TransitionConstraints,
};
use burn_recurrent_text::{TaggingVocabularies, WordShape};
use burn_recurrent_train::InvalidValue;
use burn_recurrent_train::checks::{at_least_one, left_to_the_data};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::ser::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The model: embeddings of words, features of their characters and shapes beside them, recurrent layers over these, and
/// a softmax or a conditional random field.
///
/// In a file the options of the encoder stand beside the others.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    /// What reads the sentences, without the sizes that the data decide.
    pub encoder: TokenEncoderConfig,
    /// What is chosen beside it.
    pub options: ModelOptions,
}

/// What is chosen beside the encoder's options.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ModelOptions {
    /// The width of the embeddings of the words' shapes; none unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub d_shape: Option<usize>,
    /// The width of a layer with tanh before the output; none unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub d_projection: Option<usize>,
    /// How labels are chosen.
    pub output: OutputConfig,
}

/// The encoder's options that the data decide: they are in no file.
const DECIDED: [&str; 4] = [
    "vocabulary_size",
    "character_vocabulary_size",
    "unknown_word",
    "shapes",
];

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

fn yes() -> bool {
    true
}

impl<'de> Deserialize<'de> for ModelConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = ModelConfig;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("a table of the model's options")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ModelConfig, A::Error> {
                let mut options = ModelOptions::default();
                let own = ["d_shape", "d_projection", "output"];
                let rest = SplitMap::new(map, &own, |key, map: &mut A| {
                    match key {
                        "d_shape" => options.d_shape = Some(map.next_value()?),
                        "d_projection" => options.d_projection = Some(map.next_value()?),
                        _ => options.output = map.next_value()?,
                    }
                    Ok(())
                });
                let encoder = TokenEncoderConfig::deserialize(MapAccessDeserializer::new(rest))?;
                Ok(ModelConfig { encoder, options })
            }
        }
        deserializer.deserialize_map(Table)
    }
}

impl Serialize for ModelConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Table {
            #[serde(flatten)]
            encoder: toml::Table,
            #[serde(flatten)]
            options: ModelOptions,
        }
        let mut encoder = toml::Table::try_from(&self.encoder).map_err(S::Error::custom)?;
        for key in DECIDED {
            encoder.remove(key);
        }
        let options = self.options;
        Table { encoder, options }.serialize(serializer)
    }
}

impl ModelConfig {
    pub(super) fn validate(&self) -> Result<(), InvalidValue> {
        let encoder = &self.encoder;
        for (key, size) in [
            ("vocabulary_size", encoder.vocabulary_size),
            (
                "character_vocabulary_size",
                encoder.character_vocabulary_size,
            ),
            ("unknown_word", encoder.unknown_word),
        ] {
            left_to_the_data(key, size)?;
        }
        if encoder.shapes.is_some() {
            let message = "is decided by the data but for a width, which is `d_shape`";
            return Err(InvalidValue::new("shapes", message));
        }
        at_least_one("d_shape", self.options.d_shape.unwrap_or(1))?;
        at_least_one("d_projection", self.options.d_projection.unwrap_or(1))?;
        let encoder = encoder.clone().with_vocabulary_size(1);
        Ok(encoder.with_character_vocabulary_size(1).validate()?)
    }

    /// The tagger of this config. `constraints` are those of the labels' scheme, where they are labels of spans.
    pub fn tagger(
        &self,
        vocabularies: &TaggingVocabularies,
        constraints: Option<&TransitionConstraints>,
    ) -> SequenceTaggerConfig {
        let shapes = self.options.d_shape.map(|d_embedding| ShapeFeatures {
            vocabulary_size: WordShape::NUM_IDS,
            d_embedding,
        });
        let encoder = self.encoder.clone();
        let encoder = encoder
            .with_vocabulary_size(vocabularies.words.len())
            .with_character_vocabulary_size(vocabularies.characters.len())
            .with_shapes(shapes)
            .with_unknown_word(TaggingVocabularies::UNKNOWN as usize);
        let output = match self.options.output {
            OutputConfig::Softmax { .. } => TaggerOutput::Softmax {},
            OutputConfig::Crf { constrained } => TaggerOutput::Crf {
                constraints: constraints.filter(|_| constrained).cloned(),
                constrain_training: true,
            },
        };
        SequenceTaggerConfig::new(encoder, vocabularies.labels.len())
            .with_output(output)
            .with_d_projection(self.options.d_projection)
    }
}
