//! The tests of this crate, in one program.

mod download;
mod grammar_errors;
mod grammar_probability;
mod requests;
mod server;
mod stories;
mod tagged;
mod tagged_splits;
mod text;
mod word_vectors;
