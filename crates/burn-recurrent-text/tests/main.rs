//! The tests of this crate, in one program.

mod encode;
mod length_batches;
mod stream_batches;
mod tagging;
mod tags;
mod translation;
mod vocabulary;
mod vocabulary_file;
