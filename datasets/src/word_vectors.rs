//! Pretrained word vectors in text files: GloVe and word2vec.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::read_error::ReadError;
use crate::text_lines::{TextLines, open_text};

/// Vectors of words, one for each.
#[derive(Debug, Clone, PartialEq)]
pub struct WordVectors {
    width: usize,
    words: Vec<String>,
    /// `[words, width]`
    values: Vec<f32>,
    places: HashMap<String, usize>,
    duplicates: usize,
}

/// Why word vectors could not be read.
#[derive(Debug, Error)]
pub enum VectorsError {
    /// The file cannot be read as text.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A line holds no vector as the other lines do.
    #[error("{path}, line {line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        problem: VectorProblem,
    },
}

/// What is wrong with a line of a file of word vectors, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VectorProblem {
    /// The vector has another width than the others.
    #[error(
        "found {found} numbers behind {word:?}, expected {expected}, {why}; remove or repair the line"
    )]
    Width {
        /// The word.
        word: String,
        /// How many numbers there are.
        found: usize,
        /// How many there should be.
        expected: usize,
        /// Why so many.
        why: &'static str,
    },
    /// A number is none, or not finite.
    #[error("found {found:?} behind {word:?}, expected a finite number; repair the line")]
    Number {
        /// The word.
        word: String,
        /// What is there.
        found: String,
    },
    /// The file has fewer or more vectors than its first line says.
    #[error(
        "the file ends after {found} vectors, expected {expected}, as its first line says; the file was cut off or changed"
    )]
    Count {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
}

/// Why the width is the expected one.
const AS_HEADER: &str = "as the first line says";
const AS_FIRST: &str = "as the first vector has";

impl WordVectors {
    /// Reads the vectors of the words that `keep` wants; the others are skipped unread, but for their width.
    ///
    /// The file has a line for each word: the word, and its numbers, with blanks between them. A first line of two whole
    /// numbers is word2vec's header: how many vectors there are and how wide they are; both are checked. (A file of
    /// vectors of one number, whose first word is a number itself, would be taken for one with a header.) A word may have
    /// blanks in it, as some in GloVe's files do, where they are not numbers. Of a word that stands there twice the first
    /// vector counts. gzip is unpacked.
    ///
    /// # Errors
    /// A file that cannot be read, is not UTF-8, has a vector of another width, or something that is no number.
    pub fn read(
        path: impl AsRef<Path>,
        keep: impl FnMut(&str) -> bool,
    ) -> Result<Self, VectorsError> {
        let path = path.as_ref();
        Self::from_lines(TextLines::new(open_text(path)?, path), keep)
    }

    /// Reads the vectors of these words, and of their lower-case forms, so that [`lookup`](Self::lookup) finds what it
    /// can.
    ///
    /// # Errors
    /// As [`WordVectors::read`].
    pub fn read_for<'w>(
        path: impl AsRef<Path>,
        words: impl IntoIterator<Item = &'w str>,
    ) -> Result<Self, VectorsError> {
        let mut wanted = std::collections::HashSet::new();
        for word in words {
            wanted.insert(word.to_lowercase());
            wanted.insert(word.to_string());
        }
        Self::read(path, |word| wanted.contains(word))
    }

    /// [`WordVectors::read`] from lines.
    ///
    /// # Errors
    /// As [`WordVectors::read`].
    pub fn from_lines<R: BufRead>(
        mut lines: TextLines<R>,
        mut keep: impl FnMut(&str) -> bool,
    ) -> Result<Self, VectorsError> {
        let path = lines.path().to_path_buf();
        let at = |line, problem| VectorsError::Line {
            path: path.clone(),
            line,
            problem,
        };
        let mut vectors = Self {
            width: 0,
            words: Vec::new(),
            values: Vec::new(),
            places: HashMap::new(),
            duplicates: 0,
        };
        let mut header: Option<usize> = None;
        let mut rows = 0;
        let mut number = 0;
        while let Some(text) = lines.next_line()? {
            number += 1;
            let text = text.trim_matches(is_blank);
            if text.is_empty() {
                continue;
            }
            if rows == 0 && header.is_none() {
                if let Some((count, width)) = as_header(text) {
                    (header, vectors.width) = (Some(count), width);
                    continue;
                }
                vectors.width = text.split(is_blank).filter(|c| !c.is_empty()).count() - 1;
            }
            let why = if header.is_some() {
                AS_HEADER
            } else {
                AS_FIRST
            };
            rows += 1;
            vectors
                .add(text, why, &mut keep)
                .map_err(|problem| at(number, problem))?;
        }
        if rows == 0 {
            return Err(ReadError::Empty {
                bytes: lines.offset(),
                path,
            }
            .into());
        }
        match header {
            Some(expected) if expected != rows => Err(at(
                number,
                VectorProblem::Count {
                    found: rows,
                    expected,
                },
            )),
            _ => Ok(vectors),
        }
    }

    /// How many numbers a vector has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many vectors were kept.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether no vector was kept.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words whose vectors were kept, in the order of the file.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// How many vectors of wanted words were left out because there was one before.
    pub fn duplicates(&self) -> usize {
        self.duplicates
    }

    /// The vector of this very word.
    pub fn get(&self, word: &str) -> Option<&[f32]> {
        let place = *self.places.get(word)?;
        Some(&self.values[place * self.width..(place + 1) * self.width])
    }

    /// The vector of a word: of the very word, else of its lower-case form.
    pub fn lookup(&self, word: &str) -> Option<&[f32]> {
        self.get(word).or_else(|| self.get(&word.to_lowercase()))
    }

    fn add(
        &mut self,
        text: &str,
        why: &'static str,
        keep: &mut impl FnMut(&str) -> bool,
    ) -> Result<(), VectorProblem> {
        let width = self.width;
        let columns: Vec<&str> = text.split(is_blank).filter(|c| !c.is_empty()).collect();
        let numbers = columns.len() - 1;
        let error = |found| VectorProblem::Width {
            word: columns[0].to_string(),
            found,
            expected: width,
            why,
        };
        if width == 0 || numbers < width {
            return Err(match width {
                0 => VectorProblem::Width {
                    word: columns[0].to_string(),
                    found: 0,
                    expected: 1,
                    why: "at least",
                },
                _ => error(numbers),
            });
        }
        // What is too much belongs to a word with blanks in it, unless it is numbers.
        let (word, values) = columns.split_at(columns.len() - width);
        if word.len() > 1 && word[1..].iter().all(|column| column.parse::<f32>().is_ok()) {
            return Err(error(numbers));
        }
        let word = word.join(" ");
        if !keep(&word) {
            return Ok(());
        }
        if self.places.contains_key(&word) {
            self.duplicates += 1;
            return Ok(());
        }
        let before = self.values.len();
        for value in values {
            match value.parse::<f32>() {
                Ok(value) if value.is_finite() => self.values.push(value),
                _ => {
                    self.values.truncate(before);
                    let found = value.to_string();
                    return Err(VectorProblem::Number { word, found });
                }
            }
        }
        self.places.insert(word.clone(), self.words.len());
        self.words.push(word);
        Ok(())
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// What word2vec's first line says: the number of vectors and their width.
fn as_header(text: &str) -> Option<(usize, usize)> {
    let mut columns = text.split(is_blank).filter(|column| !column.is_empty());
    let header = (
        columns.next()?.parse().ok()?,
        columns.next()?.parse().ok().filter(|width| *width > 0)?,
    );
    columns.next().is_none().then_some(header)
}
