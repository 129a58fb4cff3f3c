//! Labels of tokens that mark spans, such as `B-NP`.

use std::fmt;

/// The position of a token in its span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TagPrefix {
    /// `O`: in no span.
    Outside,
    /// `B-`: at the beginning.
    Begin,
    /// `I-`: inside.
    Inside,
    /// `E-`: at the end, in BIOES.
    End,
    /// `S-`: the only token, in BIOES.
    Single,
}

/// A label such as `B-NP` in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag<'l> {
    /// Where in a span the token stands.
    pub prefix: TagPrefix,
    /// What kind of span it is; empty for `O` and for a prefix that stands alone.
    pub kind: &'l str,
}

impl<'l> Tag<'l> {
    /// The parts of a label: `O`, or one of `B`, `I`, `E`, `S` and, behind a hyphen, the kind, which may have hyphens
    /// itself. `None` for any other label, `NOUN` for example.
    ///
    /// ```
    /// use burn_recurrent_text::{Tag, TagPrefix};
    ///
    /// let tag = Tag::parse("I-place-name").unwrap();
    /// assert_eq!((tag.prefix, tag.kind), (TagPrefix::Inside, "place-name"));
    /// assert_eq!(Tag::parse("NOUN"), None);
    /// ```
    pub fn parse(label: &'l str) -> Option<Self> {
        let (prefix, kind) = label.split_once('-').unwrap_or((label, ""));
        let prefix = match prefix {
            "O" => TagPrefix::Outside,
            "B" => TagPrefix::Begin,
            "I" => TagPrefix::Inside,
            "E" => TagPrefix::End,
            "S" => TagPrefix::Single,
            _ => return None,
        };
        let kind = if prefix == TagPrefix::Outside {
            ""
        } else {
            kind
        };
        Some(Self { prefix, kind })
    }
}

impl fmt::Display for Tag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.prefix {
            TagPrefix::Outside => return f.write_str("O"),
            TagPrefix::Begin => 'B',
            TagPrefix::Inside => 'I',
            TagPrefix::End => 'E',
            TagPrefix::Single => 'S',
        };
        if self.kind.is_empty() {
            write!(f, "{prefix}")
        } else {
            write!(f, "{prefix}-{}", self.kind)
        }
    }
}
