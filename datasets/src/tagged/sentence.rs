//! One tagged sentence, with what it takes to write it again.

use std::io::{self, Write};

use super::format::SentenceFormat;

/// A sentence of a CoNLL file: its words and tags, and its lines as they were.
///
/// Two sentences are equal when their words, tags and lines are, wherever they stand.
#[derive(Debug, Clone)]
pub struct TaggedSentence {
    /// The words that are tagged.
    pub words: Vec<String>,
    /// As many tags as words; none where the format has no column of tags.
    pub tags: Vec<String>,
    /// All lines of the sentence in order, the blank one that ends it not counted.
    pub rows: Vec<SentenceRow>,
    /// `[words]`: the row of each word.
    places: Vec<usize>,
    /// Whether a `-DOCSTART-` line stood behind it without a blank one.
    joined: bool,
}

/// A line of a sentence.
#[derive(Debug, Clone)]
pub struct SentenceRow {
    /// Its number in the file, from 1.
    pub line: usize,
    /// The line without its ending.
    pub text: String,
    /// Which of the sentence's words it holds; `None` for a comment, a `-DOCSTART-` line and the blank one behind it, a
    /// multi-word token and an empty node.
    pub word: Option<usize>,
    /// How many blank lines stand before it, beside the one that ends the sentence before.
    pub blank_before: usize,
}

impl SentenceRow {
    /// Writes the blank lines before the row.
    pub(super) fn write_blanks(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        (0..self.blank_before).try_for_each(|_| writeln!(out))
    }
}

impl TaggedSentence {
    /// A sentence that was read from no file. Its lines are words and tags with a space between them.
    ///
    /// # Panics
    /// If there are tags, and more or fewer than words.
    pub fn new(words: Vec<String>, tags: Vec<String>) -> Self {
        assert!(
            tags.is_empty() || tags.len() == words.len(),
            "a sentence of {} words has {} tags",
            words.len(),
            tags.len()
        );
        let row = |(index, word): (usize, &String)| SentenceRow {
            line: 0,
            text: match tags.get(index) {
                Some(tag) => format!("{word} {tag}"),
                None => word.clone(),
            },
            word: Some(index),
            blank_before: 0,
        };
        let rows = words.iter().enumerate().map(row).collect();
        Self::from_rows(words, tags, rows)
    }

    /// A sentence of which each word has a row.
    pub(super) fn from_rows(words: Vec<String>, tags: Vec<String>, rows: Vec<SentenceRow>) -> Self {
        let places = (0..rows.len()).filter(|&row| rows[row].word.is_some());
        Self {
            places: places.collect(),
            words,
            tags,
            rows,
            joined: false,
        }
    }

    /// The same with a `-DOCSTART-` line behind it instead of a blank one.
    pub(super) fn before_document(mut self) -> Self {
        self.joined = true;
        self
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no word, which no reader gives.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The line of a word in its file, from 1; 0 for a sentence that was read from no file.
    ///
    /// # Panics
    /// If there is no such word.
    pub fn line(&self, word: usize) -> usize {
        self.row(word).line
    }

    /// The columns of a word's line.
    ///
    /// # Panics
    /// If there is no such word.
    pub fn columns(&self, word: usize, format: &SentenceFormat) -> Vec<&str> {
        format.columns(&self.row(word).text).collect()
    }

    /// The comment of this name, as CoNLL-U has it: `# sent_id = weblog-1` gives `weblog-1` for `sent_id`.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.rows.iter().find_map(|row| {
            let comment = row.text.strip_prefix('#').filter(|_| row.word.is_none())?;
            let (key, value) = comment.split_once('=')?;
            (key.trim() == name).then_some(value.trim())
        })
    }

    /// Writes the sentence as it was read, and a blank line, unless a `-DOCSTART-` line stood there instead; blank lines before
    /// it stand there again. Line ends are LF.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        for row in &self.rows {
            row.write_blanks(out)?;
            writeln!(out, "{}", row.text)?;
        }
        self.write_end(out)
    }

    /// Writes the sentence with other tags in the column of tags, all other columns as they were. Where the format or the
    /// line has no such column, the tag is written behind the last one.
    ///
    /// # Panics
    /// If there are more or fewer tags than words.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_with_tags<S: AsRef<str>>(
        &self,
        out: &mut (impl Write + ?Sized),
        format: &SentenceFormat,
        tags: &[S],
    ) -> io::Result<()> {
        self.write_rows(out, tags, |out, text, tag| {
            let mut columns: Vec<&str> = format.columns(text).collect();
            match format.tag_column(columns.len()) {
                Some(column) => columns[column] = tag,
                None => columns.push(tag),
            }
            writeln!(out, "{}", columns.join(format.separator(text)))
        })
    }

    /// Writes the sentence as it was, with one more column for these tags, as the script `conlleval` reads it.
    ///
    /// # Panics
    /// If there are more or fewer tags than words.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_with_column<S: AsRef<str>>(
        &self,
        out: &mut (impl Write + ?Sized),
        format: &SentenceFormat,
        tags: &[S],
    ) -> io::Result<()> {
        self.write_rows(out, tags, |out, text, tag| {
            writeln!(out, "{text}{}{tag}", format.separator(text))
        })
    }

    fn write_rows<W: Write + ?Sized, S: AsRef<str>>(
        &self,
        out: &mut W,
        tags: &[S],
        mut word: impl FnMut(&mut W, &str, &str) -> io::Result<()>,
    ) -> io::Result<()> {
        assert_eq!(
            tags.len(),
            self.words.len(),
            "a sentence of {} words is to be written with {} tags",
            self.words.len(),
            tags.len()
        );
        for row in &self.rows {
            row.write_blanks(out)?;
            match row.word {
                Some(index) => word(out, &row.text, tags[index].as_ref())?,
                None => writeln!(out, "{}", row.text)?,
            }
        }
        self.write_end(out)
    }

    fn write_end(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        match self.joined {
            true => Ok(()),
            false => writeln!(out),
        }
    }

    fn row(&self, word: usize) -> &SentenceRow {
        let words = self.places.len();
        assert!(word < words, "word {word} of a sentence of {words} words");
        &self.rows[self.places[word]]
    }
}

impl PartialEq for TaggedSentence {
    fn eq(&self, other: &Self) -> bool {
        let rows = |sentence: &Self| {
            let rows = sentence.rows.iter();
            rows.map(|row| (row.text.clone(), row.word))
                .collect::<Vec<_>>()
        };
        (&self.words, &self.tags, rows(self)) == (&other.words, &other.tags, rows(other))
    }
}

impl Eq for TaggedSentence {}
