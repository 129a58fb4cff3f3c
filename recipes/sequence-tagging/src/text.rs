//! Plain text as sentences of words.

use burn_recurrent_datasets::{ReadError, TaggedSentence, TextLines};
use std::io::BufRead;
use unicode_segmentation::UnicodeSegmentation;

/// The words of a line of text: what stands between the word boundaries of Unicode (UAX #29), white space left out.
/// Punctuation is words of its own, `don't` and `3.5` are one word.
pub fn words(line: &str) -> Vec<String> {
    line.split_word_bounds()
        .filter(|word| !word.chars().all(char::is_whitespace))
        .map(str::to_string)
        .collect()
}

/// The lines of a text as sentences. A line without words is a sentence without words, so that there are as many
/// sentences as lines.
pub struct TextSentences<R>(pub TextLines<R>);

impl<R: BufRead> Iterator for TextSentences<R> {
    type Item = Result<TaggedSentence, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.0.next_line().transpose()?;
        Some(line.map(|line| TaggedSentence::new(words(line), Vec::new())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_is_apart_and_white_space_is_nothing() {
        assert_eq!(
            words("  She said: \u{201c}don't pay $3.50!\u{201d}\t"),
            [
                "She", "said", ":", "\u{201c}", "don't", "pay", "$", "3.50", "!", "\u{201d}"
            ]
        );
        assert_eq!(words("Zürich–Köln"), ["Zürich", "–", "Köln"]);
        assert!(words(" \u{a0}\t").is_empty());
    }

    #[test]
    fn there_are_as_many_sentences_as_lines() {
        let text = TextLines::new("one two\r\n\n\nthree".as_bytes(), "text");
        let lengths: Vec<usize> = TextSentences(text).map(|s| s.unwrap().len()).collect();
        assert_eq!(lengths, [2, 0, 0, 1]);
    }
}
