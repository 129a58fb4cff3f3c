//! `model.json`: what a saved model is.

use super::error::SavedModelError;
use super::saved_model::SavedModel;
use super::weights::SavedWeightsError;
use burn_recurrent_files::{sha256, write_atomically};
use serde::de::Error;
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

/// The description of a saved model: the content of `model.json`, from which with the weights beside it the
/// model is made again. It may be of any kind, also one that this library does not know; what the
/// config says is looked at when a [`SavedModel`] is loaded.
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
    /// The kind of model ([`SavedModel::KIND`]).
    pub kind: String,
    /// Its configuration ([`SavedModel::Config`]).
    pub config: Value,
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

    /// Describes the weights of a model `M` that a folder has already, under the name that they have
    /// ([`SavedModel::WEIGHTS_FILE`]): for those that were written before there were descriptions.
    /// Nothing is written.
    ///
    /// # Errors
    ///
    /// When the weights cannot be read or are not those of the configuration.
    pub fn of_weights<M: SavedModel>(
        config: &M::Config,
        text: Option<Value>,
        folder: impl AsRef<Path>,
    ) -> Result<Self, SavedModelError> {
        let path = folder.as_ref().join(M::WEIGHTS_FILE);
        let bytes = read(&path)?;
        Self::new::<M>(config, text, &bytes)
            .map_err(|error| weights_error(&path, &path, M::KIND, error))
    }

    /// Describes weights, which must be those of the configuration.
    pub(super) fn new<M: SavedModel>(
        config: &M::Config,
        text: Option<Value>,
        bytes: &[u8],
    ) -> Result<Self, SavedWeightsError> {
        let no_model = |message: String| SavedWeightsError::NoModel(message);
        M::validate(config).map_err(|error| no_model(error.to_string()))?;
        M::check_weights(config, bytes)?;
        Ok(Self {
            kind: M::KIND.to_string(),
            config: serde_json::to_value(config).map_err(|error| no_model(error.to_string()))?,
            weights: WeightsFile {
                file: M::WEIGHTS_FILE.to_string(),
                bytes: bytes.len() as u64,
                sha256: sha256(bytes),
            },
            text,
        })
    }

    /// Checks that the description is of a model `M`; the error names the folder.
    ///
    /// # Errors
    ///
    /// [`SavedModelError::OtherKind`] where it is not.
    pub fn check_kind<M: SavedModel>(
        &self,
        folder: impl AsRef<Path>,
    ) -> Result<(), SavedModelError> {
        match self.kind == M::KIND {
            true => Ok(()),
            false => Err(SavedModelError::OtherKind {
                folder: folder.as_ref().to_path_buf(),
                found: self.kind.clone(),
                expected: M::KIND,
            }),
        }
    }

    /// The configuration of a model `M`, which the description must be of; errors name the folder.
    ///
    /// # Errors
    ///
    /// When it is of another kind, or the config is not one of this kind, has a key that is not
    /// known, or describes no model.
    pub fn config_of<M: SavedModel>(
        &self,
        folder: impl AsRef<Path>,
    ) -> Result<M::Config, SavedModelError> {
        let folder = folder.as_ref();
        self.check_kind::<M>(folder)?;
        let path = folder.join(Self::FILE);
        // Burn's configs pass over what they do not know, and an option that is passed over makes
        // another model.
        let (mut unknown, mut track) = (None, serde_path_to_error::Track::new());
        let config = serde_path_to_error::Deserializer::new(&self.config, &mut track);
        let read = serde_ignored::deserialize(config, |path| {
            unknown.get_or_insert_with(|| path.to_string());
        });
        let read: Result<M::Config, _> = match unknown {
            Some(key) => Err(serde_json::Error::custom(format!("unknown field `{key}`"))),
            None => read.map_err(|error| match track.path().to_string().as_str() {
                "." => error,
                path => serde_json::Error::custom(format!("`{path}`: {error}")),
            }),
        };
        let config = read.map_err(|error| SavedModelError::Malformed {
            path: path.clone(),
            message: format!("the config of the {}: {error}", self.kind),
        })?;
        match M::validate(&config) {
            Ok(()) => Ok(config),
            Err(error) => Err(SavedModelError::NoModel {
                path,
                kind: M::KIND,
                message: error.to_string(),
            }),
        }
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
                kind: self.kind.clone(),
                config: self.config.clone(),
                weights: self.weights.clone(),
                text: self.text.clone(),
            };
            let mut bytes = serde_json::to_vec_pretty(&file)?;
            bytes.push(b'\n');
            write_atomically(&path, &bytes)
        };
        write().map_err(|source: io::Error| SavedModelError::Write {
            path: path.clone(),
            source,
        })
    }

    /// Reads `model.json`. The weights are not looked at, nor what the config says.
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
        let description = Self {
            kind: file.kind,
            config: file.config,
            weights: file.weights,
            text: file.text,
        };
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
}

/// What is wrong with the weights of a file, or with the config that stands in another.
pub(super) fn weights_error(
    weights: &Path,
    config: &Path,
    kind: &'static str,
    error: SavedWeightsError,
) -> SavedModelError {
    let path = weights.to_path_buf();
    match error {
        SavedWeightsError::DoNotFit(misfit) => SavedModelError::DoNotFit { path, misfit },
        SavedWeightsError::TooFew { found, expected } => SavedModelError::TooFew {
            path,
            found,
            expected,
        },
        SavedWeightsError::Damaged(message) | SavedWeightsError::Store(message) => {
            SavedModelError::Damaged { path, message }
        }
        SavedWeightsError::NoModel(message) => SavedModelError::NoModel {
            path: config.to_path_buf(),
            kind,
            message,
        },
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
