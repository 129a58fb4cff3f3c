//! Errors of the folder of a trained model.

use burn_recurrent_models::SavedModelError;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What is wrong with the folder of a trained model, whatever its task.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The model.
    #[error(transparent)]
    Model(#[from] SavedModelError),
    /// The description does not say what text the model reads.
    #[error(
        "{path} does not say what text the model reads: {message}. Load it with burn-recurrent-models alone, or save it \
         with `save_language_model`, `save_tagger` or `save_translator`"
    )]
    NoText {
        /// The description.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The description says more of the text than this version reads.
    #[error(
        "{path} has version {found} of `text`, and this version of burn-recurrent-zoo reads up to {newest}; update \
         burn-recurrent-zoo"
    )]
    NewerText {
        /// The description.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest version that is read.
        newest: u32,
    },
    /// The vocabulary is another model's.
    #[error(
        "the {name} in {path} are not the vocabulary that the model was trained with (fingerprint {found}, expected \
         {expected}); put back the file that the training wrote"
    )]
    OtherVocabulary {
        /// What stands in the vocabulary.
        name: String,
        /// The file or folder.
        path: PathBuf,
        /// The fingerprint of the vocabulary that is there.
        found: String,
        /// The fingerprint of the one that the model was trained with.
        expected: String,
    },
    /// The model has another number of ids than the vocabulary.
    #[error(
        "the model{} has {model} {name}, its vocabulary {vocabulary}; take both from one training",
        in_folder(folder)
    )]
    Size {
        /// The folder, where they are from one.
        folder: Option<PathBuf>,
        /// What is counted.
        name: &'static str,
        /// How many the model has.
        model: usize,
        /// How many the vocabulary has.
        vocabulary: usize,
    },
    /// The folder, or one in it, cannot be made.
    #[error("cannot make the folder {path}")]
    Make {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl FolderError {
    /// The same with the folder that the model is from, where it has a place for it.
    pub(crate) fn in_folder(mut self, path: &Path) -> Self {
        if let Self::Size { folder, .. } = &mut self {
            *folder = Some(path.to_path_buf());
        }
        self
    }
}

/// Checks that a model and its vocabulary have as many ids.
pub(crate) fn check_size(
    name: &'static str,
    model: usize,
    vocabulary: usize,
) -> Result<(), FolderError> {
    match model == vocabulary {
        true => Ok(()),
        false => Err(FolderError::Size {
            folder: None,
            name,
            model,
            vocabulary,
        }),
    }
}

fn in_folder(folder: &Option<PathBuf>) -> String {
    folder
        .as_ref()
        .map_or_else(String::new, |folder| format!(" in {}", folder.display()))
}
