//! Errors of a file of tagged sentences.

use std::path::PathBuf;

use thiserror::Error;

use crate::read_error::ReadError;

/// Why sentences could not be read.
#[derive(Debug, Error)]
pub enum SentenceError {
    /// The file cannot be read as text.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A line is not what the format says.
    #[error("{path}, line {line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        problem: Box<SentenceProblem>,
    },
}

/// What is wrong with a line of a file of sentences, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SentenceProblem {
    /// There are too many columns or too few.
    #[error("found {found} columns in {text:?}, expected {expected}, {why}; {remedy}")]
    Columns {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
        /// Why so many.
        why: String,
        /// What to do.
        remedy: &'static str,
        /// The beginning of the line.
        text: String,
    },
    /// A line that begins with `#` has another number of columns than the others, and comments were not asked for.
    #[error(
        "found {found} columns in {text:?}, other lines have {others}; if lines that begin with `#` are comments, set `comments = true` in the format"
    )]
    LikelyComment {
        /// The line, counted from 1.
        line: usize,
        /// The beginning of the line.
        text: String,
        /// How many columns it has.
        found: usize,
        /// How many the others have.
        others: usize,
    },
    /// The column of words or of tags is not there.
    #[error(
        "there is no column {column} for the {what}: the line has {found} columns, counted from 0; choose another column"
    )]
    NoColumn {
        /// Which one is missing, from 0.
        column: usize,
        /// What it should hold.
        what: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A column has nothing in it.
    #[error("column {column} is empty, expected a value, or `_` where there is none")]
    EmptyColumn {
        /// Which, from 0.
        column: usize,
    },
    /// A CoNLL-U line has no number that may stand there.
    #[error("found the id {found:?}, expected {expected}")]
    Id {
        /// What is there.
        found: String,
        /// What may stand there.
        expected: String,
    },
    /// A CoNLL-U comment inside a sentence.
    #[error(
        "found a comment after the sentence's first word, but CoNLL-U has comments before a sentence only; move it there, or end the sentence with a blank line"
    )]
    Comment,
    /// A sentence without end.
    #[error("the sentence has more than {limit} lines; check that blank lines end sentences")]
    TooLong {
        /// The most lines that a sentence may have.
        limit: usize,
    },
}
