//! Errors of an n-gram model's settings, data or stored form.

use thiserror::Error;

/// An error of the n-gram models.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NgramError {
    /// A setting of [`NgramConfig`](super::NgramConfig) is out of its range.
    #[error("n-gram setting `{field}` is {value}, expected {expected}")]
    Setting {
        /// The setting's name.
        field: &'static str,
        /// What it was.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The stream to count holds no token.
    #[error("the token stream is empty, expected at least one token to count")]
    EmptyStream,
    /// The stream to count is too long for 32-bit counts.
    #[error("the token stream has {tokens} tokens, expected at most {limit}")]
    StreamTooLong {
        /// The stream's length.
        tokens: usize,
        /// The longest that can be counted.
        limit: usize,
    },
    /// The vocabulary is empty or too large for 32-bit ids.
    #[error("the vocabulary has {size} types, expected 1 to {limit}")]
    VocabularySize {
        /// The size that was given.
        size: usize,
        /// The largest that can be used.
        limit: usize,
    },
    /// A token of a stream is not in the vocabulary.
    #[error(
        "token {token} at position {position} is not in the vocabulary, expected an id below {vocabulary_size}"
    )]
    OutOfVocabulary {
        /// The token.
        token: u32,
        /// Where it is in the stream, counted from zero.
        position: usize,
        /// The size of the vocabulary.
        vocabulary_size: usize,
    },
    /// The end-of-sentence id is not in the vocabulary.
    #[error(
        "the end-of-sentence id {eos} is not in the vocabulary, expected an id below {vocabulary_size}"
    )]
    EndOfSentence {
        /// The id that was given.
        eos: u32,
        /// The size of the vocabulary.
        vocabulary_size: usize,
    },
    /// A probability was asked for of a model that gives scores.
    #[error(
        "stupid backoff gives scores that do not sum to one, so it has no cross entropy or perplexity"
    )]
    NotNormalised,
    /// A record is not one that a trained model could have written.
    #[error("invalid n-gram record: {0}")]
    Record(String),
    /// A stored model could not be read as one.
    #[error("not a stored n-gram model: {0}")]
    Format(String),
    /// Reading or writing failed.
    #[error("could not read or write an n-gram model: {0}")]
    Io(#[from] std::io::Error),
}
