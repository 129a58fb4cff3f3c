//! The kinds of labels of a tagger.

use serde::{Deserialize, Serialize};

use super::tag::{Tag, TagPrefix};
use super::tag_constraints::{TagConstraintError, TagConstraints};
use super::tag_scheme::TagScheme;
use crate::unit::Unit;
use crate::vocabulary::{Vocabulary, VocabularyError};

/// The kind of labels of a tagger: as they stand in files, as the model learns them, and as they are written and
/// counted. In files: `{ kind = "tags" }`, `{ kind = "spans", learn = "bioes", write = "bio" }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum TaggingTask {
    /// Each label is for itself, such as a part of speech.
    Tags {},
    /// Labels mark spans, such as chunks. Whatever scheme they are in, an `I-` that continues nothing included, they are
    /// read as the CoNLL shared tasks' evaluation reads them.
    Spans {
        /// The scheme that the model learns.
        #[serde(default = "bio")]
        learn: TagScheme,
        /// The scheme of what is written and counted.
        #[serde(default = "bio")]
        write: TagScheme,
    },
}

impl Default for TaggingTask {
    fn default() -> Self {
        Self::Tags {}
    }
}

fn bio() -> TagScheme {
    TagScheme::Bio
}

impl TaggingTask {
    /// A sentence's labels as the model learns them.
    pub fn learned<S: AsRef<str>>(self, labels: &[S]) -> Vec<String> {
        match self {
            Self::Tags {} => labels.iter().map(|l| l.as_ref().to_string()).collect(),
            Self::Spans { learn, .. } => learn.convert(labels),
        }
    }

    /// A sentence's labels as they are written and counted.
    pub fn written<S: AsRef<str>>(self, labels: &[S]) -> Vec<String> {
        match self {
            Self::Tags {} => labels.iter().map(|l| l.as_ref().to_string()).collect(),
            Self::Spans { write, .. } => write.convert(labels),
        }
    }

    /// The labels that the model chooses from. Those of spans are completed, so that a kind which training has in long
    /// spans only can be chosen for a short one.
    ///
    /// # Errors
    ///
    /// When the completed labels are no vocabulary.
    pub fn complete(self, labels: &Vocabulary) -> Result<Vocabulary, VocabularyError> {
        let mut names = labels.tokens().to_vec();
        if let Self::Spans { learn, .. } = self {
            use TagPrefix::{Begin, End, Inside, Single};
            let prefixes: &[TagPrefix] = match learn {
                TagScheme::Bio | TagScheme::Iob1 => &[Begin, Inside],
                TagScheme::Bioes => &[Begin, Inside, End, Single],
            };
            let tags = labels.tokens().iter().filter_map(|label| Tag::parse(label));
            let outside = Tag {
                prefix: TagPrefix::Outside,
                kind: "",
            };
            let all = tags
                .filter(|tag| tag.prefix != TagPrefix::Outside)
                .flat_map(|tag| {
                    prefixes.iter().map(move |prefix| Tag {
                        prefix: *prefix,
                        ..tag
                    })
                })
                .chain([outside]);
            for tag in all {
                let name = tag.to_string();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        Vocabulary::from_tokens(Unit::Word, Vec::new(), names)
    }

    /// Whether a label, as it stands in a file, is one that the model can choose.
    pub fn knows(self, labels: &Vocabulary, label: &str) -> bool {
        match (self, Tag::parse(label)) {
            (Self::Spans { .. }, Some(tag)) => {
                let mut known = labels.tokens().iter().filter_map(|known| Tag::parse(known));
                known.any(|known| known.kind == tag.kind)
            }
            _ => labels.id(label).is_some(),
        }
    }

    /// Which labels may stand where, where they are labels of spans.
    ///
    /// # Errors
    ///
    /// When a label is none of the scheme that the model learns.
    pub fn constraints(
        self,
        labels: &Vocabulary,
    ) -> Result<Option<TagConstraints>, TagConstraintError> {
        match self {
            Self::Tags {} => Ok(None),
            Self::Spans { learn, .. } => TagConstraints::new(labels.tokens(), learn).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANS: TaggingTask = TaggingTask::Spans {
        learn: TagScheme::Bioes,
        write: TagScheme::Bio,
    };

    fn vocabulary(labels: &[&str]) -> Vocabulary {
        let labels = labels.iter().map(ToString::to_string).collect();
        Vocabulary::from_tokens(Unit::Word, Vec::new(), labels).unwrap()
    }

    #[test]
    fn labels_of_spans_are_completed_and_constrained() {
        let labels = SPANS
            .complete(&vocabulary(&["B-NP", "E-NP", "S-VP"]))
            .unwrap();
        let expected = [
            "B-NP", "E-NP", "S-VP", "I-NP", "S-NP", "B-VP", "I-VP", "E-VP", "O",
        ];
        assert_eq!(labels.tokens(), expected);
        let constraints = SPANS.constraints(&labels).unwrap().unwrap();
        let allows = |from: &str, to: &str| {
            let place = |label| labels.id(label).unwrap() as usize;
            constraints.allows(place(from), place(to))
        };
        assert!(allows("B-NP", "I-NP") && allows("E-NP", "S-VP"));
        assert!(!allows("B-NP", "O") && !allows("S-VP", "I-VP"));
        assert!(SPANS.knows(&labels, "I-VP") && !SPANS.knows(&labels, "B-PP"));
    }

    #[test]
    fn tags_stay_as_they_are() {
        let labels = vocabulary(&["NOUN", "VERB"]);
        let tags = TaggingTask::Tags {};
        assert_eq!(tags.complete(&labels).unwrap().tokens(), ["NOUN", "VERB"]);
        assert!(tags.constraints(&labels).unwrap().is_none());
        assert!(tags.knows(&labels, "NOUN") && !tags.knows(&labels, "ADJ"));
        assert_eq!(tags.learned(&["VERB"]), ["VERB"]);
        assert_eq!(SPANS.learned(&["I-NP", "I-NP"]), ["B-NP", "E-NP"]);
        assert_eq!(SPANS.written(&["B-NP", "E-NP"]), ["B-NP", "I-NP"]);
    }
}
