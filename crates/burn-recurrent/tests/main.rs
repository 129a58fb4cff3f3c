//! The tests of this crate that need no process of their own, in one program.

mod behaviour;
#[cfg(feature = "ndarray")]
mod burn_nn;
mod common;
mod equations;
mod torch;
