//! Tests of the whole from outside: projects that depend on the crates as a user's would.
//!
//! The recipes' own tests drive their binaries with what is here. `outside/` holds projects, each outside the workspace; `tests/outside.rs` builds and runs them.
#![forbid(unsafe_code)]

mod data_set;
mod driving;

pub use data_set::data_set;
pub use driving::{Bench, Ran, answers, flip_a_bit, number, read_json};

/// The README, so that its code is compiled and run.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
pub struct Readme;
