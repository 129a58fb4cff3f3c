//! The configuration of a saved model of any kind.

use super::misfit::TensorType;
use super::tensors::Tensors;
use crate::ngram::NgramConfig;
use crate::{
    RecurrentLanguageModelConfig, SequenceClassifierConfig, SequenceTaggerConfig,
    WindowLanguageModelConfig,
};
use burn_recurrent::RecurrentInitializer;
use serde::Serialize;
use serde::de::{DeserializeOwned, Error};
use serde_json::Value;
use std::collections::BTreeMap;

/// The configuration of a saved model, of whatever kind it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ModelConfig {
    /// An [`NgramModel`](crate::ngram::NgramModel)'s.
    Ngram(NgramConfig),
    /// A [`WindowLanguageModel`](crate::WindowLanguageModel)'s.
    Window(WindowLanguageModelConfig),
    /// A [`RecurrentLanguageModel`](crate::RecurrentLanguageModel)'s.
    Recurrent(RecurrentLanguageModelConfig),
    /// A [`SequenceTagger`](crate::SequenceTagger)'s.
    Tagger(SequenceTaggerConfig),
    /// A [`SequenceClassifier`](crate::SequenceClassifier)'s.
    Classifier(SequenceClassifierConfig),
}

const NGRAM: &str = "ngram-language-model";
const WINDOW: &str = "window-language-model";
const RECURRENT: &str = "recurrent-language-model";
const TAGGER: &str = "sequence-tagger";
const CLASSIFIER: &str = "sequence-classifier";

/// All kinds, as they stand in a description.
pub(super) const KINDS: [&str; 5] = [NGRAM, WINDOW, RECURRENT, TAGGER, CLASSIFIER];

impl ModelConfig {
    /// The kind of model, as it stands in a description.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ngram(_) => NGRAM,
            Self::Window(_) => WINDOW,
            Self::Recurrent(_) => RECURRENT,
            Self::Tagger(_) => TAGGER,
            Self::Classifier(_) => CLASSIFIER,
        }
    }

    /// The name of the file that the weights, or an n-gram model's counts, are written to.
    pub fn weights_file(&self) -> &'static str {
        match self {
            Self::Ngram(_) => "model.ngrams",
            _ => "model.safetensors",
        }
    }

    pub(super) fn to_value(&self) -> serde_json::Result<Value> {
        match self {
            Self::Ngram(config) => serde_json::to_value(config),
            Self::Window(config) => serde_json::to_value(config),
            Self::Recurrent(config) => serde_json::to_value(config),
            Self::Tagger(config) => serde_json::to_value(config),
            Self::Classifier(config) => serde_json::to_value(config),
        }
    }

    /// The config of one of the [`KINDS`]; `None` for any other.
    pub(super) fn from_value(kind: &str, config: Value) -> Option<serde_json::Result<Self>> {
        fn read<C: DeserializeOwned + Serialize>(
            config: Value,
            wrap: impl FnOnce(C) -> ModelConfig,
        ) -> serde_json::Result<ModelConfig> {
            let read: C = serde_json::from_value(config.clone())?;
            // Burn's configs pass over what they do not know, and an option that is passed over
            // makes another model.
            match unknown_key(&config, &serde_json::to_value(&read)?) {
                None => Ok(wrap(read)),
                Some(key) => Err(serde_json::Error::custom(format!("unknown field `{key}`"))),
            }
        }
        Some(match kind {
            NGRAM => read(config, Self::Ngram),
            WINDOW => read(config, Self::Window),
            RECURRENT => read(config, Self::Recurrent),
            TAGGER => read(config, Self::Tagger),
            CLASSIFIER => read(config, Self::Classifier),
            _ => return None,
        })
    }

    /// Checks that the numbers describe a model; says what is wrong.
    pub(super) fn validate(&self) -> Result<(), String> {
        match self {
            Self::Ngram(config) => config.validate().map_err(|error| error.to_string()),
            Self::Window(config) => config.validate().map_err(|error| error.to_string()),
            Self::Recurrent(config) => config.validate().map_err(|error| error.to_string()),
            Self::Tagger(config) => config.validate().map_err(|error| error.to_string()),
            Self::Classifier(config) => config.validate().map_err(|error| error.to_string()),
        }
    }

    /// The number of recurrent layers, each of which has tensors of its own.
    pub(super) fn num_layers(&self) -> usize {
        match self {
            Self::Ngram(_) | Self::Window(_) => 0,
            Self::Recurrent(config) => config.num_layers,
            Self::Tagger(config) => config.encoder.num_layers,
            Self::Classifier(config) => config.encoder.num_layers,
        }
    }

    /// The tensors that a neural model of this config has. There are as many as layers at least, so
    /// that their number is to be looked at before.
    pub(super) fn tensors(&self) -> BTreeMap<String, TensorType> {
        let mut tensors = Tensors::default();
        match self {
            Self::Ngram(_) => {}
            Self::Window(config) => tensors.window_language_model(config),
            Self::Recurrent(config) => tensors.recurrent_language_model(config),
            Self::Tagger(config) => tensors.sequence_tagger(config),
            Self::Classifier(config) => tensors.sequence_classifier(config),
        }
        tensors.into_map()
    }
}

/// A key of an object, or of one within it, that the other has not.
fn unknown_key(found: &Value, known: &Value) -> Option<String> {
    let (Value::Object(found), Value::Object(known)) = (found, known) else {
        return None;
    };
    found.iter().find_map(|(key, value)| match known.get(key) {
        None => Some(key.clone()),
        Some(known) => unknown_key(value, known).map(|inner| format!("{key}.{inner}")),
    })
}

/// What weights are drawn from before those of a file take their place: the cheapest there is,
/// whatever the config says.
pub(super) const DRAW: RecurrentInitializer = RecurrentInitializer::Torch {};
/// Likewise for embeddings and output weights.
pub(super) const DRAW_RANGE: f64 = 0.1;
