//! Vocabularies in files.

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use burn_recurrent_files::write_atomically;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::special::Special;
use crate::unit::Unit;
use crate::vocabulary::{Vocabulary, VocabularyError};

const FORMAT: &str = "burn-recurrent-vocabulary";
const VERSION: u32 = 1;

/// What is wrong with a vocabulary's file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VocabularyFileError {
    /// The file could not be read.
    #[error("could not read the vocabulary {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file could not be written; what was there before is there still.
    #[error("could not write the vocabulary {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not JSON, or its fields are not those of a vocabulary.
    #[error("{path} is not a vocabulary: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// The file is of another kind or version.
    #[error(
        "{path} has the format {format:?}, version {version}, expected {FORMAT:?}, version {VERSION}; {}",
        remedy(format, *version)
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// The format that it names.
        format: String,
        /// The version that it names.
        version: u32,
    },
    /// The file's tokens are no vocabulary.
    #[error("{path} is not a vocabulary: {source}")]
    Tokens {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        source: VocabularyError,
    },
    /// The file's tokens are not those that it was written with.
    #[error("the tokens of {path} were changed: their fingerprint is {found}, expected {expected}")]
    Changed {
        /// The file.
        path: PathBuf,
        /// The fingerprint of the tokens that are there.
        found: String,
        /// The fingerprint that the file was written with.
        expected: String,
    },
}

/// What to do about a file of another kind or version.
fn remedy(format: &str, version: u32) -> &'static str {
    match version.cmp(&VERSION) {
        _ if format != FORMAT => "give a vocabulary's file",
        Ordering::Greater => "update burn-recurrent-text",
        // There was no version before the first.
        Ordering::Less | Ordering::Equal => {
            "put back the file that was written, or make the vocabulary again"
        }
    }
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    unit: Unit,
    specials: Vec<Special>,
    fingerprint: String,
    tokens: Vec<String>,
}

impl Vocabulary {
    /// Writes the vocabulary as JSON. The file is there as a whole or, if something goes wrong, as it was before.
    ///
    /// # Errors
    ///
    /// [`VocabularyFileError::Write`] when the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), VocabularyFileError> {
        let path = path.as_ref();
        let file = File {
            format: FORMAT.to_string(),
            version: VERSION,
            unit: self.unit(),
            specials: self.specials().to_vec(),
            fingerprint: self.fingerprint().to_string(),
            tokens: self.tokens().to_vec(),
        };
        let mut text =
            serde_json::to_string_pretty(&file).expect("strings and numbers can always be written");
        text.push('\n');
        write_atomically(path, text.as_bytes()).map_err(|source| VocabularyFileError::Write {
            path: path.to_path_buf(),
            source,
        })
    }

    /// Reads a vocabulary that [`save`](Self::save) wrote.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not a vocabulary of this version, or its tokens were changed.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, VocabularyFileError> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| VocabularyFileError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let malformed = |source| VocabularyFileError::Malformed {
            path: path.to_path_buf(),
            source,
        };
        // Another version may have other fields, so the version is looked at before them.
        let Header { format, version } = serde_json::from_slice(&bytes).map_err(malformed)?;
        if format != FORMAT || version != VERSION {
            return Err(VocabularyFileError::Format {
                path: path.to_path_buf(),
                format,
                version,
            });
        }
        let file: File = serde_json::from_slice(&bytes).map_err(malformed)?;
        let vocabulary =
            Self::from_tokens(file.unit, file.specials, file.tokens).map_err(|source| {
                VocabularyFileError::Tokens {
                    path: path.to_path_buf(),
                    source,
                }
            })?;
        let found = vocabulary.fingerprint().to_string();
        if found != file.fingerprint {
            return Err(VocabularyFileError::Changed {
                path: path.to_path_buf(),
                found,
                expected: file.fingerprint,
            });
        }
        Ok(vocabulary)
    }
}
