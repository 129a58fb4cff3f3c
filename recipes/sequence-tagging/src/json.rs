//! Tagged sentences for a program: `tag --format json`.

use crate::text::InputSentence;
use burn_recurrent_text::{TaggingTask, spans};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

/// A sentence, as a line.
#[derive(Serialize)]
struct Line<'a> {
    tokens: &'a [String],
    labels: &'a [String],
    /// Where each token begins in the line of text and where it ends, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    offsets: Option<&'a [[usize; 2]]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spans: Option<Vec<Span<'a>>>,
}

#[derive(Serialize)]
struct Span<'a> {
    label: &'a str,
    /// Its first token, from 0, and the one behind its last.
    tokens: [usize; 2],
    /// Where it begins in the line of text and where it ends, in characters.
    #[serde(flatten)]
    place: Option<Place>,
    text: Cow<'a, str>,
}

#[derive(Serialize)]
struct Place {
    start: usize,
    end: usize,
}

/// Writes a sentence as a line of JSON, with its spans where labels mark some.
pub fn write(
    out: &mut dyn Write,
    task: TaggingTask,
    sentence: &InputSentence,
    labels: &[String],
) -> io::Result<()> {
    let offsets = sentence.offsets();
    let offsets = offsets.as_deref();
    let spans_of = || {
        let spans = spans(labels).into_iter();
        spans.map(|span| Span {
            label: span.kind,
            tokens: [span.start, span.end],
            place: offsets.map(|offsets| Place {
                start: offsets[span.start][0],
                end: offsets[span.end - 1][1],
            }),
            text: sentence.text(span.start..span.end),
        })
    };
    let line = Line {
        tokens: &sentence.tagged.words,
        labels,
        offsets,
        spans: (task != TaggingTask::Tags {}).then(|| spans_of().collect()),
    };
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}
