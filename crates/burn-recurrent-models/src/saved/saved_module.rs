//! A Burn module as a saved model.

use super::error::SavedModelError;
use super::misfit::{TensorType, WeightsMisfit};
use super::saved_model::{PreparedModel, SavedModel};
use super::tensor_shapes::TensorShapes;
use super::weights::{
    SavedWeightsError, check_safetensors, weights_from_bytes, weights_to_bytes, weights_to_bytes_as,
};
use burn::module::Module;
use burn::tensor::{Device, FloatDType};
use burn_recurrent::RecurrentInitializer;
use core::fmt::Display;
use safetensors::Dtype;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// A module that can be saved: what a model says of itself, beside its definition, to be a
/// [`SavedModel`].
///
/// ```
/// use burn::config::Config;
/// use burn::module::Module;
/// use burn::nn::{Linear, LinearConfig};
/// use burn::tensor::Device;
/// use burn_recurrent_models::{
///     AnyRecurrent, AnyRecurrentConfig, CellKind, SavedModel, SavedModule, TensorShapes,
/// };
///
/// /// Forecasts a series of numbers.
/// #[derive(Module, Debug)]
/// struct Forecaster {
///     recurrent: AnyRecurrent,
///     output: Linear,
/// }
///
/// #[derive(Config, Debug)]
/// struct ForecasterConfig {
///     d_hidden: usize,
/// }
///
/// impl ForecasterConfig {
///     fn recurrent(&self) -> AnyRecurrentConfig {
///         AnyRecurrentConfig::new(CellKind::Gru, 1, self.d_hidden)
///     }
///
///     fn init(&self, device: &Device) -> Forecaster {
///         Forecaster {
///             recurrent: self.recurrent().init(device),
///             output: LinearConfig::new(self.d_hidden, 1).init(device),
///         }
///     }
/// }
///
/// impl SavedModule for Forecaster {
///     const KIND: &'static str = "example.org/forecaster";
///     type Config = ForecasterConfig;
///     type ConfigError = &'static str;
///
///     fn validate(config: &ForecasterConfig) -> Result<(), &'static str> {
///         match config.d_hidden {
///             0 => Err("d_hidden must be at least 1, but is 0"),
///             _ => Ok(()),
///         }
///     }
///
///     fn tensors(config: &ForecasterConfig) -> TensorShapes {
///         let output = TensorShapes::linear(config.d_hidden, 1).within("output");
///         config.recurrent().tensors().within("recurrent").and(output)
///     }
///
///     fn make(config: &ForecasterConfig, device: &Device) -> Result<Self, &'static str> {
///         Ok(config.init(device))
///     }
/// }
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let device = Device::default();
/// let config = ForecasterConfig::new(8);
/// config.init(&device).save(&config, None, folder)?;
/// let forecaster = Forecaster::load(folder, &device)?;
/// # let _ = forecaster;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait SavedModule: Module {
    /// The kind of model, as it stands in a description: what tells it from all others. A name of
    /// one's own does so surely when it begins with an address of one's own.
    const KIND: &'static str;

    /// What the model is made from. A key of a description that it does not know is refused, whether
    /// or not it does so itself.
    type Config: Serialize + DeserializeOwned;

    /// Why a config describes no model.
    type ConfigError: Display;

    /// Checks that the numbers describe a model.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    fn validate(config: &Self::Config) -> Result<(), Self::ConfigError>;

    /// All tensors that the model of a valid config has.
    fn tensors(config: &Self::Config) -> TensorShapes;

    /// Makes the model of a valid config. Its weights are replaced by those of a file, so that they
    /// may be drawn by whatever is quickest.
    ///
    /// # Errors
    ///
    /// When there is no such model after all.
    fn make(config: &Self::Config, device: &Device) -> Result<Self, Self::ConfigError>;

    /// As [`SavedModel::prepare`], with the numbers rounded to another type
    /// ([`weights_to_bytes_as`](crate::weights_to_bytes_as)).
    ///
    /// # Errors
    ///
    /// As [`SavedModel::prepare`].
    fn prepare_as(
        &self,
        config: &Self::Config,
        text: Option<Value>,
        dtype: FloatDType,
    ) -> Result<PreparedModel, SavedModelError> {
        PreparedModel::new::<Self>(config, text, weights_to_bytes_as(self, dtype))
    }
}

impl<M: SavedModule> SavedModel for M {
    const KIND: &'static str = <M as SavedModule>::KIND;
    const WEIGHTS_FILE: &'static str = "model.safetensors";
    type Config = M::Config;
    type ConfigError = M::ConfigError;

    fn validate(config: &M::Config) -> Result<(), M::ConfigError> {
        <M as SavedModule>::validate(config)
    }

    fn to_weights(&self) -> Result<Vec<u8>, SavedWeightsError> {
        weights_to_bytes(self)
    }

    fn check_weights(config: &M::Config, weights: &[u8]) -> Result<(), SavedWeightsError> {
        let found = check_safetensors(weights)?;
        let most = found.len() + MOST_MISSING;
        let mut expected = BTreeMap::new();
        for (count, (name, shape)) in <M as SavedModule>::tensors(config).enumerate() {
            if count == most {
                let (found, expected) = (found.len(), most);
                return Err(SavedWeightsError::TooFew { found, expected });
            }
            let dtype = Dtype::F32;
            expected.insert(name, TensorType { shape, dtype });
        }
        match WeightsMisfit::between(&expected, &found) {
            Some(misfit) => Err(SavedWeightsError::DoNotFit(misfit)),
            None => Ok(()),
        }
    }

    fn from_weights(
        config: &M::Config,
        weights: Vec<u8>,
        device: &Device,
    ) -> Result<Self, SavedWeightsError> {
        Self::check_weights(config, &weights)?;
        let module = <M as SavedModule>::make(config, device)
            .map_err(|error| SavedWeightsError::NoModel(error.to_string()))?;
        weights_from_bytes(module, weights)
    }
}

/// The tensors that a config may have more than the file: they are named. One with more may have
/// any number of them, and is not gone through to its end.
const MOST_MISSING: usize = 1000;

/// What weights are drawn from before those of a file take their place: the cheapest there is,
/// whatever the config says.
pub(crate) const DRAW: RecurrentInitializer = RecurrentInitializer::Torch {};
/// Likewise for embeddings and output weights.
pub(crate) const DRAW_RANGE: f64 = 0.1;
