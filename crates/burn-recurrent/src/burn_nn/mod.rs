//! Conversion from and to the recurrent modules of Burn's own `burn::nn`, weights and options, both ways:
//!
//! | `burn::nn` | here |
//! | --- | --- |
//! | `Lstm`, `BiLstm` | [`Lstm`](crate::Lstm) of one layer, in one direction or both |
//! | `Gru`, `BiGru` | [`Gru`](crate::Gru) likewise |
//! | `Rnn`, `BiRnn` | [`Rnn`](crate::Rnn) likewise |
//! | `LstmState`, `RnnState` | [`LstmState`](crate::LstmState), [`HiddenState`](crate::HiddenState) |
//!
//! The modules convert with `TryFrom`; the error, [`NoCounterpart`], names the option that the other side does not have.
//!
//! ```
//! # use burn::tensor::{Device, Distribution, Tensor};
//! use burn::nn::BiLstmConfig;
//! use burn_recurrent::Lstm;
//!
//! let device = Device::default();
//! let theirs = BiLstmConfig::new(8, 16, true).init(&device);
//! let ours = Lstm::try_from(&theirs)?;
//!
//! let input = Tensor::<3>::random([4, 10, 8], Distribution::Default, &device);
//! let (expected, _) = theirs.forward(input.clone(), None);
//! let (output, _) = ours.forward(input, None);
//! assert!(output.all_close(expected, Some(1e-5), Some(1e-5)));
//!
//! let back = burn::nn::BiLstm::try_from(&ours)?;
//! # let _ = back;
//!
//! let clipped = burn::nn::GruConfig::new(8, 16, true).with_clip(Some(3.0)).init(&device);
//! let error = burn_recurrent::Gru::try_from(&clipped).unwrap_err();
//! assert_eq!(error.option, "clip");
//! # Ok::<(), burn_recurrent::burn_nn::NoCounterpart>(())
//! ```
//!
//! `burn::nn` has no module of several layers. A stack of its modules, each reading the output of the one before, is one
//! module here, whose layers are put together:
//!
//! ```
//! # use burn::tensor::Device;
//! # use burn_recurrent::Lstm;
//! # let device = Device::default();
//! # let first = burn::nn::BiLstmConfig::new(8, 16, true).init(&device);
//! # let second = burn::nn::BiLstmConfig::new(32, 16, true).init(&device);
//! let mut deep = Lstm::try_from(&first)?;
//! deep.layers.extend(Lstm::try_from(&second)?.layers);
//! assert_eq!((deep.d_input(), deep.num_layers(), deep.d_output()), (8, 2, 32));
//! # Ok::<(), burn_recurrent::burn_nn::NoCounterpart>(())
//! ```
//!
//! # Weights
//!
//! `burn::nn` keeps the weights of each gate apart, `[d_input, d_hidden]` and `[d_hidden, d_hidden]`; here they lie side
//! by side. Each of its gates has two biases, which are added: their sum becomes the one bias here, but the two of a
//! GRU's candidate stay apart where the reset gate stands between them. On the way back the sum becomes the bias of the
//! input's product, and that of the recurrent product is zero. The numbers that the modules give are the same; if they
//! are trained further, the two biases there move like one with twice the learning rate.
//!
//! The parameters are new, with ids of their own: an optimiser's state does not come along. They take gradients, unless
//! those that they come from do not; on a device without gradients Burn does not tell, and they are taken to.
//!
//! # Options
//!
//! | `burn::nn` | here |
//! | --- | --- |
//! | `bias`, `batch_first` | the same; `burn::nn::Gru` is always batch-first |
//! | LSTM `clip` | `cell_clip` |
//! | LSTM `input_forget` | `coupled` |
//! | GRU `reset_after: true`, `false` | `reset: AfterProduct`, `BeforeProduct` |
//! | RNN `hidden_activation`: tanh, ReLU, sigmoid | `activation` |
//! | other activations, GRU and RNN `clip`, `reverse` | none |
//! | none | several layers, projection, peepholes, layer normalisation, weight drop, recurrent dropout, zoneout |
//!
//! Dropout between layers does nothing in a module of one layer and is left out.

mod activation;
mod error;
mod gates;
mod gru;
mod lstm;
mod options;
mod rnn;
mod state;

pub use error::NoCounterpart;
