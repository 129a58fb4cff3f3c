//! Driving the real binary.
#![allow(dead_code, unused_imports)]

use std::ops::Deref;

pub use burn_recurrent_tests::{Ran, flip_a_bit, number, read_json};

/// A folder of its own, in which the binary is run.
pub struct Bench(burn_recurrent_tests::Bench);

impl Deref for Bench {
    type Target = burn_recurrent_tests::Bench;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Bench {
    pub fn new() -> Self {
        let binary = env!("CARGO_BIN_EXE_language-modelling");
        Self(burn_recurrent_tests::Bench::new(binary))
    }
}

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
