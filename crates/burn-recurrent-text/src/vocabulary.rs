//! Token ids and the strings that they stand for.

use std::collections::HashMap;
use std::fmt;

use thiserror::Error;

use crate::fingerprint::Fingerprint;
use crate::special::Special;
use crate::unit::Unit;
use crate::white_space::is_word;

/// How many ids a byte vocabulary's bytes have, before its special tokens.
pub(crate) const NUM_BYTES: usize = 256;

/// The tokens that a model knows, each with an id from 0 to [`len`](Self::len) - 1.
///
/// A [`VocabularyBuilder`](crate::VocabularyBuilder) makes one from text.
#[derive(Clone)]
pub struct Vocabulary {
    unit: Unit,
    specials: Vec<Special>,
    tokens: Vec<String>,
    ids: HashMap<String, u32>,
    /// Ids of the tokens of one ASCII character: nearly all of the tokens of a text of characters.
    ascii: [Option<u32>; 128],
}

/// A list of tokens that is no vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// There is no token, or none but special ones.
    #[error("there is no token in it but special ones, expected at least one counted in a text")]
    Empty,
    /// There is no room for the tokens that there must be: one beside the special ones, or all bytes.
    #[error("it has room for {size} tokens, expected at least {needed}")]
    TooSmall {
        /// The size, or the largest size that was asked for.
        size: usize,
        /// The size of the smallest vocabulary with these special tokens.
        needed: usize,
    },
    /// Two tokens are the same.
    #[error("token {token:?} has the ids {first} and {second}, expected no token twice")]
    DuplicateToken {
        /// The token.
        token: String,
        /// Its first id.
        first: u32,
        /// Its second id.
        second: u32,
    },
    /// A special token is not among the tokens.
    #[error("the special token {special} is not among the tokens")]
    MissingSpecial {
        /// The special token.
        special: Special,
    },
    /// A token cannot be one of the unit.
    #[error("token {token:?} with id {id} is no {unit}")]
    WrongUnit {
        /// The token.
        token: String,
        /// Its id.
        id: u32,
        /// What it should be.
        unit: Unit,
    },
    /// There are more tokens than ids.
    #[error("it has {size} tokens, more than there are 32-bit ids")]
    TooLarge {
        /// The number of tokens.
        size: usize,
    },
}

impl Vocabulary {
    /// A vocabulary of these tokens, with ids in their order. `specials` says which of them are special.
    ///
    /// The first 256 tokens of a byte vocabulary are `<0x00>` to `<0xff>`.
    ///
    /// # Errors
    ///
    /// When a token stands there twice, a special one is missing, or one cannot be of the unit: a character that is
    /// not one character, an empty word or one with white space in it, a byte out of its place.
    pub fn from_tokens(
        unit: Unit,
        specials: Vec<Special>,
        tokens: Vec<String>,
    ) -> Result<Self, VocabularyError> {
        if tokens.is_empty() {
            return Err(VocabularyError::Empty);
        }
        let size = tokens.len();
        if u32::try_from(size).is_err() {
            return Err(VocabularyError::TooLarge { size });
        }
        let mut ids = HashMap::with_capacity(size);
        let mut ascii = [None; 128];
        for (id, token) in (0u32..).zip(&tokens) {
            if let Some(first) = ids.insert(token.clone(), id) {
                return Err(VocabularyError::DuplicateToken {
                    token: token.clone(),
                    first,
                    second: id,
                });
            }
            if !is_of_unit(token, id, unit, &specials) {
                return Err(VocabularyError::WrongUnit {
                    token: token.clone(),
                    id,
                    unit,
                });
            }
            if let [byte @ 0..=127] = token.as_bytes() {
                ascii[usize::from(*byte)] = Some(id);
            }
        }
        if let Some(&special) = specials.iter().find(|s| !ids.contains_key(s.token())) {
            return Err(VocabularyError::MissingSpecial { special });
        }
        if unit == Unit::Byte && size < NUM_BYTES {
            return Err(VocabularyError::TooSmall {
                size,
                needed: NUM_BYTES + specials.len(),
            });
        }
        Ok(Self {
            unit,
            specials,
            tokens,
            ids,
            ascii,
        })
    }

    /// The vocabulary of the 256 bytes, without special tokens.
    pub fn bytes() -> Self {
        let tokens = (0..=255).map(byte_token).collect();
        Self::from_tokens(Unit::Byte, Vec::new(), tokens)
            .expect("the names of the bytes are a vocabulary")
    }

    /// What one token of a text is.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// How many tokens there are.
    #[expect(clippy::len_without_is_empty, reason = "a vocabulary is never empty")]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// All tokens, by id.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The special tokens that this vocabulary has.
    pub fn specials(&self) -> &[Special] {
        &self.specials
    }

    /// The id of a token, or `None` if it is not in the vocabulary.
    pub fn id(&self, token: &str) -> Option<u32> {
        match token.as_bytes() {
            [byte @ 0..=127] => self.ascii[usize::from(*byte)],
            _ => self.ids.get(token).copied(),
        }
    }

    /// The token of an id, or `None` if it is not in the vocabulary.
    pub fn token(&self, id: u32) -> Option<&str> {
        self.tokens.get(id as usize).map(String::as_str)
    }

    /// The id of a special token, or `None` if the vocabulary was made without it.
    pub fn special(&self, special: Special) -> Option<u32> {
        self.specials
            .contains(&special)
            .then(|| self.ids[special.token()])
    }

    /// Tells this vocabulary from others.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new(self.unit, &self.specials, &self.tokens)
    }
}

impl PartialEq for Vocabulary {
    fn eq(&self, other: &Self) -> bool {
        // The rest follows from these.
        (self.unit, &self.specials, &self.tokens) == (other.unit, &other.specials, &other.tokens)
    }
}

impl Eq for Vocabulary {}

impl fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vocabulary")
            .field("unit", &self.unit)
            .field("specials", &self.specials)
            .field("len", &self.len())
            .field("fingerprint", &format_args!("{}", self.fingerprint()))
            .finish()
    }
}

/// What stands for a byte in the list of tokens.
pub(crate) fn byte_token(byte: u8) -> String {
    format!("<0x{byte:02x}>")
}

fn is_of_unit(token: &str, id: u32, unit: Unit, specials: &[Special]) -> bool {
    let is_special = specials.iter().any(|special| special.token() == token);
    match unit {
        Unit::Character => is_special || token.chars().count() == 1,
        Unit::Word => is_word(token),
        Unit::Byte => match u8::try_from(id) {
            Ok(byte) => token == byte_token(byte),
            Err(_) => is_special,
        },
    }
}
