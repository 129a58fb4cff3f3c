//! Spans of tokens, and where a sequence of labels has them.

use super::tag::{Tag, TagPrefix};

/// A stretch of tokens with a kind: a chunk, an entity, a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span<'l> {
    /// Its first token, from zero.
    pub start: usize,
    /// The token behind its last one.
    pub end: usize,
    /// Its kind, such as `NP`.
    pub kind: &'l str,
}

/// The spans of a sequence of labels, in order, whatever scheme the labels are of.
///
/// The rules are those of the CoNLL shared tasks' evaluation script `conlleval` (its `startOfChunk` and `endOfChunk`),
/// under which a sequence that is not valid has spans too: an `I-` or `E-` that continues nothing begins a span, and so
/// does a change of kind. Each label but `O` is thus in one span exactly. A label that has no prefix counts as `O`.
///
/// ```
/// use burn_recurrent_text::{Span, spans};
///
/// let labels = ["I-NP", "I-NP", "B-NP", "O", "I-VP"];
/// let found: Vec<_> = spans(&labels).iter().map(|s| (s.kind, s.start, s.end)).collect();
/// assert_eq!(found, [("NP", 0, 2), ("NP", 2, 3), ("VP", 4, 5)]);
/// ```
pub fn spans<S: AsRef<str>>(labels: &[S]) -> Vec<Span<'_>> {
    let mut spans: Vec<Span<'_>> = Vec::new();
    // The prefix and kind before, where a span can still go on.
    let mut open: Option<&str> = None;
    for (position, label) in labels.iter().enumerate() {
        let Some(tag) = Tag::parse(label.as_ref()).filter(|tag| tag.prefix != TagPrefix::Outside)
        else {
            open = None;
            continue;
        };
        let begins =
            matches!(tag.prefix, TagPrefix::Begin | TagPrefix::Single) || open != Some(tag.kind);
        match spans.last_mut() {
            Some(last) if !begins => last.end = position + 1,
            _ => spans.push(Span {
                start: position,
                end: position + 1,
                kind: tag.kind,
            }),
        }
        open = (!matches!(tag.prefix, TagPrefix::End | TagPrefix::Single)).then_some(tag.kind);
    }
    spans
}
