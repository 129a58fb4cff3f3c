//! `model.json`: what a saved model is.

use super::error::SavedModelError;
use super::json;
use super::misfit::WeightsMisfit;
use super::model_config::ModelConfig;
use super::weights::{WeightsError, check_safetensors};
use crate::ngram::{NgramConfig, NgramRecord};
use burn_recurrent_files::{sha256, write_atomically};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

const FORMAT: &str = "burn-recurrent-model";
/// The version that is written, and the newest that is read.
const VERSION: u32 = 1;
/// The oldest that is read.
const OLDEST_VERSION: u32 = 1;

/// What a saved model is: the content of `model.json`, from which with the weights beside it the
/// model is made again.
///
/// ```json
/// {
///   "format": "burn-recurrent-model",
///   "version": 1,
///   "kind": "recurrent-language-model",
///   "config": { "vocabulary_size": 10000, "d_embedding": 200, .. },
///   "weights": { "file": "model.safetensors", "bytes": 18654120, "sha256": "9f2c.." },
///   "text": { .. }
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ModelDescription {
    /// The kind of model and its configuration.
    pub config: ModelConfig,
    /// The weights.
    pub weights: WeightsFile,
    /// What the token ids, labels or classes stand for. This crate knows no text and keeps what it
    /// is given.
    pub text: Option<Value>,
}

/// The file of the weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsFile {
    /// Its name, in the folder of the description.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of all its bytes, in hexadecimal.
    pub sha256: String,
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
    kind: String,
    config: Value,
    weights: WeightsFile,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<Value>,
}

impl ModelDescription {
    /// The file's name.
    pub const FILE: &str = "model.json";

    /// Describes the weights that a folder has already, under the name that their kind has
    /// ([`ModelConfig::weights_file`]): for those that were written before there were descriptions.
    /// Nothing is written.
    ///
    /// # Errors
    ///
    /// When the weights cannot be read or are not those of the configuration.
    pub fn of_weights(
        config: ModelConfig,
        text: Option<Value>,
        folder: impl AsRef<Path>,
    ) -> Result<Self, SavedModelError> {
        let path = folder.as_ref().join(config.weights_file());
        let bytes = read(&path)?;
        Self::new(config, text, &path, &bytes)
    }

    /// Describes weights, which must be those of the configuration.
    pub(super) fn new(
        config: ModelConfig,
        text: Option<Value>,
        path: &Path,
        bytes: &[u8],
    ) -> Result<Self, SavedModelError> {
        let description = Self {
            weights: WeightsFile {
                file: config.weights_file().to_string(),
                bytes: bytes.len() as u64,
                sha256: sha256(bytes),
            },
            config,
            text,
        };
        description.check_config(path)?;
        match &description.config {
            ModelConfig::Ngram(config) => {
                ngrams(config, path, bytes)?;
            }
            _ => description.check_tensors(path, bytes)?,
        }
        Ok(description)
    }

    /// Writes `model.json`, whole or not at all.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<(), SavedModelError> {
        let path = folder.as_ref().join(Self::FILE);
        let write = || {
            let file = File {
                format: FORMAT.to_string(),
                version: VERSION,
                kind: self.config.kind().to_string(),
                config: self.config.to_value()?,
                weights: self.weights.clone(),
                text: self.text.clone(),
            };
            write_atomically(&path, &json::to_vec(&file)?)
        };
        write().map_err(|source: io::Error| SavedModelError::Write {
            path: path.clone(),
            source,
        })
    }

    /// Reads `model.json`. The weights are not looked at.
    ///
    /// # Errors
    ///
    /// When there is none, or it is not one that this version reads; the error says what to do.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, SavedModelError> {
        let folder = folder.as_ref();
        let path = folder.join(Self::FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let folder = folder.to_path_buf();
                return Err(match folder.is_dir() {
                    true => SavedModelError::NoDescription { folder },
                    false => SavedModelError::NoFolder { folder },
                });
            }
            Err(source) => return Err(SavedModelError::Read { path, source }),
        };
        let malformed = |error: serde_json::Error| SavedModelError::Malformed {
            path: path.clone(),
            message: error.to_string(),
        };
        // Another version may have other fields, so the version is looked at before them.
        let Header { format, version } = serde_json::from_slice(&bytes).map_err(malformed)?;
        if format != FORMAT {
            let found = format;
            return Err(SavedModelError::OtherFormat { path, found });
        }
        let found = version;
        if version > VERSION {
            let newest = VERSION;
            return Err(SavedModelError::Newer {
                path,
                found,
                newest,
            });
        }
        if version < OLDEST_VERSION {
            let oldest = OLDEST_VERSION;
            return Err(SavedModelError::Older {
                path,
                found,
                oldest,
            });
        }
        let file: File = serde_json::from_slice(&bytes).map_err(malformed)?;
        let config = ModelConfig::from_value(&file.kind, file.config);
        let Some(config) = config else {
            let found = file.kind;
            return Err(SavedModelError::UnknownKind { path, found });
        };
        let config = config.map_err(|error| SavedModelError::Malformed {
            path: path.clone(),
            message: format!("the config of the {}: {error}", file.kind),
        })?;
        let description = Self {
            config,
            weights: file.weights,
            text: file.text,
        };
        description.check_config(&path)?;
        let mut parts = Path::new(&description.weights.file).components();
        let is_name = matches!(
            (parts.next(), parts.next()),
            (Some(Component::Normal(_)), None)
        );
        match is_name {
            true => Ok(description),
            false => Err(SavedModelError::Malformed {
                message: format!(
                    "the weights' file is {:?}, expected the name of a file beside it",
                    description.weights.file
                ),
                path,
            }),
        }
    }

    /// Reads the weights and checks that they are those that were described.
    pub(super) fn read_weights(
        &self,
        folder: &Path,
    ) -> Result<(PathBuf, Vec<u8>), SavedModelError> {
        let path = folder.join(&self.weights.file);
        let damaged = |message: String| SavedModelError::Damaged {
            path: path.clone(),
            message,
        };
        let found = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) => return Err(missing_or_unreadable(&path, error)),
        };
        if found != self.weights.bytes {
            return Err(damaged(format!(
                "it has {found} bytes, but {} says {}",
                Self::FILE,
                self.weights.bytes
            )));
        }
        let bytes = read(&path)?;
        let found = sha256(&bytes);
        if found != self.weights.sha256 {
            return Err(damaged(format!(
                "its SHA-256 is {found}, but {} says {}",
                Self::FILE,
                self.weights.sha256
            )));
        }
        Ok((path, bytes))
    }

    /// Checks that the weights are a safetensors file with the tensors of the configuration.
    pub(super) fn check_tensors(&self, path: &Path, bytes: &[u8]) -> Result<(), SavedModelError> {
        let found = check_safetensors(bytes).map_err(|error| weights_error(path, error))?;
        let num_layers = self.config.num_layers();
        if num_layers > found.len() {
            return Err(SavedModelError::Layers {
                path: path.to_path_buf(),
                num_layers,
                tensors: found.len(),
            });
        }
        match WeightsMisfit::between(&self.config.tensors(), &found) {
            Some(misfit) => Err(weights_error(path, WeightsError::DoNotFit(misfit))),
            None => Ok(()),
        }
    }

    fn check_config(&self, path: &Path) -> Result<(), SavedModelError> {
        self.config
            .validate()
            .map_err(|message| SavedModelError::NoModel {
                path: path.to_path_buf(),
                kind: self.config.kind(),
                message,
            })
    }
}

/// The counts of a file, which must be those of an n-gram model of this configuration.
pub(super) fn ngrams(
    config: &NgramConfig,
    path: &Path,
    bytes: &[u8],
) -> Result<NgramRecord, SavedModelError> {
    let record = NgramRecord::read_from(bytes).map_err(|source| SavedModelError::Ngrams {
        path: path.to_path_buf(),
        source,
    })?;
    match record.config == *config {
        true => Ok(record),
        false => Err(SavedModelError::Damaged {
            path: path.to_path_buf(),
            message: format!(
                "it is of {:?}, and the config beside it says {config:?}",
                record.config
            ),
        }),
    }
}

/// What is wrong with the weights of a file.
pub(super) fn weights_error(path: &Path, error: WeightsError) -> SavedModelError {
    let path = path.to_path_buf();
    match error {
        WeightsError::DoNotFit(misfit) => SavedModelError::DoNotFit { path, misfit },
        WeightsError::Damaged(message) | WeightsError::Store(message) => {
            SavedModelError::Damaged { path, message }
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SavedModelError> {
    fs::read(path).map_err(|error| missing_or_unreadable(path, error))
}

fn missing_or_unreadable(path: &Path, source: io::Error) -> SavedModelError {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound => SavedModelError::NoWeights { path },
        _ => SavedModelError::Read { path, source },
    }
}
