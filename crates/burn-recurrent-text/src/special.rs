//! Tokens that stand for something other than themselves.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A token that stands for something other than itself. In files: `"unknown"`, `"end-of-sentence"`,
/// `"beginning-of-sentence"`, `"padding"`.
///
/// A text may hold a special token's string itself, as the Penn Treebank's does with `<unk>`; it is read as the special
/// token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Special {
    /// `<unk>`: any token that is not in the vocabulary.
    Unknown,
    /// `<eos>`: the end of a sentence, which is the end of a line of words.
    EndOfSentence,
    /// `<bos>`: the beginning of a sentence. Encoding does not add it.
    BeginningOfSentence,
    /// `<pad>`: fills up rows of unequal length. Encoding does not add it.
    Padding,
}

impl Special {
    /// The token as it stands in a vocabulary.
    pub fn token(self) -> &'static str {
        match self {
            Special::Unknown => "<unk>",
            Special::EndOfSentence => "<eos>",
            Special::BeginningOfSentence => "<bos>",
            Special::Padding => "<pad>",
        }
    }
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}
