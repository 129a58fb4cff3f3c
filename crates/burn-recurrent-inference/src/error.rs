//! What can be wrong with a trained model and what it is given.

use burn_recurrent_models::{CrfError, SavedModelError};
use burn_recurrent_text::{TagConstraintError, TaggingFileError, TextError, VocabularyFileError};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What is wrong with a trained model in its folder, or with the text that it is given.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InferenceError {
    /// The model.
    #[error(transparent)]
    Model(#[from] SavedModelError),
    /// The vocabulary of a language model.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyFileError),
    /// The vocabularies of a tagger.
    #[error(transparent)]
    Vocabularies(#[from] TaggingFileError),
    /// The description does not say what text the model reads.
    #[error(
        "{path} does not say what text the model reads: {message}. Load it with burn-recurrent-models alone, or save it \
         with `save_language_model` or `save_tagger`"
    )]
    NoText {
        /// The description.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The description says more of the text than this version reads.
    #[error(
        "{path} has version {found} of `text`, and this version of burn-recurrent-inference reads up to {newest}; update \
         burn-recurrent-inference"
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
    /// A tagger that is to see no character of a word.
    #[error("`max_characters` must be at least 1, but is 0")]
    NoCharacters,
    /// The labels are none of the scheme that they should be of.
    #[error(transparent)]
    Labels(#[from] TagConstraintError),
    /// No sequence of labels is allowed.
    #[error(transparent)]
    Constraints(#[from] CrfError),
    /// The folder of a tagger's vocabularies cannot be made.
    #[error("cannot make the folder {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
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

impl InferenceError {
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
) -> Result<(), InferenceError> {
    match model == vocabulary {
        true => Ok(()),
        false => Err(InferenceError::Size {
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
