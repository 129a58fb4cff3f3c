//! Plain text as sentences of words.

use burn_recurrent_datasets::{ReadError, TaggedSentence, TextLines};
use burn_recurrent_text::WordTokenizer;
use std::borrow::Cow;
use std::io::BufRead;
use std::ops::Range;

/// A sentence to be tagged, and the line that it was cut from where it is plain text.
#[derive(Debug)]
pub struct InputSentence {
    /// Its words.
    pub tagged: TaggedSentence,
    line: Option<Line>,
}

/// A line of text, and where its words stand in it, in bytes.
#[derive(Debug)]
struct Line {
    text: String,
    words: Vec<Range<usize>>,
}

impl InputSentence {
    /// The words of a line of text.
    pub fn of_line(text: &str, tokenizer: WordTokenizer) -> Self {
        let ranges = tokenizer.ranges(text);
        let words = ranges.iter().map(|range| text[range.clone()].to_string());
        Self {
            tagged: TaggedSentence::new(words.collect(), Vec::new()),
            line: Some(Line {
                text: text.to_string(),
                words: ranges,
            }),
        }
    }

    /// Where each word begins in its line and where it ends, in characters (Unicode scalar values) from 0; `None` where
    /// there is no line of text.
    pub fn offsets(&self) -> Option<Vec<[usize; 2]>> {
        let Line { text, words } = self.line.as_ref()?;
        let (mut bytes, mut characters) = (0, 0);
        let mut character = |byte: usize| {
            characters += text[bytes..byte].chars().count();
            bytes = byte;
            characters
        };
        let words = words.iter();
        Some(
            words
                .map(|word| [character(word.start), character(word.end)])
                .collect(),
        )
    }

    /// The text of the words of this range, which is not empty: as it stands in its line, or the words with spaces
    /// between them where there is none.
    pub fn text(&self, words: Range<usize>) -> Cow<'_, str> {
        match &self.line {
            Some(line) => {
                let (first, last) = (&line.words[words.start], &line.words[words.end - 1]);
                Cow::Borrowed(&line.text[first.start..last.end])
            }
            None => Cow::Owned(self.tagged.words[words].join(" ")),
        }
    }
}

/// A sentence of columns.
impl From<TaggedSentence> for InputSentence {
    fn from(tagged: TaggedSentence) -> Self {
        Self { tagged, line: None }
    }
}

/// The lines of a text as sentences. A line without words is a sentence without words, so that there are as many
/// sentences as lines.
pub struct TextSentences<R> {
    pub lines: TextLines<R>,
    pub tokenizer: WordTokenizer,
}

impl<R: BufRead> Iterator for TextSentences<R> {
    type Item = Result<InputSentence, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next_line().transpose()?;
        Some(line.map(|line| InputSentence::of_line(line, self.tokenizer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_sentences_as_lines() {
        let sentences = TextSentences {
            lines: TextLines::new("one two\r\n\n\nthree".as_bytes(), "text"),
            tokenizer: WordTokenizer::Unicode,
        };
        let lengths: Vec<usize> = sentences.map(|s| s.unwrap().tagged.len()).collect();
        assert_eq!(lengths, [2, 0, 0, 1]);
    }

    #[test]
    fn offsets_count_characters_and_the_text_between_them_is_the_word() {
        let text = "e\u{301}te\u{301}, 26\u{a0}000  \u{1f469}\u{200d}\u{1f52c} 北京\t!";
        let sentence = InputSentence::of_line(text, WordTokenizer::Unicode);
        let characters: Vec<char> = text.chars().collect();
        let offsets = sentence.offsets().unwrap();
        assert_eq!(offsets.len(), sentence.tagged.len());
        for ([start, end], word) in offsets.iter().zip(&sentence.tagged.words) {
            assert_eq!(characters[*start..*end].iter().collect::<String>(), *word);
        }
        assert_eq!(offsets[..3], [[0, 5], [5, 6], [7, 13]]);
        assert_eq!(
            sentence.text(2..4),
            "26\u{a0}000  \u{1f469}\u{200d}\u{1f52c}"
        );
        assert_eq!(sentence.text(4..6), "北京");

        let words = ["New", "York"].map(String::from).to_vec();
        let columns = InputSentence::from(TaggedSentence::new(words, Vec::new()));
        assert_eq!(columns.text(0..2), "New York");
        assert!(columns.offsets().is_none());
        let nothing = InputSentence::of_line(" ", WordTokenizer::Unicode);
        assert_eq!(nothing.offsets().unwrap().len(), 0);
    }
}
