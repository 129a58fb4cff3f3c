//! Weights of PyTorch and Keras: read, run and written.

mod common;
mod keras;
mod other_files;
mod torch;
