//! The files of parallel text.

use std::path::{Path, PathBuf};

/// The files of parallel text, each as it is or packed with gzip, which its content tells and not its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParallelFiles {
    /// Two files of one sentence a line; each line of the second is the translation of the same line of the first.
    Two {
        /// The sentences.
        source: PathBuf,
        /// Their translations.
        target: PathBuf,
    },
    /// One file with a pair a line, in columns with one tab between them. Quotation marks are text like any other, and
    /// columns that are not asked for may hold anything and be missing.
    Tsv {
        /// The file.
        path: PathBuf,
        /// Which column holds the sentences, from 0.
        source: usize,
        /// Which column holds the translations, from 0.
        target: usize,
        /// Whether the first line names the columns and holds no pair.
        header: bool,
    },
}

impl ParallelFiles {
    /// Two files of one sentence a line.
    pub fn two(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        ParallelFiles::Two {
            source: source.into(),
            target: target.into(),
        }
    }

    /// A TSV without a header, and which of its columns, from 0, hold the sentences and the translations.
    pub fn tsv(path: impl Into<PathBuf>, source: usize, target: usize) -> Self {
        ParallelFiles::Tsv {
            path: path.into(),
            source,
            target,
            header: false,
        }
    }

    /// The file of the sentences.
    pub fn path(&self) -> &Path {
        match self {
            ParallelFiles::Two { source, .. } => source,
            ParallelFiles::Tsv { path, .. } => path,
        }
    }
}
