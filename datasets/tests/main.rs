//! The tests of this crate, in one program.

mod cmudict;
mod download;
mod grammar_errors;
mod grammar_probability;
mod parallel;
mod requests;
mod server;
mod stories;
mod tagged;
mod tagged_splits;
mod text;
mod translations;
mod word_vectors;
