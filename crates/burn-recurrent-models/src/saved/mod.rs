//! Models in files: the weights, and beside them a description from which the model is made again.

mod description;
mod error;
mod misfit;
mod saved_model;
mod saved_module;
mod tensor_shapes;
mod weights;

pub use description::{ModelDescription, WeightsFile};
pub use error::SavedModelError;
pub use misfit::WeightsMisfit;
pub use saved_model::{PreparedModel, SavedLanguageModel, SavedModel};
pub use saved_module::SavedModule;
pub use tensor_shapes::TensorShapes;
pub use weights::{SavedWeightsError, weights_from_bytes, weights_to_bytes, weights_to_bytes_as};

pub(crate) use saved_module::{DRAW, DRAW_RANGE};
