//! Why a data set could not be loaded.

use std::path::PathBuf;

use thiserror::Error;

use crate::archive::ArchiveError;
use crate::cache::CacheError;
use crate::catalog::CatalogError;
use crate::parallel::ParallelError;
use crate::pronunciation_error::PronunciationError;
use crate::read_error::ReadError;
use crate::tagged::SentenceError;

/// Why a data set's text could not be loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The catalogue has no such data set.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file of the catalogue is not there.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A file is not text.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file in an archive cannot be had.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A file does not hold sentences of its format.
    #[error(transparent)]
    Sentences(#[from] SentenceError),
    /// Files do not hold parallel text.
    #[error(transparent)]
    Parallel(#[from] ParallelError),
    /// A file is no pronouncing dictionary.
    #[error(transparent)]
    Pronunciations(#[from] PronunciationError),
    /// The data set does not have these two languages.
    #[error(
        "the data set `{name}` translates between {known}, not from `{source_language}` to `{target_language}`; choose one of its languages as the source and the other as the target"
    )]
    Languages {
        /// The data set.
        name: String,
        /// The language to translate from.
        source_language: String,
        /// The language to translate to.
        target_language: String,
        /// The languages that there are.
        known: String,
    },
    /// The data set is of another kind than what was asked for.
    #[error("the data set `{name}` is {is}, expected {expected}; choose another one")]
    Kind {
        /// The data set.
        name: String,
        /// What it is.
        is: &'static str,
        /// What was asked for.
        expected: &'static str,
    },
    /// There is no such column of tags.
    #[error("`{column}` is no column of tags in the data set `{name}`; it has {known}")]
    TagColumn {
        /// The data set.
        name: String,
        /// What was asked for.
        column: String,
        /// The columns there are.
        known: String,
    },
    /// A part was to be cut off a file that has too few sentences.
    #[error("{path}: there are {available} sentences, too few to keep {valid} of them for validation; expected at least {}", valid + 1)]
    TooFewSentences {
        /// The file.
        path: PathBuf,
        /// How many sentences it has.
        available: usize,
        /// How many are for validation.
        valid: usize,
    },
    /// The fractions make no sense.
    #[error(
        "the fractions {train}, {valid} and {test} cannot split a file: train and valid must be above 0, test 0 or above, and their sum 1 at most"
    )]
    Fractions {
        /// The training fraction.
        train: f64,
        /// The validation fraction.
        valid: f64,
        /// The test fraction.
        test: f64,
    },
    /// The file is too short for the parts.
    #[error(
        "{path}: {available} {unit} cannot be split into {parts} parts that each have some; give more text, other fractions, or a file for each part"
    )]
    TooShort {
        /// The file.
        path: PathBuf,
        /// How many lines, characters or bytes it has.
        available: usize,
        /// `lines`, `characters` or `bytes`.
        unit: &'static str,
        /// How many parts were asked for.
        parts: usize,
    },
}
