//! Sentences with a tag for each word: CoNLL columns and CoNLL-U.

mod conllu;
mod error;
mod format;
mod odd_rows;
mod reader;
mod sentence;
mod splits;

pub use error::{SentenceError, SentenceProblem};
pub use format::{ColumnFormat, ConlluColumn, SentenceFormat, Separator, TagColumn};
pub use odd_rows::{OddKind, OddRows};
pub use reader::{SentenceReader, read_sentences};
pub use sentence::{SentenceRow, TaggedSentence};
pub use splits::{TaggedPart, TaggedSplits, UnseenTag};
