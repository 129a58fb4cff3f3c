//! Errors of files of parallel text.

use std::path::PathBuf;

use thiserror::Error;

use crate::read_error::ReadError;

/// Why parallel text could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ParallelError {
    /// A file cannot be read as text.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The two files have not as many lines as each other.
    #[error(
        "{source_path} has {source_lines} lines and {target_path} has {target_lines}, expected as many: each line is the translation of the same line of the other file; find the line from which on they differ"
    )]
    Lengths {
        /// The file of sentences.
        source_path: PathBuf,
        /// How many lines it has.
        source_lines: usize,
        /// The file of translations.
        target_path: PathBuf,
        /// How many lines it has.
        target_lines: usize,
    },
    /// A line of a TSV lacks a column.
    #[error(
        "{path}, line {line}: there is no column {column} for the {what}: the line has {found} columns with tabs between them, counted from 0, in {text:?}; add what is missing or choose another column"
    )]
    Column {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// Which column is missing, from 0.
        column: usize,
        /// What it should hold.
        what: &'static str,
        /// How many columns there are.
        found: usize,
        /// The beginning of the line.
        text: String,
    },
    /// Every pair of the training data has an empty side.
    #[error(
        "{path}: all {lines} lines have an empty side, so there is nothing to learn from; check that these are the right files or columns"
    )]
    AllEmpty {
        /// The file of sentences.
        path: PathBuf,
        /// How many lines it has.
        lines: usize,
    },
}
