//! Errors of a trained translator.

use crate::FolderError;
use burn_recurrent_models::{DecodingError, SavedModelError, SpecialTokens};
use burn_recurrent_text::TokenizerFileError;
use std::path::Path;
use thiserror::Error;

/// What is wrong with a trained translator, in its folder or at hand.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TranslatorError {
    /// The folder: the model, or what belongs to it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The files of the tokenisers.
    #[error(transparent)]
    Tokenizers(#[from] TokenizerFileError),
    /// The model gives its special tokens other ids than the tokenisers do.
    #[error(
        "the model's special tokens are {found:?}, those of the tokenisers {expected:?}; take both from one training"
    )]
    SpecialTokens {
        /// The model's.
        found: SpecialTokens,
        /// The tokenisers'.
        expected: SpecialTokens,
    },
    /// How translations are searched for.
    #[error(transparent)]
    Search(#[from] DecodingError),
}

impl From<SavedModelError> for TranslatorError {
    fn from(error: SavedModelError) -> Self {
        Self::Folder(FolderError::Model(error))
    }
}

impl TranslatorError {
    /// The same with the folder that the model is from, where it has a place for it.
    pub(super) fn in_folder(self, path: &Path) -> Self {
        match self {
            Self::Folder(error) => Self::Folder(error.in_folder(path)),
            error => error,
        }
    }
}
