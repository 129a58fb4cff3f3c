//! Parallel text: sentences and their translations.

mod error;
mod files;
mod pair;
mod reader;
mod splits;

pub use error::ParallelError;
pub use files::ParallelFiles;
pub use pair::SentencePair;
pub use reader::ParallelReader;
pub use splits::{EmptyPairs, ParallelPart, ParallelSplits};
