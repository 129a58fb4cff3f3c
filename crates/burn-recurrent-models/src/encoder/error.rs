//! Why a configuration describes no encoder.

/// Why a [`TokenEncoderConfig`](crate::TokenEncoderConfig) describes no encoder.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum TokenEncoderError {
    /// A size that must not be zero.
    #[error("{name} must be at least 1, but is 0")]
    Zero {
        /// The size's name.
        name: &'static str,
    },
    /// Not a probability of dropping.
    #[error("{name} must be at least 0 and below 1, but is {value}")]
    Probability {
        /// The probability's name.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// Dropped words become one that there is not.
    #[error(
        "unknown_word must be below vocabulary_size = {vocabulary_size}, but is {unknown_word}"
    )]
    UnknownWord {
        /// The index given.
        unknown_word: usize,
        /// The number of words.
        vocabulary_size: usize,
    },
}
