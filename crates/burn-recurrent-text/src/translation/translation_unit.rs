//! The units that sentences to translate are tokenised into.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The unit that a sentence to translate is tokenised into. In files: `"word"`, `"character"`, `"symbol"`, `"bpe"`, `"unigram"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TranslationUnit {
    /// What stands between the word boundaries of Unicode (UAX #29), white space left out: punctuation is apart, `don't`
    /// and `3.5` are one word. Where no white space stands between two of them, one carries the mark `￭` on that side, if
    /// it can be a punctuation mark: `a well-known man.` is `a`, `well`, `￭-￭`, `known`, `man`, `￭.`. So a line comes back
    /// as it was, but for white space, each stretch of which becomes one blank, and for a `￭` of its own, which becomes
    /// `■`.
    Word,
    /// Every character (Unicode scalar value), white space too: for spelling.
    Character,
    /// What stands between white space, such as the phonemes `K AE1 T`.
    Symbol,
    /// Subwords by byte pair encoding (Sennrich et al. 2016) of bytes: no text is unknown to it. No subword reaches over
    /// the boundaries between letters (with apostrophes within a word), digits and other characters; the blank before a
    /// word belongs to it.
    Bpe,
    /// Subwords by the unigram language model (Kudo 2018), of bytes and within the same boundaries as [`Bpe`](Self::Bpe).
    /// It begins with the parts that different words share, so that it needs more text than byte pair encoding does.
    Unigram,
}

impl TranslationUnit {
    /// The unit's name, as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Character => "character",
            Self::Symbol => "symbol",
            Self::Bpe => "bpe",
            Self::Unigram => "unigram",
        }
    }

    /// Whether tokens are parts of words, of which any text can be made.
    pub fn is_subword(self) -> bool {
        matches!(self, Self::Bpe | Self::Unigram)
    }
}

impl fmt::Display for TranslationUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
