//! Errors of the text of a language model.

use burn_recurrent_text::{StreamBatchesError, TextError};

/// What is wrong with a text to train or evaluate on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LanguageModellingError {
    /// It cannot be encoded.
    #[error("the {split} text: {source}")]
    Text {
        /// The split.
        split: &'static str,
        /// Why.
        source: TextError,
    },
    /// It is too short for its windows.
    #[error("the {split} text: {source}")]
    Windows {
        /// The split.
        split: &'static str,
        /// The settings to lower.
        lower: &'static str,
        /// Why.
        source: StreamBatchesError,
    },
}

impl LanguageModellingError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Text {
                source: TextError::UnknownToken { .. },
                ..
            } => Some(
                "with `data.unknown = true` what the training text does not hold is `<unk>`".into(),
            ),
            Self::Text { .. } => None,
            Self::Windows { lower, .. } => Some(format!("lower {lower}, or use a longer text")),
        }
    }
}
