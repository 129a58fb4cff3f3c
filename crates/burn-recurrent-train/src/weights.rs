//! `model.safetensors`, the weights that a run ended with.

use std::{fs, io};

use burn::module::Module;
use burn::store::{ModuleSnapshot, SafetensorsStore};

use crate::files::sha256;
use crate::run_directory::{MODEL, RunDirectory, RunDirectoryError};

impl RunDirectory {
    /// Writes `model.safetensors`.
    pub fn save_model<M: Module>(&self, model: &M) -> Result<(), RunDirectoryError> {
        let path = self.file(MODEL);
        let serialize = |checksum: &str| {
            // One entry of metadata: Burn writes several in random order, and equal weights should be equal files.
            let mut store = SafetensorsStore::from_bytes(None)
                .clear_metadata()
                .metadata(CHECKSUM, checksum);
            model
                .save_into(&mut store)
                .and_then(|()| store.get_bytes())
                .map_err(|error| RunDirectoryError::Write {
                    path: path.clone(),
                    source: io::Error::other(error.to_string()),
                })
        };
        // The checksum is of the numbers, and stands before them in the file: the first pass is for the checksum.
        let first = serialize("")?;
        let checksum = split(&first).map_or_else(|_| String::new(), |(_, data)| sha256(data));
        self.write(MODEL, serialize(&checksum)?)
    }

    /// Gives `model` the weights of `model.safetensors`.
    pub fn load_model<M: Module>(&self, mut model: M) -> Result<M, RunDirectoryError> {
        let path = self.file(MODEL);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(RunDirectoryError::NoModel {
                    path: self.path().to_owned(),
                });
            }
            Err(source) => return Err(RunDirectoryError::Read { path, source }),
        };
        // Checked here, so that a broken file and weights of another shape are told apart below.
        if let Err(message) = check_safetensors(&bytes) {
            return Err(RunDirectoryError::Damaged { path, message });
        }
        let mut store = SafetensorsStore::from_bytes(Some(bytes));
        let result =
            model
                .load_from(&mut store)
                .map_err(|error| RunDirectoryError::WeightsDoNotFit {
                    path: path.clone(),
                    message: error.to_string(),
                })?;
        if !result.unused.is_empty() {
            return Err(RunDirectoryError::WeightsDoNotFit {
                path,
                message: format!("the model has no {}", result.unused.join(", ")),
            });
        }
        Ok(model)
    }
}

/// The key of the tensors' SHA-256 in the file's metadata.
const CHECKSUM: &str = "sha256";

/// A safetensors file's header and data: eight bytes with the header's length, the header, the data.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let (length, rest) = bytes
        .split_first_chunk::<8>()
        .ok_or("it is too short for a safetensors file")?;
    usize::try_from(u64::from_le_bytes(*length))
        .ok()
        .and_then(|length| rest.split_at_checked(length))
        .ok_or_else(|| "it ends within its header".to_string())
}

/// Checks that a safetensors file has as many bytes as its last tensor ends at, and where it says what their checksum
/// is, that it holds.
fn check_safetensors(bytes: &[u8]) -> Result<(), String> {
    let (header, data) = split(bytes)?;
    let tensors: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(header)
        .map_err(|error| format!("its header is no JSON: {error}"))?;
    let end = tensors
        .values()
        .filter_map(|tensor| tensor.get("data_offsets")?.get(1)?.as_u64())
        .max()
        .unwrap_or(0);
    let found = data.len() as u64;
    if found != end {
        return Err(format!(
            "it has {found} bytes of tensors, its header says {end}"
        ));
    }
    let expected = tensors
        .get("__metadata__")
        .and_then(|metadata| metadata.get(CHECKSUM)?.as_str());
    match expected {
        Some(expected) if expected != sha256(data) => {
            Err(format!("the SHA-256 of its tensors is not {expected}"))
        }
        _ => Ok(()),
    }
}
