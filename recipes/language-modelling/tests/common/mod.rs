//! Driving the real binary.
#![allow(dead_code, unused_imports)]

pub use burn_recurrent_tests::{Ran, flip_a_bit, number, read_json};

burn_recurrent_tests::drive!("CARGO_BIN_EXE_language-modelling");

/// Arguments of `train` that make the bundled sample small enough for a test.
pub const TINY: &[&str] = &[
    "--set",
    "data.source={kind=\"stories\", seed=1, train_lines=60, valid_lines=10, test_lines=10}",
    "--set",
    "model.d_embedding=16",
    "--set",
    "model.d_hidden=16",
    "--set",
    "batches={lanes=4, steps=20}",
    "--set",
    "training.epochs=2",
];

pub fn train<'a>(run: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["train", "--quiet", "--run", run], TINY, more].concat()
}
