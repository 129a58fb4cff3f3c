//! Why a configuration describes no translator.

/// Why an [`EncoderDecoderConfig`](crate::EncoderDecoderConfig) describes no translator.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum EncoderDecoderError {
    /// A size that must not be zero.
    #[error("{name} must be at least 1, but is 0")]
    Zero {
        /// The size's name.
        name: &'static str,
    },
    /// Not a probability.
    #[error("{name} must be at least 0 and below 1, but is {value}")]
    Probability {
        /// The probability's name.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A special token that is not in a vocabulary.
    #[error("tokens.{name} must be below {vocabulary} = {size}, but is {token}")]
    SpecialToken {
        /// The special token's name.
        name: &'static str,
        /// Its index.
        token: u32,
        /// The vocabulary's name.
        vocabulary: &'static str,
        /// The number of tokens in it.
        size: usize,
    },
    /// Two special tokens with one index.
    #[error("tokens.{one} and tokens.{other} must differ, but both are {token}")]
    SameSpecialToken {
        /// One's name.
        one: &'static str,
        /// The other's.
        other: &'static str,
        /// The index of both.
        token: u32,
    },
    /// Two settings that do not go together.
    #[error("{key} does not go with the other settings: {reason}")]
    Contradiction {
        /// The setting's name.
        key: &'static str,
        /// What stands against it.
        reason: String,
    },
}
