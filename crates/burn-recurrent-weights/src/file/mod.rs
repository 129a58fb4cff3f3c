//! Files of named tensors, and the formats they come in.

mod element;
mod kind;
mod npy;
mod npz;
mod pickle;
mod pytorch;
mod safetensors;
mod tensor_file;

pub use element::ElementType;
pub use tensor_file::TensorFile;
pub(crate) use tensor_file::{CONTIGUOUS, Data};
