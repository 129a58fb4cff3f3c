//! A run and its data that do not belong together.

use std::path::PathBuf;

/// A run and its data that do not belong together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunDataError {
    /// A vocabulary is not the run's.
    #[error(
        "`{path}` is not what the model of this run was trained with (fingerprint {found}, expected {expected})"
    )]
    OtherVocabulary {
        /// The vocabulary's file.
        path: PathBuf,
        /// The fingerprint of what is there.
        found: String,
        /// The fingerprint of what the run began with.
        expected: String,
    },
    /// The data is not the run's.
    #[error("the {name} data is not what the run in `{run}` began with (SHA-256 {found})")]
    OtherData {
        /// The split, or what else is read.
        name: String,
        /// The run directory.
        run: PathBuf,
        /// The checksum of what is there.
        found: String,
    },
    /// The file that says what the run began with is not one.
    #[error("`{path}` is damaged: {message}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        message: String,
    },
}

impl RunDataError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::OtherVocabulary { .. } => "put back the file that the run began with".into(),
            Self::OtherData { .. } => "put back the data, or begin a new run".into(),
            Self::Damaged { .. } => "begin a new run".into(),
        })
    }
}
