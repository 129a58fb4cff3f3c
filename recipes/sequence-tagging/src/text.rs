//! Plain text as sentences of words.

use burn_recurrent_datasets::{ReadError, TaggedSentence, TextLines};
use burn_recurrent_text::words;
use std::io::BufRead;

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
    fn there_are_as_many_sentences_as_lines() {
        let text = TextLines::new("one two\r\n\n\nthree".as_bytes(), "text");
        let lengths: Vec<usize> = TextSentences(text).map(|s| s.unwrap().len()).collect();
        assert_eq!(lengths, [2, 0, 0, 1]);
    }
}
