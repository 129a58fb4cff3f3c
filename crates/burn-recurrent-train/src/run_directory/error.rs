//! What is wrong with a run directory, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::manifest::{FORMAT, MANIFEST};
use crate::config::ConfigError;
use crate::resumed_config::ChangedSetting;

/// What is wrong with a run directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunDirectoryError {
    /// A run is there already.
    #[error("`{path}` already holds a run")]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// Something else is there already.
    #[error("`{path}` exists and is not an empty folder")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// No run is there.
    #[error("`{path}` is not a run directory: it has no `{MANIFEST}`")]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// The run is another recipe's.
    #[error("`{path}` is a run of the recipe `{found}`, not of `{expected}`")]
    OtherRecipe {
        /// The folder.
        path: PathBuf,
        /// The recipe that was run.
        expected: String,
        /// The recipe that the folder is of.
        found: String,
    },
    /// The layout is of another version.
    #[error("`{path}` has format {found}, this program reads format {FORMAT}")]
    OtherFormat {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Another process is training.
    #[error("another process is training in `{path}`")]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be read as what it should be.
    #[error("`{path}` is damaged: {message}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        message: String,
    },
    /// The run did not get so far as to save its model.
    #[error("the run `{path}` has no model: it has not ended")]
    NoModel {
        /// The folder.
        path: PathBuf,
    },
    /// The weights are of another model than the config describes.
    #[error("the weights in `{path}` do not fit the model: {message}")]
    WeightsDoNotFit {
        /// The file.
        path: PathBuf,
        /// Which tensors.
        message: String,
    },
    /// A file could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Settings were edited that are fixed once a run has begun.
    #[error(
        "`{path}`: {}",
        settings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    FixedSettings {
        /// The run's config.
        path: PathBuf,
        /// Which, and how.
        settings: Vec<ChangedSetting>,
    },
    /// The run's own config is no longer valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl RunDirectoryError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Exists { path } => Some(format!(
                "go on with it by `--run {} --resume`, or give another folder to `--run`",
                path.display()
            )),
            Self::NotEmpty { .. } => Some("give a new or an empty folder to `--run`".into()),
            Self::NoModel { path } => Some(format!(
                "finish it first: `train --run {} --resume`",
                path.display()
            )),
            Self::OtherFormat { found, .. } if *found > FORMAT => {
                Some("update this program: a newer one made the run".into())
            }
            Self::OtherFormat { .. } => {
                Some("use the version of this program that made the run, or train again".into())
            }
            Self::NotARun { .. } => Some(
                "give the folder of a run, as `train` makes it under `runs/`, or of an exported model".into(),
            ),
            Self::Locked { .. } => {
                Some("wait for it to end, or give another folder to `--run`".into())
            }
            Self::Write { .. } => Some(
                "check that the folder may be written to and the disk has space, or use `--run`"
                    .into(),
            ),
            Self::FixedSettings { .. } => Some(
                "what is trained is fixed once a run has begun: put it back, or begin a new run with a config of its own"
                    .into(),
            ),
            Self::Config(error) => error.help(),
            _ => None,
        }
    }

    /// Whether the command line named the wrong folder (exit code 2) or the folder itself is at fault (1).
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Exists { .. }
                | Self::NotEmpty { .. }
                | Self::NotARun { .. }
                | Self::OtherRecipe { .. }
                | Self::FixedSettings { .. }
                | Self::Config(_)
        )
    }
}
