//! `[model]`: n-grams, a window or recurrent layers.

use burn_recurrent_models::ngram::{NgramConfig, NgramError};
use burn_recurrent_models::{RecurrentLanguageModelConfig, WindowLanguageModelConfig};
use burn_recurrent_train::InvalidValue;
use burn_recurrent_train::checks::left_to_the_data;
use serde::{Deserialize, Serialize};

/// The model, without the size of the vocabulary, which the data decide.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ModelConfig {
    /// An n-gram model: trained by counting.
    Ngram(NgramConfig),
    /// The window model of Bengio et al. 2003.
    Window(WindowLanguageModelConfig),
    /// A recurrent model.
    Recurrent(RecurrentLanguageModelConfig),
}

impl ModelConfig {
    pub(super) fn validate(&self) -> Result<(), InvalidValue> {
        match self {
            Self::Ngram(ngram) => ngram.validate().map_err(setting),
            Self::Window(window) => {
                left_to_the_data("vocabulary_size", window.vocabulary_size)?;
                Ok(window.clone().with_vocabulary_size(1).validate()?)
            }
            Self::Recurrent(recurrent) => {
                left_to_the_data("vocabulary_size", recurrent.vocabulary_size)?;
                Ok(recurrent.clone().with_vocabulary_size(1).validate()?)
            }
        }
    }
}

fn setting(error: NgramError) -> InvalidValue {
    match error {
        NgramError::Setting {
            field: field @ ("order" | "min_counts"),
            value,
            expected,
        } => InvalidValue::new(field, format!("must be {expected}, got {value}")),
        error => InvalidValue::new("smoothing", format!("is out of its range: {error}")),
    }
}
