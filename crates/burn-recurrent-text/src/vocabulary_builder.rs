//! Making a vocabulary from the tokens of a text.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::special::Special;
use crate::tokens::Token;
use crate::unit::Unit;
use crate::vocabulary::{NUM_BYTES, Vocabulary, VocabularyError, byte_token};

/// Makes a [`Vocabulary`] from counted tokens.
///
/// The special tokens come first, in the order in which they were asked for; then the counted ones, the most frequent
/// first, and where counts are equal in the order of their characters. The same text always gives the same ids. A byte
/// vocabulary has all 256 bytes first, whatever was counted, and then the special tokens.
#[derive(Debug, Clone)]
pub struct VocabularyBuilder {
    unit: Unit,
    specials: Vec<Special>,
    min_count: u64,
    max_size: Option<usize>,
    counts: HashMap<String, u64>,
}

impl VocabularyBuilder {
    /// A builder that has counted nothing, without special tokens and limits.
    pub fn new(unit: Unit) -> Self {
        Self {
            unit,
            specials: Vec::new(),
            min_count: 1,
            max_size: None,
            counts: HashMap::new(),
        }
    }

    /// Asks for a special token; a second time changes nothing.
    pub fn with_special(mut self, special: Special) -> Self {
        if !self.specials.contains(&special) {
            self.specials.push(special);
        }
        self
    }

    /// Leaves out tokens that were counted less often. Special tokens and bytes are always there.
    pub fn with_min_count(mut self, min_count: u64) -> Self {
        self.min_count = min_count;
        self
    }

    /// Keeps only the most frequent tokens, so many that with the special ones there are at most `max_size`.
    pub fn with_max_size(mut self, max_size: usize) -> Self {
        self.max_size = Some(max_size);
        self
    }

    /// Counts the tokens of a text. Texts may be counted one after the other.
    pub fn count(mut self, text: &str) -> Self {
        if self.unit == Unit::Byte {
            // All of them are in the vocabulary anyway, in an order of their own.
            return self;
        }
        for (_, token) in self.unit.tokens(text) {
            if let Token::Text(token) = token {
                self.add(token, 1);
            }
        }
        self
    }

    /// Counts one token `count` times more. A byte vocabulary counts nothing.
    ///
    /// The token is taken as it is: one that is none of the unit, such as a word with a space in it, makes
    /// [`build`](Self::build) fail.
    pub fn add(&mut self, token: &str, count: u64) {
        if self.unit == Unit::Byte || count == 0 {
            return;
        }
        match self.counts.get_mut(token) {
            Some(counted) => *counted += count,
            None => {
                self.counts.insert(token.to_string(), count);
            }
        }
    }

    /// Makes the vocabulary.
    ///
    /// # Errors
    ///
    /// [`VocabularyError::Empty`] when no token was counted often enough, [`VocabularyError::TooSmall`] when the
    /// largest size leaves no room for one beside the special tokens.
    pub fn build(self) -> Result<Vocabulary, VocabularyError> {
        let num_others = if self.unit == Unit::Byte {
            NUM_BYTES
        } else {
            1
        };
        let needed = self.specials.len() + num_others;
        let max_size = self.max_size.unwrap_or(usize::MAX);
        if max_size < needed {
            return Err(VocabularyError::TooSmall {
                size: max_size,
                needed,
            });
        }
        let specials = self
            .specials
            .iter()
            .map(|special| special.token().to_string());
        let tokens = if self.unit == Unit::Byte {
            (0..=255).map(byte_token).chain(specials).collect()
        } else {
            let is_special = |token: &str| self.specials.iter().any(|s| s.token() == token);
            let mut counted: Vec<(&String, u64)> = self
                .counts
                .iter()
                .map(|(token, &count)| (token, count))
                .filter(|&(token, count)| count >= self.min_count && !is_special(token))
                .collect();
            if counted.is_empty() {
                return Err(VocabularyError::Empty);
            }
            counted.sort_unstable_by_key(|&(token, count)| (Reverse(count), token));
            specials
                .chain(counted.into_iter().map(|(token, _)| token.clone()))
                .take(max_size)
                .collect()
        };
        Vocabulary::from_tokens(self.unit, self.specials, tokens)
    }
}
