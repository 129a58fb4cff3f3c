//! Reading sentences one after the other, in bounded memory.

use std::io::{self, BufRead, Write};
use std::path::Path;

use super::conllu::Ids;
use super::error::{SentenceError, SentenceProblem};
use super::format::{ColumnFormat, ConlluColumn, SentenceFormat, TagColumn};
use super::sentence::{SentenceRow, TaggedSentence};
use crate::read_error::ReadError;
use crate::text_lines::{TextLines, TextSource, open_text};

/// The most lines of one sentence: a file without blank lines must not fill the memory.
const MAX_ROWS: usize = 1 << 20;

/// How much of a wrong line a message shows, in characters.
const SHOWN: usize = 60;

/// The sentences of a file, read as they are asked for: memory is bounded by the longest one.
///
/// Line ends may be LF, CR LF or a mixture, a byte order mark is skipped, any number of blank lines stands between
/// sentences (what is written again has as many), and the last sentence may lack its blank line. After an error nothing more
/// is given.
///
/// ```
/// use burn_recurrent_datasets::{SentenceFormat, SentenceReader};
///
/// let text = "He PRP B-NP\nreckons VBZ B-VP\n\nIt PRP B-NP\n";
/// let format = SentenceFormat::columns_by_default();
/// for sentence in SentenceReader::new(text.as_bytes(), "example", format) {
///     let sentence = sentence?;
///     println!("{:?} {:?}", sentence.words, sentence.tags);
/// }
/// # Ok::<(), burn_recurrent_datasets::SentenceError>(())
/// ```
#[derive(Debug)]
pub struct SentenceReader<R> {
    lines: TextLines<R>,
    format: SentenceFormat,
    /// How many columns each line has, and from which line that is known.
    columns: Option<(usize, usize)>,
    /// The beginning of that line, where it begins with `#`.
    hash: Option<String>,
    open: Open,
    done: bool,
}

/// The sentence that is being read.
#[derive(Debug, Default)]
struct Open {
    words: Vec<String>,
    tags: Vec<String>,
    rows: Vec<SentenceRow>,
    ids: Ids,
    /// Whether the line before was `-DOCSTART-`: the blank one behind it is kept.
    document: bool,
    /// The blank lines before the next row.
    blanks: usize,
}

impl SentenceReader<TextSource> {
    /// Opens a file; gzip is unpacked while it is read.
    ///
    /// # Errors
    /// A file that is missing or cannot be read.
    pub fn open(path: impl AsRef<Path>, format: SentenceFormat) -> Result<Self, ReadError> {
        let path = path.as_ref();
        Ok(Self::new(open_text(path)?, path, format))
    }
}

impl<R: BufRead> SentenceReader<R> {
    /// Reads from `read`; `path` stands for it in messages.
    pub fn new(read: R, path: impl AsRef<Path>, format: SentenceFormat) -> Self {
        Self {
            lines: TextLines::new(read, path.as_ref()),
            format,
            columns: None,
            hash: None,
            open: Open::default(),
            done: false,
        }
    }

    /// How the file is read.
    pub fn format(&self) -> &SentenceFormat {
        &self.format
    }

    /// Lines behind the last sentence, once all sentences were given: comments and `-DOCSTART-` lines of no sentence.
    pub fn trailing(&self) -> &[SentenceRow] {
        if self.done { &self.open.rows } else { &[] }
    }

    /// Writes the lines behind the last sentence, blank ones included, once all sentences were given.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_trailing(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        if !self.done {
            return Ok(());
        }
        for row in &self.open.rows {
            row.write_blanks(out)?;
            writeln!(out, "{}", row.text)?;
        }
        (0..self.open.blanks).try_for_each(|_| writeln!(out))
    }

    fn read(&mut self) -> Result<Option<TaggedSentence>, SentenceError> {
        loop {
            let Some(text) = self.lines.next_line()? else {
                if self.open.words.is_empty() {
                    return Ok(None);
                }
                return self.close().map(Some);
            };
            let blank = text.chars().all(|c| matches!(c, ' ' | '\t'));
            if blank && self.open.words.is_empty() && !self.open.document {
                self.open.blanks += 1;
                continue;
            }
            if blank && !self.open.document {
                return self.close().map(Some);
            }
            let text = if blank {
                String::new()
            } else {
                text.to_string()
            };
            // A document ends the sentence before it, also where no blank line does.
            let document = matches!(self.format, SentenceFormat::Columns(_))
                && self.format.columns(&text).next() == Some("-DOCSTART-");
            let before = match document && !self.open.words.is_empty() {
                true => Some(self.close()?.before_document()),
                false => None,
            };
            self.row(text).map_err(|problem| self.error(problem))?;
            if before.is_some() {
                return Ok(before);
            }
        }
    }

    /// Adds a line to the open sentence.
    fn row(&mut self, text: String) -> Result<(), SentenceProblem> {
        if self.open.rows.len() == MAX_ROWS {
            return Err(SentenceProblem::TooLong { limit: MAX_ROWS });
        }
        let line = self.lines.line();
        let word = match &self.format {
            _ if text.is_empty() => {
                self.open.document = false;
                None
            }
            SentenceFormat::Columns(format) => {
                let first = self.format.columns(&text).next();
                let document = first == Some("-DOCSTART-");
                // Behind such a line words may follow at once.
                self.open.document = document && self.open.words.is_empty();
                if document || (format.comments && text.starts_with('#')) {
                    None
                } else {
                    let expected = match (format.columns, self.columns) {
                        (Some(columns), _) => (columns, None),
                        (None, Some((columns, line))) => (columns, Some(line)),
                        (None, None) => {
                            let columns = self.format.columns(&text).count();
                            self.columns = Some((columns, line));
                            self.hash = text.starts_with('#').then(|| beginning(&text));
                            (columns, Some(line))
                        }
                    };
                    let word = columns_word(&self.format, format, &text, expected);
                    let (word, tag) = word.map_err(|problem| {
                        likely_comment(problem, self.hash.as_deref(), expected.1, line)
                    })?;
                    self.open.words.push(word);
                    self.open.tags.extend(tag);
                    Some(self.open.words.len() - 1)
                }
            }
            SentenceFormat::Conllu(column) => {
                match conllu_word(&mut self.open, *column, &self.format, &text)? {
                    Some((word, tag)) => {
                        self.open.words.push(word);
                        self.open.tags.push(tag);
                        Some(self.open.words.len() - 1)
                    }
                    None => None,
                }
            }
        };
        let blank_before = std::mem::take(&mut self.open.blanks);
        self.open.rows.push(SentenceRow {
            line,
            text,
            word,
            blank_before,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<TaggedSentence, SentenceError> {
        let open = std::mem::take(&mut self.open);
        if let Err(problem) = open.ids.end() {
            return Err(self.error(problem));
        }
        Ok(TaggedSentence::from_rows(open.words, open.tags, open.rows))
    }

    fn error(&self, problem: SentenceProblem) -> SentenceError {
        let line = match problem {
            SentenceProblem::LikelyComment { line, .. } => line,
            _ => self.lines.line(),
        };
        SentenceError::Line {
            path: self.lines.path().into(),
            line,
            problem: Box::new(problem),
        }
    }
}

impl<R: BufRead> Iterator for SentenceReader<R> {
    type Item = Result<TaggedSentence, SentenceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.read().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        if matches!(next, Some(Err(_))) {
            self.open = Open::default();
        }
        next
    }
}

/// The word of a line and its tag, where there are tags.
fn columns_word(
    format: &SentenceFormat,
    columns: &ColumnFormat,
    text: &str,
    (expected, since): (usize, Option<usize>),
) -> Result<(String, Option<String>), SentenceProblem> {
    let found = format.columns(text).count();
    if found != expected {
        return Err(SentenceProblem::Columns {
            found,
            expected,
            why: match since {
                Some(line) => format!("as line {line} has"),
                None => "as the format says".to_string(),
            },
            remedy: if found > expected {
                "remove what is too much"
            } else {
                "fill in what is missing"
            },
            text: beginning(text),
        });
    }
    let column = |column: usize, what| match format.columns(text).nth(column) {
        Some("") => Err(SentenceProblem::EmptyColumn { column }),
        Some(value) => Ok(value.to_string()),
        None => Err(SentenceProblem::NoColumn {
            column,
            what,
            found,
        }),
    };
    let word = column(columns.word, "words")?;
    let tag = match columns.tag {
        TagColumn::None => None,
        TagColumn::At(at) => Some(column(at, "tags")?),
        TagColumn::Last if expected - 1 == columns.word => {
            return Err(SentenceProblem::NoColumn {
                column: expected,
                what: "tags",
                found,
            });
        }
        TagColumn::Last => Some(column(expected - 1, "tags")?),
    };
    Ok((word, tag))
}

/// Another number of columns as what it is where a line that begins with `#` is the odd one: `hash`, the first of the file, or
/// the one at hand.
fn likely_comment(
    problem: SentenceProblem,
    hash: Option<&str>,
    first: Option<usize>,
    line: usize,
) -> SentenceProblem {
    let SentenceProblem::Columns {
        found,
        expected,
        text,
        ..
    } = &problem
    else {
        return problem;
    };
    match (hash, first) {
        (Some(hash), Some(first)) => SentenceProblem::LikelyComment {
            line: first,
            text: hash.to_string(),
            found: *expected,
            others: *found,
        },
        _ if text.starts_with('#') => SentenceProblem::LikelyComment {
            line,
            text: text.clone(),
            found: *found,
            others: *expected,
        },
        _ => problem,
    }
}

/// The word of a line and its tag; `None` for a comment, a multi-word token and an empty node.
fn conllu_word(
    open: &mut Open,
    tag: ConlluColumn,
    format: &SentenceFormat,
    text: &str,
) -> Result<Option<(String, String)>, SentenceProblem> {
    if text.starts_with('#') {
        if open.ids.begun() {
            return Err(SentenceProblem::Comment);
        }
        return Ok(None);
    }
    let columns: Vec<&str> = format.columns(text).collect();
    let expected = ConlluColumn::ALL.len();
    if columns.len() != expected {
        return Err(SentenceProblem::Columns {
            found: columns.len(),
            expected,
            why: "as CoNLL-U has".to_string(),
            remedy: "put one tab between columns and `_` where there is no value",
            text: beginning(text),
        });
    }
    if let Some(column) = columns.iter().position(|column| column.is_empty()) {
        return Err(SentenceProblem::EmptyColumn { column });
    }
    let is_word = open.ids.next(columns[ConlluColumn::Id.index()])?;
    let value = |column: ConlluColumn| columns[column.index()].to_string();
    Ok(is_word.then(|| (value(ConlluColumn::Form), value(tag))))
}

/// As much of a line as a message can show.
pub(super) fn beginning(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}

/// Reads all sentences of a file.
///
/// # Errors
/// A file that cannot be read, is not of the format, or has no sentence.
pub fn read_sentences(
    path: impl AsRef<Path>,
    format: &SentenceFormat,
) -> Result<Vec<TaggedSentence>, SentenceError> {
    let path = path.as_ref();
    collect(SentenceReader::open(path, format.clone())?)
}

/// All sentences; an error where there is none.
pub(super) fn collect<R: BufRead>(
    mut reader: SentenceReader<R>,
) -> Result<Vec<TaggedSentence>, SentenceError> {
    let sentences = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
    if sentences.is_empty() {
        return Err(ReadError::Empty {
            path: reader.lines.path().into(),
            bytes: reader.lines.offset(),
        }
        .into());
    }
    Ok(sentences)
}
