//! Tagged sentences for a person to look at.

use crate::text::InputSentence;
use anstyle::{AnsiColor, Effects, Style};
use burn_recurrent_text::{TaggingTask, spans};
use std::io::{self, Write};

/// Told apart on dark and light grounds.
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Magenta,
    AnsiColor::Green,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::Red,
];

/// Writes a sentence as one line: `[NP the cat] [VP sat]` for spans, `the/DET cat/NOUN` for tags.
pub fn write(
    out: &mut dyn Write,
    task: TaggingTask,
    sentence: &InputSentence,
    labels: &[String],
) -> io::Result<()> {
    let parts = match task {
        TaggingTask::Tags {} => tags(&sentence.tagged.words, labels),
        TaggingTask::Spans { .. } => brackets(sentence, labels),
    };
    writeln!(out, "{}", parts.join(" "))
}

fn tags(words: &[String], labels: &[String]) -> Vec<String> {
    let words = words.iter().zip(labels);
    words
        .map(|(word, label)| format!("{word}{}", painted(&format!("/{label}"), colour(label))))
        .collect()
}

fn brackets(sentence: &InputSentence, labels: &[String]) -> Vec<String> {
    let words = &sentence.tagged.words;
    let mut parts = Vec::new();
    let mut next = 0;
    for span in spans(labels) {
        parts.extend_from_slice(&words[next..span.start]);
        let style = colour(span.kind);
        let text = sentence.text(span.start..span.end);
        let label = painted(&format!("[{}", span.kind), style);
        let text = painted(&text, style.effects(Effects::BOLD));
        parts.push(format!("{label} {text}{}", painted("]", style)));
        next = span.end;
    }
    parts.extend_from_slice(&words[next..]);
    parts
}

fn painted(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// The same label has the same colour everywhere.
fn colour(label: &str) -> Style {
    let sum = label.bytes().fold(7_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(byte))
    });
    Style::new().fg_color(Some(COLOURS[sum % COLOURS.len()].into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_recurrent_datasets::TaggedSentence;
    use burn_recurrent_text::WordTokenizer;

    fn own(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    fn shown(task: TaggingTask, words: &[&str], labels: &[&str]) -> String {
        shown_sentence(task, TaggedSentence::new(own(words), Vec::new()), labels)
    }

    fn shown_sentence(
        task: TaggingTask,
        sentence: impl Into<InputSentence>,
        labels: &[&str],
    ) -> String {
        let mut out = Vec::new();
        write(&mut out, task, &sentence.into(), &own(labels)).unwrap();
        String::from_utf8(anstream::adapter::strip_bytes(&out).into_vec()).unwrap()
    }

    #[test]
    fn spans_stand_in_brackets_and_tags_behind_their_words() {
        let spans = TaggingTask::Spans {
            learn: burn_recurrent_text::TagScheme::Bio,
            write: burn_recurrent_text::TagScheme::Bio,
        };
        let words = ["so", "the", "cat", "sat", "."];
        let labels = ["O", "B-NP", "I-NP", "B-VP", "O"];
        assert_eq!(
            shown(spans, &words, &labels),
            "so [NP the cat] [VP sat] .\n"
        );
        assert_eq!(
            shown(TaggingTask::Tags {}, &["the", "cat"], &["DET", "NOUN"]),
            "the/DET cat/NOUN\n"
        );
        assert_eq!(shown(spans, &[], &[]), "\n");
        // A span of a line of text is as it stands there.
        let line = InputSentence::of_line("我爱北京。", WordTokenizer::Unicode);
        let labels = ["O", "O", "B-LOC", "I-LOC", "O"];
        assert_eq!(
            shown_sentence(spans, line, &labels),
            "我 爱 [LOC 北京] 。\n"
        );
    }
}
