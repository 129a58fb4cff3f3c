//! Errors of a trained tagger.

use crate::FolderError;
use burn_recurrent_models::{CrfError, SavedModelError};
use burn_recurrent_text::{TagConstraintError, TaggingFileError};
use std::path::Path;
use thiserror::Error;

/// What is wrong with a trained tagger, in its folder or at hand.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TaggerError {
    /// The folder: the model, or what belongs to it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The files of the vocabularies.
    #[error(transparent)]
    Vocabularies(#[from] TaggingFileError),
    /// A tagger that is to see no character of a word.
    #[error("`max_characters` must be at least 1, but is 0")]
    NoCharacters,
    /// The labels are none of the scheme that they should be of.
    #[error(transparent)]
    Labels(#[from] TagConstraintError),
    /// No sequence of labels is allowed.
    #[error(transparent)]
    Constraints(#[from] CrfError),
}

impl From<SavedModelError> for TaggerError {
    fn from(error: SavedModelError) -> Self {
        Self::Folder(FolderError::Model(error))
    }
}

impl TaggerError {
    /// The same with the folder that the model is from, where it has a place for it.
    pub(super) fn in_folder(self, path: &Path) -> Self {
        match self {
            Self::Folder(error) => Self::Folder(error.in_folder(path)),
            error => error,
        }
    }
}
