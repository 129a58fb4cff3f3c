//! Options of all decoding methods.

use serde::{Deserialize, Serialize};

/// Options of all decoding methods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecodingOptions {
    /// A translation of a sentence of `n` words is cut off after `max_length_factor * n +
    /// max_length_extra` tokens, its end counted, and in any case after `max_length`.
    pub max_length_factor: f64,
    /// See [`max_length_factor`](Self::max_length_factor).
    pub max_length_extra: usize,
    /// See [`max_length_factor`](Self::max_length_factor).
    pub max_length: usize,
    /// Whether the unknown token is never written.
    pub forbid_unknown: bool,
    /// Whether the attention of each token is returned; a model without has none to return.
    pub attention: bool,
    /// How many sentences are translated together at most, by each thread where several translate. The
    /// translations do not depend on it.
    pub batch: usize,
}

impl Default for DecodingOptions {
    fn default() -> Self {
        Self {
            max_length_factor: 2.0,
            max_length_extra: 10,
            max_length: 1000,
            forbid_unknown: false,
            attention: false,
            batch: 64,
        }
    }
}

/// Why options describe no way to write translations.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum DecodingError {
    /// A number that must not be zero.
    #[error("{name} must be at least 1, but is 0")]
    Zero {
        /// The number's name.
        name: &'static str,
    },
    /// A number below zero, or none.
    #[error("{name} must be a number of at least 0, but is {value}")]
    Negative {
        /// The number's name.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A beam wider than there is a use for.
    #[error("beam must be at most {most}, but is {beam}")]
    Beam {
        /// The width given.
        beam: usize,
        /// The largest.
        most: usize,
    },
    /// More translations than are looked for.
    #[error("nbest must be at most beam = {beam}, but is {nbest}")]
    NBest {
        /// The number of translations.
        nbest: usize,
        /// The width of the beam.
        beam: usize,
    },
    /// A penalty on attention that there is not.
    #[error("coverage_penalty is {value}, but the model has no attention: it must be 0")]
    Coverage {
        /// The penalty given.
        value: f64,
    },
    /// A token that the model does not know.
    #[error(
        "sentence {sentence} has token {token} at place {place}, but the vocabulary has {size} \
         tokens"
    )]
    Token {
        /// The sentence's place, from zero.
        sentence: usize,
        /// The token's place in it, from zero.
        place: usize,
        /// The token.
        token: u32,
        /// The number of tokens.
        size: usize,
    },
    /// Not one of these for each sentence.
    #[error("there must be one {what} a sentence, but there are {found} for {sentences} sentences")]
    Count {
        /// What there should be.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// The number of sentences.
        sentences: usize,
    },
}

impl DecodingOptions {
    /// Checks that the options say how to write.
    ///
    /// # Errors
    ///
    /// Names the first one that does not.
    pub fn validate(&self) -> Result<(), DecodingError> {
        let value = self.max_length_factor;
        if !(value >= 0.0 && value.is_finite()) {
            let name = "max_length_factor";
            return Err(DecodingError::Negative { name, value });
        }
        for (name, number) in [("max_length", self.max_length), ("batch", self.batch)] {
            if number == 0 {
                return Err(DecodingError::Zero { name });
            }
        }
        Ok(())
    }

    /// The number of tokens after which the translation of a sentence of `words` words is cut off.
    pub(super) fn limit(&self, words: usize) -> usize {
        let by_words = (self.max_length_factor * words as f64).ceil() as usize;
        let limit = by_words.saturating_add(self.max_length_extra);
        limit.clamp(1, self.max_length)
    }
}
