//! What one token of a text is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What one token of a text is. In files: `"character"`, `"word"`, `"byte"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Every character (Unicode scalar value), line feeds and spaces too.
    Character,
    /// What stands between white space. Lines end with `<eos>`, also the last one if no line feed ends it and lines
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
