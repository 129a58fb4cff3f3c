#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod claim;
mod convertible;
mod error;
mod file;
mod keras;
mod options;
mod parts;
mod torch;

pub use convertible::ConvertibleCell;
pub use error::{TensorProblem, WeightsError};
pub use file::{ElementType, TensorFile};
pub use keras::{KerasLayer, KerasWeights};
pub use torch::TorchWeights;
