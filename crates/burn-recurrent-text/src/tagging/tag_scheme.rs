//! The ways to write spans as labels of tokens.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::span::{Span, spans};
use super::tag::{Tag, TagPrefix};

/// A way to write spans as labels of tokens. In files: `"bio"`, `"iob1"`, `"bioes"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TagScheme {
    /// Every span begins with `B-` and goes on with `I-` (IOB2; Tjong Kim Sang and Veenstra 1999).
    Bio,
    /// Spans are `I-`; only one that follows another of its kind at once begins with `B-` (Ramshaw and Marcus 1995).
    Iob1,
    /// `B-`, `I-`, `E-` for the last token, and `S-` for a span of one token (also IOBES).
    Bioes,
}

impl TagScheme {
    /// The scheme's name, as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            TagScheme::Bio => "bio",
            TagScheme::Iob1 => "iob1",
            TagScheme::Bioes => "bioes",
        }
    }

    /// The labels of `len` tokens with these spans, which are in order.
    ///
    /// # Panics
    ///
    /// When spans overlap, are empty or out of order, or end behind the last token.
    pub fn labels(self, spans: &[Span<'_>], len: usize) -> Vec<String> {
        let mut labels = vec!["O".to_string(); len];
        let mut before: Option<&Span<'_>> = None;
        for span in spans {
            let from = before.map_or(0, |before| before.end);
            assert!(
                from <= span.start && span.start < span.end && span.end <= len,
                "span {}..{} cannot stand in {len} tokens behind one that ends at {from}",
                span.start,
                span.end
            );
            let touches =
                before.is_some_and(|before| before.end == span.start && before.kind == span.kind);
            for (position, label) in labels
                .iter_mut()
                .enumerate()
                .take(span.end)
                .skip(span.start)
            {
                let (first, last) = (position == span.start, position + 1 == span.end);
                let prefix = match self {
                    TagScheme::Bio if first => TagPrefix::Begin,
                    TagScheme::Iob1 if first && touches => TagPrefix::Begin,
                    TagScheme::Bio | TagScheme::Iob1 => TagPrefix::Inside,
                    TagScheme::Bioes => match (first, last) {
                        (true, true) => TagPrefix::Single,
                        (true, false) => TagPrefix::Begin,
                        (false, false) => TagPrefix::Inside,
                        (false, true) => TagPrefix::End,
                    },
                };
                let kind = span.kind;
                *label = Tag { prefix, kind }.to_string();
            }
            before = Some(span);
        }
        labels
    }

    /// The same spans as those of `labels`, which may be of any scheme and need not be valid, in this scheme. A label
    /// that has no prefix becomes `O`.
    ///
    /// ```
    /// use burn_recurrent_text::TagScheme;
    ///
    /// let labels = ["I-NP", "I-NP", "B-NP", "O"];
    /// assert_eq!(TagScheme::Bioes.convert(&labels), ["B-NP", "E-NP", "S-NP", "O"]);
    /// ```
    pub fn convert<S: AsRef<str>>(self, labels: &[S]) -> Vec<String> {
        self.labels(&spans(labels), labels.len())
    }

    /// Whether a sequence of labels is one that the scheme writes.
    pub fn is_valid<S: AsRef<str>>(self, labels: &[S]) -> bool {
        labels
            .iter()
            .zip(self.convert(labels))
            .all(|(label, written)| label.as_ref() == written)
    }
}

impl fmt::Display for TagScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
