//! Models to folders and back.

use super::description::{ModelDescription, weights_error};
use super::error::SavedModelError;
use super::weights::SavedWeightsError;
use burn::tensor::Device;
use burn_recurrent_files::write_atomically;
use core::fmt::Display;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A model that is kept in a folder: its weights, and beside them `model.json`, which says what
/// model they are of.
///
/// ```
/// use burn::tensor::Device;
/// use burn_recurrent_models::{RecurrentLanguageModel, RecurrentLanguageModelConfig, SavedModel};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let device = Device::default();
/// let config = RecurrentLanguageModelConfig::new(100, 16, 32);
/// let model = config.init(&device)?;
/// model.save(&config, None, folder)?;
///
/// let again = RecurrentLanguageModel::load(folder, &device)?;
/// assert_eq!(again.embedding.weight.to_data(), model.embedding.weight.to_data());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A [`Module`](burn::module::Module) implements [`SavedModule`](crate::SavedModule), which says
/// what the module is and has this trait with it. Only what has no such weights, as an n-gram model
/// its counts, implements this one.
pub trait SavedModel: Sized {
    /// The kind of model, as it stands in a description: what tells it from all others.
    const KIND: &'static str;

    /// The name of the file of the weights.
    const WEIGHTS_FILE: &'static str;

    /// What the model is made from.
    type Config: Serialize + DeserializeOwned;

    /// Why a config describes no model.
    type ConfigError: Display;

    /// Checks that the numbers describe a model.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    fn validate(config: &Self::Config) -> Result<(), Self::ConfigError>;

    /// The content of the file of the weights.
    ///
    /// # Errors
    ///
    /// When the numbers cannot be written.
    fn to_weights(&self) -> Result<Vec<u8>, SavedWeightsError>;

    /// Checks that bytes are the weights of a model of this config, without making the model: what
    /// is allocated has a bound in their number, whatever the config says.
    ///
    /// # Errors
    ///
    /// Says in what they are not.
    fn check_weights(config: &Self::Config, weights: &[u8]) -> Result<(), SavedWeightsError>;

    /// The model of a valid config with these weights. Nothing is made before they are
    /// [checked](Self::check_weights).
    ///
    /// # Errors
    ///
    /// Says in what they are not those of the config.
    fn from_weights(
        config: &Self::Config,
        weights: Vec<u8>,
        device: &Device,
    ) -> Result<Self, SavedWeightsError>;

    /// Loads the model that a folder holds. On a device with automatic differentiation it can be
    /// trained further.
    ///
    /// Nothing is made before the weights' header is found to be what the description says, so
    /// that what is allocated has a bound in the files' sizes.
    ///
    /// # Errors
    ///
    /// When a file is missing, damaged, of another version or kind, or not of the same model as the
    /// other; the message names the file and says what to do.
    fn load(folder: impl AsRef<Path>, device: &Device) -> Result<Self, SavedModelError> {
        let folder = folder.as_ref();
        Self::load_described(&ModelDescription::read(folder)?, folder, device)
    }

    /// Loads the weights that a folder holds, with a description that is at hand already.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    fn load_described(
        description: &ModelDescription,
        folder: impl AsRef<Path>,
        device: &Device,
    ) -> Result<Self, SavedModelError> {
        let folder = folder.as_ref();
        let config = description.config_of::<Self>(folder)?;
        let (path, weights) = description.read_weights(folder)?;
        Self::from_weights(&config, weights, device).map_err(|error| {
            weights_error(
                &path,
                &folder.join(ModelDescription::FILE),
                Self::KIND,
                error,
            )
        })
    }

    /// The files of the model, checked and ready to be written. `text` says what token ids, labels
    /// or classes stand for; it is kept as it is, in [`ModelDescription::text`].
    ///
    /// # Errors
    ///
    /// [`SavedModelError::NotOfConfig`] when the model is not one of `config`.
    fn prepare(
        &self,
        config: &Self::Config,
        text: Option<Value>,
    ) -> Result<PreparedModel, SavedModelError> {
        PreparedModel::new::<Self>(config, text, self.to_weights())
    }

    /// [Prepares](Self::prepare) the files and [writes](PreparedModel::write) them into a folder.
    ///
    /// # Errors
    ///
    /// When the model is not one of `config`, and then nothing is written, or when a file cannot be
    /// written.
    fn save(
        &self,
        config: &Self::Config,
        text: Option<Value>,
        folder: impl AsRef<Path>,
    ) -> Result<(), SavedModelError> {
        self.prepare(config, text)?.write(folder)
    }
}

/// A [`SavedModel`] that predicts the next of a vocabulary's tokens.
pub trait SavedLanguageModel: SavedModel {
    /// How many tokens it chooses from.
    fn num_tokens(&self) -> usize;
}

/// The files of a model, checked and not yet written.
#[derive(Debug)]
pub struct PreparedModel {
    description: ModelDescription,
    weights: Vec<u8>,
}

impl PreparedModel {
    /// Of a config and the weights that should be of it.
    pub(super) fn new<M: SavedModel>(
        config: &M::Config,
        text: Option<Value>,
        weights: Result<Vec<u8>, SavedWeightsError>,
    ) -> Result<Self, SavedModelError> {
        let prepare = || {
            let weights = weights?;
            let description = ModelDescription::new::<M>(config, text, &weights)?;
            Ok(Self {
                description,
                weights,
            })
        };
        prepare().map_err(|error: SavedWeightsError| SavedModelError::NotOfConfig {
            kind: M::KIND,
            message: error.to_string(),
        })
    }

    /// Writes the weights and, when they are there, the description into a folder, which is made
    /// if there is none. Each file is there whole or not at all.
    ///
    /// # Errors
    ///
    /// When the folder or a file cannot be written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<(), SavedModelError> {
        let folder = folder.as_ref();
        let write = |path: PathBuf, write: &dyn Fn(&Path) -> io::Result<()>| {
            write(&path).map_err(|source| SavedModelError::Write { path, source })
        };
        write(folder.to_path_buf(), &|path| fs::create_dir_all(path))?;
        write(folder.join(&self.description.weights.file), &|path| {
            write_atomically(path, &self.weights)
        })?;
        self.description.write(folder)
    }
}
