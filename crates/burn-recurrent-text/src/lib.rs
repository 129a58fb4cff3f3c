#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cross_entropy;
mod encode;
mod file;
mod fingerprint;
mod special;
mod stream_batches;
mod text_error;
mod tokens;
mod unit;
mod vocabulary;
mod vocabulary_builder;

pub use cross_entropy::CrossEntropy;
pub use file::VocabularyFileError;
pub use fingerprint::Fingerprint;
pub use special::Special;
pub use stream_batches::{BatchError, Remainder, StreamBatches, Window, Windows};
pub use text_error::{TextError, utf8};
pub use tokens::{Token, Tokens};
pub use unit::Unit;
pub use vocabulary::{Vocabulary, VocabularyError};
pub use vocabulary_builder::VocabularyBuilder;
