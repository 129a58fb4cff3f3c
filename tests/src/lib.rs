//! Tests of the whole from outside: projects that depend on the crates as a user's would.
//!
//! `outside/` holds such projects, each outside the workspace; `tests/outside.rs` builds and runs them.
#![forbid(unsafe_code)]

/// The README, so that its code is compiled and run.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
pub struct Readme;
