//! The units that text is tokenised into.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The unit that text is tokenised into: character, word or byte. In files: `"character"`, `"word"`, `"byte"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Every character (Unicode scalar value), line feeds and spaces too.
    Character,
    /// What stands between white space, which is what Unicode calls so; only a no-break space between two digits is part of
    /// the word, as in `26\u{a0}000`. A line ends at a line feed and at no other character, not at U+2028, U+0085 or a form
    /// feed, which part words. Lines end with `<eos>`, also the last one if no line feed ends it and lines
    /// without words, if the vocabulary has that token.
    Word,
    /// Every byte of the text as UTF-8, or of any file. The ids 0 to 255 are the bytes' values.
    Byte,
}

impl Unit {
    /// The unit's name, as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Character => "character",
            Unit::Word => "word",
            Unit::Byte => "byte",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
