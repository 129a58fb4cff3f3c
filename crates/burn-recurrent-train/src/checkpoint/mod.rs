//! Checkpoints: all that a run needs to go on as if it had never stopped.
//!
//! A checkpoint is a folder in `checkpoints/` with the model, the optimiser's state, the state carried between batches,
//! the state of the loop, and a manifest with the SHA-256 of each of them. It is written under a temporary name and
//! renamed, so it is there whole or not at all. Its name says how far training had come:
//! `epoch-0003-step-000120` is three epochs and 120 steps of the fourth. The last checkpoint is the one with the
//! highest name; which one is the best, its loop state says.

mod contents;
pub(crate) mod error;
mod manifest;
mod store;

pub(crate) use contents::Checkpoint;
pub use error::CheckpointError;
pub(crate) use store::Checkpoints;
