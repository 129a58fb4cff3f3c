//! Labels as they stand in files, as the model learns them, and as they are written and counted.

use crate::config::Task;
use burn_recurrent_datasets::TaggedPart;
use burn_recurrent_models::TransitionConstraints;
use burn_recurrent_text::{
    Tag, TagConstraintError, TagConstraints, TagPrefix, TagScheme, Unit, Vocabulary,
    VocabularyError,
};
use burn_recurrent_train::Report;

impl Task {
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

    /// Checks that every label of spans marks one.
    pub fn check(self, part: &TaggedPart) -> Result<(), Report> {
        if self == (Self::Tags {}) {
            return Ok(());
        }
        for sentence in &part.sentences {
            for (word, label) in sentence.tags.iter().enumerate() {
                if Tag::parse(label).is_none() {
                    return Err(Report::failure(format!(
                        "{}, line {}: the label `{label}` marks no span, expected `O`, or `B-`, `I-`, `E-` or `S-` and a \
                         kind, as in `B-NP`",
                        part.path.display(),
                        sentence.line(word)
                    ))
                    .with_help("for labels that are no spans, set `data.task = { kind = \"tags\" }`"));
                }
            }
        }
        Ok(())
    }

    /// The labels that the model chooses from. Those of spans are completed, so that a kind which training has in long
    /// spans only can be chosen for a short one.
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
    pub fn constraints(
        self,
        labels: &Vocabulary,
    ) -> Result<Option<TransitionConstraints>, TagConstraintError> {
        let Self::Spans { learn, .. } = self else {
            return Ok(None);
        };
        let constraints = TagConstraints::new(labels.tokens(), learn)?;
        Ok(Some(TransitionConstraints {
            start: constraints.start,
            transitions: constraints
                .transitions
                .chunks(labels.len())
                .map(<[bool]>::to_vec)
                .collect(),
            end: constraints.end,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANS: Task = Task::Spans {
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
        let allows = |labels_of: &[&str]| {
            let ids: Vec<usize> = labels_of
                .iter()
                .map(|label| labels.id(label).unwrap() as usize)
                .collect();
            constraints.allows(&ids)
        };
        assert!(allows(&["B-NP", "I-NP", "E-NP", "S-VP"]));
        assert!(!allows(&["B-NP", "O"]));
        assert!(!allows(&["S-VP", "I-VP", "E-VP"]));
        assert!(SPANS.knows(&labels, "I-VP") && !SPANS.knows(&labels, "B-PP"));
    }

    #[test]
    fn tags_stay_as_they_are() {
        let labels = vocabulary(&["NOUN", "VERB"]);
        let tags = Task::Tags {};
        assert_eq!(tags.complete(&labels).unwrap().tokens(), ["NOUN", "VERB"]);
        assert!(tags.constraints(&labels).unwrap().is_none());
        assert!(tags.knows(&labels, "NOUN") && !tags.knows(&labels, "ADJ"));
        assert_eq!(tags.learned(&["VERB"]), ["VERB"]);
        assert_eq!(SPANS.learned(&["I-NP", "I-NP"]), ["B-NP", "E-NP"]);
        assert_eq!(SPANS.written(&["B-NP", "E-NP"]), ["B-NP", "I-NP"]);
    }
}
