//! The valid transitions between labels.

use thiserror::Error;

use super::tag::{Tag, TagPrefix};
use super::tag_scheme::TagScheme;

/// A label that a scheme does not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the label {label:?} is none of the scheme {scheme}, expected `O`, or {expected} and a kind, as in `B-NP`"
)]
pub struct TagConstraintError {
    /// The label.
    pub label: String,
    /// The scheme.
    pub scheme: TagScheme,
    /// The prefixes that the scheme has.
    pub expected: &'static str,
}

/// Which of a list of labels may come first, follow one another and come last, so that a decoder gives valid sequences
/// only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagConstraints {
    /// `[labels]`: whether the label may be a sentence's first.
    pub start: Vec<bool>,
    /// `[labels, labels]`: at `from * labels + to`, whether `to` may follow `from`.
    pub transitions: Vec<bool>,
    /// `[labels]`: whether the label may be a sentence's last.
    pub end: Vec<bool>,
}

impl TagConstraints {
    /// The constraints of a scheme on these labels.
    ///
    /// - BIO: `I-x` follows `B-x` or `I-x`.
    /// - IOB1: `B-x` follows `B-x` or `I-x`.
    /// - BIOES: `I-x` and `E-x`, and these alone, follow `B-x` and `I-x`; a sentence ends with no open span.
    ///
    /// Where the labels lack `E-x`, nothing can follow `B-x`, and a decoder never gives it.
    ///
    /// # Errors
    ///
    /// When a label is none of the scheme.
    pub fn new<S: AsRef<str>>(labels: &[S], scheme: TagScheme) -> Result<Self, TagConstraintError> {
        let tags = labels
            .iter()
            .map(|label| {
                let label = label.as_ref();
                Tag::parse(label)
                    .filter(|tag| has(scheme, tag.prefix))
                    .ok_or_else(|| TagConstraintError {
                        label: label.to_string(),
                        scheme,
                        expected: match scheme {
                            TagScheme::Bio | TagScheme::Iob1 => "one of `B`, `I`",
                            TagScheme::Bioes => "one of `B`, `I`, `E`, `S`",
                        },
                    })
            })
            .collect::<Result<Vec<_>, _>>()?;
        // A sentence stands between tokens that are in no span.
        let outside = Tag {
            prefix: TagPrefix::Outside,
            kind: "",
        };
        let follows = |from: &Tag<'_>, to: &Tag<'_>| follows(scheme, from, to);
        Ok(Self {
            start: tags.iter().map(|tag| follows(&outside, tag)).collect(),
            transitions: tags
                .iter()
                .flat_map(|from| tags.iter().map(move |to| follows(from, to)))
                .collect(),
            end: tags.iter().map(|tag| follows(tag, &outside)).collect(),
        })
    }

    /// Whether `to` may follow `from`, both by their places in the list of labels.
    pub fn allows(&self, from: usize, to: usize) -> bool {
        self.transitions[from * self.start.len() + to]
    }
}

fn has(scheme: TagScheme, prefix: TagPrefix) -> bool {
    match prefix {
        TagPrefix::Outside | TagPrefix::Begin | TagPrefix::Inside => true,
        TagPrefix::End | TagPrefix::Single => scheme == TagScheme::Bioes,
    }
}

fn follows(scheme: TagScheme, from: &Tag<'_>, to: &Tag<'_>) -> bool {
    use TagPrefix::{Begin, End, Inside};
    let same = from.prefix != TagPrefix::Outside && from.kind == to.kind;
    match scheme {
        TagScheme::Bio => to.prefix != Inside || same,
        TagScheme::Iob1 => to.prefix != Begin || same,
        TagScheme::Bioes => {
            let open = matches!(from.prefix, Begin | Inside);
            let goes_on = matches!(to.prefix, Inside | End);
            open == goes_on && (!open || same)
        }
    }
}
