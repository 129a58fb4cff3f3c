//! Weights of PyTorch and Keras, read and written: feature `weights`.
//!
//! A [`TensorFile`] is a safetensors file, a `.pt` file of PyTorch's or an `.npz` file of NumPy's. From one, a module is
//! built with the options that names and shapes tell, or the weights of a module that is there are loaded; back, a
//! module's weights are written under the same names, so that the other library takes them and computes the same numbers.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use burn_recurrent::weights::TensorFile;
//! use burn_recurrent::{Lstm, LstmConfig};
//!
//! let device = Device::default();
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("model.safetensors");
//!
//! // A module's weights under the names that PyTorch gives an attribute `encoder`: `encoder.weight_ih_l0` and so on.
//! let lstm = LstmConfig::new(8, 16).with_bidirectional(true).init(&device);
//! lstm.to_torch("encoder")?.save(&path)?;
//!
//! // Built from a file. The names and shapes tell the options.
//! let file = TensorFile::open(&path)?;
//! let same = Lstm::from_torch(&file, "encoder", &device)?;
//! assert!(same.is_bidirectional());
//!
//! // Or loaded, where there are options that a file does not tell.
//! let mut trained_on = Lstm::torch_config(&file, "encoder")?
//!     .with_dropout(0.5)
//!     .with_batch_first(false)
//!     .init(&device);
//! trained_on.load_torch(&file, "encoder")?;
//! # let input = Tensor::ones([1, 3, 8], &device);
//! # let (expected, _) = lstm.forward(input.clone(), None);
//! # let (found, _) = same.forward(input, None);
//! # assert!((expected - found).abs().max().into_scalar::<f32>() < 1e-6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An [`Rnn`](crate::Rnn) built so has the activation tanh; for another, take
//! [`torch_config`](crate::Recurrent::torch_config), set the activation, and load. Weights of Keras are read in the same
//! way, by the names of their [layers](KerasLayer).
//!
//! PyTorch and Keras begin in the same state of zeros, and a row's padding is ignored by `pack_padded_sequence` as it is by
//! [`forward_padded`](crate::Recurrent::forward_padded). Weights of f16, bf16 and f64 become f32.
//!
//! # Files from elsewhere
//!
//! A file may be damaged or made to do harm. Nothing that it says is believed before it is checked against its own size:
//! [`TensorFile::open`] and all that reads from it return an error for such a file, do not panic, and allocate no more than
//! a small multiple of the file's size. For a `.pt` file that multiple is larger: Burn's reader takes up to 300 times a pickle's
//! length for what the pickle says and 256 times for what it repeats of itself, and any pickle may repeat 16 MiB and have
//! names of 4 MiB. Its opcodes are followed and weighed before they are believed; what is above these bounds, has a
//! dictionary key twice or is nested more than 128 deep is refused, and so is a file in which two paths are one name. A pickle
//! is never executed.

mod claim;
mod convertible;
mod element;
mod error;
mod keras;
mod npy;
mod npz_file;
mod parts;
mod pickle_input;
mod pickle_scan;
mod pickle_value;
mod pytorch_file;
mod safetensors_file;
mod tensor_file;
mod torch;

pub use convertible::ConvertibleCell;
pub use element::ElementType;
pub use error::{TensorProblem, WeightsError};
pub use keras::KerasLayer;
pub use tensor_file::TensorFile;
