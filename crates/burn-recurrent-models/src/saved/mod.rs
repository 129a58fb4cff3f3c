//! Models in files: the weights, and beside them a description from which the model is made again.

mod description;
mod error;
mod json;
mod misfit;
mod model_config;
mod saved_model;
mod tensors;
mod weights;

pub use description::{ModelDescription, WeightsFile};
pub use error::SavedModelError;
pub use misfit::WeightsMisfit;
pub use model_config::ModelConfig;
pub use saved_model::{PreparedModel, SavedLanguageModel, SavedModel};
pub use weights::{WeightsError, weights_from_bytes, weights_to_bytes};
