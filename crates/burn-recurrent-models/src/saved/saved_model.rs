//! Models to folders and back.

use super::description::{ModelDescription, weights_error};
use super::error::SavedModelError;
use super::file::write_atomically;
use super::model_config::{DRAW, DRAW_RANGE, ModelConfig};
use super::weights::{weights_from_bytes, weights_to_bytes};
use crate::ngram::{NgramConfig, NgramModel, NgramRecord};
use crate::{
    RecurrentLanguageModel, RecurrentLanguageModelConfig, SequenceClassifier,
    SequenceClassifierConfig, SequenceTagger, SequenceTaggerConfig, WindowLanguageModel,
    WindowLanguageModelConfig,
};
use burn::module::Module;
use burn::tensor::Device;
use serde_json::Value;
use std::path::Path;

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
pub trait SavedModel: Sized {
    /// What the model is made from.
    type Config;

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
    ) -> Result<Self, SavedModelError>;

    /// Writes the weights and, when they are there, the description into a folder, each whole or
    /// not at all. `text` says what token ids, labels or classes stand for; it is kept as it is, in
    /// [`ModelDescription::text`].
    ///
    /// # Errors
    ///
    /// When a file cannot be written, or the model is not one of `config`.
    fn save(
        &self,
        config: &Self::Config,
        text: Option<Value>,
        folder: impl AsRef<Path>,
    ) -> Result<(), SavedModelError>;
}

macro_rules! saved_module {
    ($model:ident, $config:ident, $kind:ident, $expected:literal, |$of:ident, $device:ident| $init:expr) => {
        impl SavedModel for $model {
            type Config = $config;

            fn load_described(
                description: &ModelDescription,
                folder: impl AsRef<Path>,
                device: &Device,
            ) -> Result<Self, SavedModelError> {
                let folder = folder.as_ref();
                let ModelConfig::$kind(config) = &description.config else {
                    return Err(other_kind(description, folder, $expected));
                };
                load_module(description, folder, || {
                    let ($of, $device) = (config.clone(), device);
                    $init
                })
            }

            fn save(
                &self,
                config: &$config,
                text: Option<Value>,
                folder: impl AsRef<Path>,
            ) -> Result<(), SavedModelError> {
                save_module(
                    self,
                    ModelConfig::$kind(config.clone()),
                    text,
                    folder.as_ref(),
                )
            }
        }
    };
}

saved_module!(
    RecurrentLanguageModel,
    RecurrentLanguageModelConfig,
    Recurrent,
    "recurrent-language-model",
    |config, device| {
        let config = config.with_initializer(DRAW).with_init_range(DRAW_RANGE);
        config.init(device).map_err(|error| error.to_string())
    }
);
saved_module!(
    WindowLanguageModel,
    WindowLanguageModelConfig,
    Window,
    "window-language-model",
    |config, device| Ok(config.with_init_range(DRAW_RANGE).init(device))
);
saved_module!(
    SequenceTagger,
    SequenceTaggerConfig,
    Tagger,
    "sequence-tagger",
    |config, device| {
        let mut config = config;
        config.encoder.initializer = DRAW;
        config.init(device).map_err(|error| error.to_string())
    }
);
saved_module!(
    SequenceClassifier,
    SequenceClassifierConfig,
    Classifier,
    "sequence-classifier",
    |config, device| {
        let mut config = config;
        config.encoder.initializer = DRAW;
        config.init(device).map_err(|error| error.to_string())
    }
);

/// Its counts are the weights; a device has no part in it.
impl SavedModel for NgramModel {
    type Config = NgramConfig;

    fn load_described(
        description: &ModelDescription,
        folder: impl AsRef<Path>,
        _device: &Device,
    ) -> Result<Self, SavedModelError> {
        let folder = folder.as_ref();
        let ModelConfig::Ngram(config) = &description.config else {
            return Err(other_kind(description, folder, "ngram-language-model"));
        };
        let (path, bytes) = description.read_weights(folder)?;
        let model = NgramRecord::read_from(bytes.as_slice()).and_then(NgramModel::from_record);
        let model = model.map_err(|source| SavedModelError::Ngrams {
            path: path.clone(),
            source,
        })?;
        match model.config() == config {
            true => Ok(model),
            false => Err(SavedModelError::Damaged {
                path,
                message: format!(
                    "its config is {:?}, but {} says {config:?}",
                    model.config(),
                    ModelDescription::FILE
                ),
            }),
        }
    }

    fn save(
        &self,
        config: &NgramConfig,
        text: Option<Value>,
        folder: impl AsRef<Path>,
    ) -> Result<(), SavedModelError> {
        let config = ModelConfig::Ngram(config.clone());
        let path = folder.as_ref().join(config.weights_file());
        let mut bytes = Vec::new();
        let record = self.to_record();
        record
            .write_to(&mut bytes)
            .map_err(|error| SavedModelError::Weights {
                path: path.clone(),
                message: error.to_string(),
            })?;
        write(config, text, folder.as_ref(), bytes)
    }
}

fn other_kind(
    description: &ModelDescription,
    folder: &Path,
    expected: &'static str,
) -> SavedModelError {
    SavedModelError::OtherKind {
        folder: folder.to_path_buf(),
        found: description.config.kind(),
        expected,
    }
}

fn load_module<M: Module>(
    description: &ModelDescription,
    folder: &Path,
    init: impl FnOnce() -> Result<M, String>,
) -> Result<M, SavedModelError> {
    let (path, bytes) = description.read_weights(folder)?;
    description.check_tensors(&path, &bytes)?;
    let module = init().map_err(|message| SavedModelError::NoModel {
        path: folder.join(ModelDescription::FILE),
        kind: description.config.kind(),
        message,
    })?;
    weights_from_bytes(module, bytes).map_err(|error| weights_error(&path, error))
}

fn save_module<M: Module>(
    module: &M,
    config: ModelConfig,
    text: Option<Value>,
    folder: &Path,
) -> Result<(), SavedModelError> {
    let bytes = weights_to_bytes(module).map_err(|error| SavedModelError::Weights {
        path: folder.join(config.weights_file()),
        message: error.to_string(),
    })?;
    write(config, text, folder, bytes)
}

/// Writes the weights, and then what describes them.
fn write(
    config: ModelConfig,
    text: Option<Value>,
    folder: &Path,
    bytes: Vec<u8>,
) -> Result<(), SavedModelError> {
    let path = folder.join(config.weights_file());
    let description = ModelDescription::new(config, text, &path, &bytes)?;
    write_atomically(&path, &bytes).map_err(|source| SavedModelError::Write {
        path: path.clone(),
        source,
    })?;
    description.write(folder)
}
