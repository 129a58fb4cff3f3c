//! Why a checkpoint could not be written or read, and the way out.

use std::io;
use std::path::PathBuf;

use super::manifest::FORMAT;

/// Why a checkpoint could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A file is missing, cut short or changed.
    #[error("the checkpoint file `{path}` is damaged: {message}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        message: String,
        /// The checkpoint's folder.
        checkpoint: PathBuf,
        /// The latest earlier checkpoint that is whole.
        intact: Option<String>,
        /// How to go on with the run.
        resume: String,
    },
    /// The checkpoint is of another version.
    #[error("the checkpoint `{path}` has format {found}, this program reads format {FORMAT}")]
    OtherFormat {
        /// The checkpoint's folder.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// The checkpoint is of another model.
    #[error("the checkpoint `{path}` does not fit the model: {message}")]
    DoesNotFit {
        /// The checkpoint's folder.
        path: PathBuf,
        /// Which tensors.
        message: String,
    },
    /// The tensors could not be put into the file format.
    #[error("cannot encode the checkpoint `{path}`: {message}")]
    Encode {
        /// The checkpoint's folder.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// A file could not be read.
    #[error("cannot read the checkpoint file `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write the checkpoint `{path}`")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl CheckpointError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Damaged {
                checkpoint,
                intact,
                resume,
                ..
            } => Some(match intact {
                Some(name) => format!(
                    "the earlier checkpoint `{name}` is intact: delete `{}` and run `{resume}` to go on from there",
                    checkpoint.display()
                ),
                None => format!(
                    "no other checkpoint is intact: delete `{}` and run `{resume}` to train from the beginning",
                    checkpoint.parent().unwrap_or(checkpoint).display()
                ),
            }),
            Self::DoesNotFit { .. } => Some(
                "put the settings of the model in the run's `config.toml` back to what they were when the run began".into(),
            ),
            Self::Write { .. } => {
                Some("check that the disk has space and the folder may be written to".into())
            }
            _ => None,
        }
    }

    /// Whether the config is at fault (exit code 2) or the checkpoint (1): one of another model is whole.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::DoesNotFit { .. })
    }
}
