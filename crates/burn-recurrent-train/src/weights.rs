//! `model.safetensors`, the weights that a run ended with.

use std::{fs, io};

use burn::module::Module;
use burn_recurrent_models::{SavedWeightsError, weights_from_bytes, weights_to_bytes};

use crate::run_directory::{MODEL, RunDirectory, RunDirectoryError};

impl RunDirectory {
    /// Writes `model.safetensors`.
    ///
    /// A model of burn-recurrent-models is better saved as a
    /// [`SavedModel`](burn_recurrent_models::SavedModel), which also writes what the weights are of.
    ///
    /// # Errors
    ///
    /// [`RunDirectoryError::Write`] where the file cannot be written.
    pub fn save_model<M: Module>(&self, model: &M) -> Result<(), RunDirectoryError> {
        let bytes = weights_to_bytes(model).map_err(|error| RunDirectoryError::Write {
            path: self.file(MODEL),
            source: io::Error::other(error.to_string()),
        })?;
        self.write(MODEL, bytes)
    }

    /// Gives `model` the weights of `model.safetensors`.
    ///
    /// # Errors
    ///
    /// [`RunDirectoryError::NoModel`] where there is none, [`RunDirectoryError::WeightsDoNotFit`] where it is another model's or
    /// damaged, [`RunDirectoryError::Read`] where it cannot be read.
    pub fn load_model<M: Module>(&self, model: M) -> Result<M, RunDirectoryError> {
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
        weights_from_bytes(model, bytes).map_err(|error| {
            let message = error.to_string();
            match error {
                SavedWeightsError::Damaged(_) => RunDirectoryError::Damaged { path, message },
                _ => RunDirectoryError::WeightsDoNotFit { path, message },
            }
        })
    }
}
