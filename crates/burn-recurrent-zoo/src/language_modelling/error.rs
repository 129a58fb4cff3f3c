//! Errors of a trained language model and its text.

use crate::FolderError;
use burn_recurrent_models::SavedModelError;
use burn_recurrent_text::{TextError, VocabularyFileError};
use thiserror::Error;

/// What is wrong with a trained language model in its folder, or with the text that it is given.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LanguageModelError {
    /// The folder: the model, or what belongs to it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The file of the vocabulary.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyFileError),
    /// A text that the model cannot read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// There is nothing to score.
    #[error("the sentence is too short to score")]
    TooShort,
    /// There is nothing to write after.
    #[error("the model's vocabulary has nothing that a text could begin after; give it a prompt")]
    NoPrompt,
}

impl From<SavedModelError> for LanguageModelError {
    fn from(error: SavedModelError) -> Self {
        Self::Folder(FolderError::Model(error))
    }
}
