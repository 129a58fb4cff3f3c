//! Files of named tensors, and the formats they come in.

mod element;
mod entry;
mod kind;
mod npy;
mod npz;
mod pickle;
mod pytorch;
mod safetensors;
mod tensor_file;

pub use element::ElementType;
pub(crate) use entry::Data;
pub(crate) use tensor_file::CONTIGUOUS;
pub use tensor_file::TensorFile;
