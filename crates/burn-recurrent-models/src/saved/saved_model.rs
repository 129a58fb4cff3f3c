//! Models to folders and back.

use super::description::{ModelDescription, ngrams, weights_error};
use super::error::SavedModelError;
use super::model_config::{DRAW, DRAW_RANGE, ModelConfig};
use super::weights::{weights_from_bytes, weights_to_bytes};
use crate::ngram::{NgramConfig, NgramModel};
use crate::{
    NeuralLanguageModel, RecurrentLanguageModel, RecurrentLanguageModelConfig, SequenceClassifier,
    SequenceClassifierConfig, SequenceTagger, SequenceTaggerConfig, WindowLanguageModel,
    WindowLanguageModelConfig,
};
use burn::module::Module;
use burn::tensor::Device;
use burn_recurrent_files::write_atomically;
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
    ) -> Result<PreparedModel, SavedModelError>;

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

impl SavedLanguageModel for NgramModel {
    fn num_tokens(&self) -> usize {
        self.vocabulary_size()
    }
}

impl SavedLanguageModel for WindowLanguageModel {
    fn num_tokens(&self) -> usize {
        self.vocabulary_size()
    }
}

impl SavedLanguageModel for RecurrentLanguageModel {
    fn num_tokens(&self) -> usize {
        self.vocabulary_size()
    }
}

/// The files of a model, checked and not yet written.
#[derive(Debug)]
pub struct PreparedModel {
    description: ModelDescription,
    weights: Vec<u8>,
}

impl PreparedModel {
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

            fn prepare(
                &self,
                config: &$config,
                text: Option<Value>,
            ) -> Result<PreparedModel, SavedModelError> {
                let config = ModelConfig::$kind(config.clone());
                match weights_to_bytes(self) {
                    Ok(weights) => prepare(config, text, weights),
                    Err(error) => Err(not_of(&config, error.to_string())),
                }
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
        let record = ngrams(config, &path, &bytes)?;
        NgramModel::from_record(record).map_err(|source| SavedModelError::Ngrams { path, source })
    }

    fn prepare(
        &self,
        config: &NgramConfig,
        text: Option<Value>,
    ) -> Result<PreparedModel, SavedModelError> {
        let config = ModelConfig::Ngram(config.clone());
        let mut bytes = Vec::new();
        match self.to_record().write_to(&mut bytes) {
            Ok(()) => prepare(config, text, bytes),
            Err(error) => Err(not_of(&config, error.to_string())),
        }
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

fn prepare(
    config: ModelConfig,
    text: Option<Value>,
    weights: Vec<u8>,
) -> Result<PreparedModel, SavedModelError> {
    let path = PathBuf::from(config.weights_file());
    match ModelDescription::new(config.clone(), text, &path, &weights) {
        Ok(description) => Ok(PreparedModel {
            description,
            weights,
        }),
        Err(
            SavedModelError::NoModel { message, .. } | SavedModelError::Damaged { message, .. },
        ) => Err(not_of(&config, message)),
        Err(SavedModelError::DoNotFit { misfit, .. }) => Err(not_of(&config, misfit.to_string())),
        Err(error) => Err(not_of(&config, error.to_string())),
    }
}

fn not_of(config: &ModelConfig, message: String) -> SavedModelError {
    SavedModelError::NotOfConfig {
        kind: config.kind(),
        message,
    }
}
