//! Why a file is no pronouncing dictionary.

use std::path::PathBuf;

use thiserror::Error;

use crate::read_error::ReadError;

/// Why a file is no pronouncing dictionary.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PronunciationError {
    /// The file cannot be read as text.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A line is no word with its phonemes.
    #[error("{path}, line {line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        problem: PronunciationProblem,
    },
    /// No word has only the letters that are read.
    #[error(
        "{path}: none of {lines} lines has a word of the letters a to z and the apostrophe; words are read in lower case only"
    )]
    NoWord {
        /// The file.
        path: PathBuf,
        /// How many lines there are with other words.
        lines: usize,
    },
    /// A part would have no word.
    #[error("{path}: {words} words leave the {part} part without one; give a larger dictionary")]
    EmptyPart {
        /// The file.
        path: PathBuf,
        /// How many words it has.
        words: usize,
        /// Which part.
        part: &'static str,
    },
}

/// What is wrong with a line of a pronouncing dictionary, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PronunciationProblem {
    /// There is a word and nothing behind it.
    #[error("the word {word:?} has no phonemes, expected them behind it with blanks between them")]
    NoPhoneme {
        /// The word.
        word: String,
    },
    /// Something is no phoneme.
    #[error(
        "found {found:?} in the pronunciation of {word:?}, expected one of the 39 phonemes of CMUdict, vowels with a stress 0, 1 or 2"
    )]
    Phoneme {
        /// The word.
        word: String,
        /// What is there.
        found: String,
    },
}
