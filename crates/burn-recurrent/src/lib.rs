#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod burn_nn;
mod cell;
mod cell_weights;
mod dropout;
mod fused;
mod gru;
mod initializer;
mod layer;
mod lengths;
mod linear;
mod lstm;
mod minimal_gated;
mod orthogonal;
mod recurrence;
mod recurrent;
mod rnn;
mod state;
mod unstack;
mod zero_output;
mod zoneout;

pub use cell::{Cell, Fused, Sequence};
pub use cell_weights::{GruWeights, LstmWeights, RnnWeights};
pub use dropout::{VariationalDropout, VariationalDropoutConfig, apply_dropout};
pub use gru::{Gru, GruCell, GruCellConfig, GruConfig, GruNorm, GruPrepared, ResetGate};
pub use initializer::{CellInitializer, RecurrentInitializer};
pub use layer::RecurrentLayer;
pub use linear::apply_linear;
pub use lstm::{Lstm, LstmCell, LstmCellConfig, LstmConfig, LstmNorm};
pub use minimal_gated::{MinimalGatedCell, MinimalGatedCellConfig, MinimalGatedPrepared};
pub use recurrence::PreparedRecurrence;
pub use recurrent::{Recurrent, RecurrentConfig};
pub use rnn::{Rnn, RnnActivation, RnnCell, RnnCellConfig, RnnConfig};
pub use state::{CellState, GruState, HiddenState, LstmState, RnnState};
pub use zero_output::ZeroOutput;

/// Which way a module's sequences take, and why; see [`Recurrent::path`]. Every call also logs it at debug level.
pub use burn_recurrent_kernels::{ComputePath, PortableReason};
/// How many threads the fused kernels use, and how to change it; `BURN_RECURRENT_THREADS` does so from outside. The
/// results do not depend on it.
#[cfg(feature = "flex")]
pub use burn_recurrent_kernels::{set_threads, threads};
