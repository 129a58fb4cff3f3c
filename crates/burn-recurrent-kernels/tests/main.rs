//! The tests of this crate that need no process of their own, in one program.
#![cfg(feature = "flex")]

mod additive_scores;
mod attention_decoder;
mod common;
mod cross_entropy;
mod join;
mod sequence;
mod update;
