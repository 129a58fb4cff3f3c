//! The weights of what is exported.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use burn::tensor::Device;
use burn_recurrent_models::{ModelDescription, SavedModel, SavedModelError, SavedModule};
use serde_json::Value;

use super::WeightsType;
use crate::report::Report;
use crate::run_directory::{RunDirectory, RunDirectoryError};

impl RunDirectory {
    /// Writes the weights of a run's model `M`, rounded, and their description into a folder.
    ///
    /// # Errors
    ///
    /// When they cannot be loaded or written.
    pub fn export_weights<M: SavedModule>(
        &self,
        description: &ModelDescription,
        numbers: WeightsType,
        device: &Device,
        folder: &Path,
    ) -> Result<(), SavedModelError> {
        let config = description.config_of::<M>(self.path())?;
        let model = M::load_described(description, self.path(), device)?;
        let text = description.text.clone();
        model
            .prepare_as(&config, text, numbers.dtype())?
            .write(folder)
    }

    /// Copies the weights of a run's model and their description into a folder as they are.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn copy_weights(
        &self,
        description: &ModelDescription,
        folder: &Path,
    ) -> Result<(), Report> {
        let path = self.file(&description.weights.file);
        let weights = fs::read(&path).map_err(|source| RunDirectoryError::Read { path, source })?;
        let path = folder.join(&description.weights.file);
        burn_recurrent_files::write_atomically(&path, &weights)
            .map_err(|source| RunDirectoryError::Write { path, source })?;
        Ok(description.write(folder)?)
    }
}

/// How many numbers a file of weights has, by its header; none where it is no safetensors file.
pub(super) fn count_parameters(path: &Path) -> Result<Option<u64>, RunDirectoryError> {
    if path.extension().is_none_or(|name| name != "safetensors") {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(|source| RunDirectoryError::Read {
        path: path.to_owned(),
        source,
    })?;
    match parameters_of(&bytes) {
        Some(parameters) => Ok(Some(parameters)),
        None => Err(RunDirectoryError::Damaged {
            path: path.to_owned(),
            message: "it is no whole safetensors file".into(),
        }),
    }
}

/// A safetensors file begins with the length of its header, 8 bytes, and the header, JSON.
fn parameters_of(bytes: &[u8]) -> Option<u64> {
    let (length, rest) = bytes.split_first_chunk()?;
    let header = rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let header: BTreeMap<String, Value> = serde_json::from_slice(header).ok()?;
    let tensors = header.iter().filter(|(name, _)| *name != "__metadata__");
    let sizes = tensors.map(|(_, tensor)| {
        let shape = tensor.get("shape")?.as_array()?;
        shape.iter().map(Value::as_u64).product::<Option<u64>>()
    });
    sizes.sum()
}

/// The bytes of all files in a folder and below.
pub(super) fn folder_size(folder: &Path) -> io::Result<u64> {
    let mut size = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        size += match entry.file_type()?.is_dir() {
            true => folder_size(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted_by_the_header() {
        let header = r#"{"__metadata__":{"a":"b"},"x":{"dtype":"F16","shape":[3,2]},"y":{"shape":[4]},"z":{"shape":[]}}"#;
        let file = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
        assert_eq!(parameters_of(&file), Some(11));
        assert_eq!(parameters_of(&file[..20]), None);
        assert_eq!(parameters_of(&[1, 2]), None);
    }
}
