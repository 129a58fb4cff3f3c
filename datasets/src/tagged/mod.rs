//! Sentences with a tag for each word: CoNLL columns and CoNLL-U.

mod conllu;
mod error;
mod format;
mod reader;
mod sentence;
mod splits;

pub use error::{SentenceError, SentenceProblem};
pub use format::{ColumnFormat, ConlluColumn, SentenceFormat, Separator, TagColumn};
pub use reader::{SentenceReader, read_sentences};
pub use sentence::{SentenceRow, TaggedSentence};
pub use splits::{TaggedPart, TaggedSplits, UnseenTag};
