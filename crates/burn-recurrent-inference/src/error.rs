//! What can be wrong with a trained model and what it is given.

use burn_recurrent_models::{CrfError, SavedModelError};
use burn_recurrent_text::{TagConstraintError, TaggingFileError, TextError, VocabularyFileError};
use std::io;
use std::path::PathBuf;
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
        "the model in {folder} has {model} {name}, its vocabulary {vocabulary}; put back the files of one training"
    )]
    Size {
        /// The folder.
        folder: PathBuf,
        /// What is counted.
        name: &'static str,
        /// How many the model has.
        model: usize,
        /// How many the vocabulary has.
        vocabulary: usize,
    },
    /// The labels are none of the scheme that they should be of.
    #[error(transparent)]
    Labels(#[from] TagConstraintError),
    /// No sequence of labels is allowed.
    #[error(transparent)]
    Constraints(#[from] CrfError),
    /// The folder of a tagger's vocabularies cannot be made.
    #[error("cannot make the folder {path}: {source}")]
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
