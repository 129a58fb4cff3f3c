//! Reading pairs one after the other, in bounded memory.

use std::io::BufRead;
use std::path::PathBuf;

use super::error::ParallelError;
use super::files::ParallelFiles;
use super::pair::SentencePair;
use crate::read_error::ReadError;
use crate::text_lines::{TextLines, TextSource, open_text};

/// How much of a wrong line a message shows, in characters.
const SHOWN: usize = 60;

/// The pairs of parallel text, read as they are asked for: memory is bounded by the longest lines.
///
/// Every line gives a pair, empty ones too, in order. A sentence is what stands between line ends and tabs, blanks and all;
/// a byte order mark at the beginning of a file, or of a line where files were joined, is not part of it. Lines end as
/// [`TextLines`] says. That two files have different numbers of lines is found at the end of the shorter one, when the
/// longer one is read to its end to say how many it has. After an error nothing more is given.
///
/// ```
/// use burn_recurrent_datasets::ParallelReader;
///
/// let (german, english) = ("Guten Tag.\n", "Good day.\n");
/// for pair in ParallelReader::two(german.as_bytes(), "x.de", english.as_bytes(), "x.en") {
///     let pair = pair?;
///     println!("{} -> {}", pair.source, pair.target);
/// }
/// # Ok::<(), burn_recurrent_datasets::ParallelError>(())
/// ```
#[derive(Debug)]
pub struct ParallelReader<R> {
    source: TextLines<R>,
    kind: Kind<R>,
    done: bool,
}

/// Where the translations are.
#[derive(Debug)]
enum Kind<R> {
    Two(TextLines<R>),
    Tsv {
        path: PathBuf,
        source: usize,
        target: usize,
        header: bool,
    },
}

impl ParallelReader<TextSource> {
    /// Opens the files; gzip is unpacked while it is read.
    ///
    /// # Errors
    /// A file that is missing or cannot be read.
    pub fn open(files: &ParallelFiles) -> Result<Self, ReadError> {
        match files {
            ParallelFiles::Two { source, target } => {
                let (sources, targets) = (open_text(source)?, open_text(target)?);
                Ok(Self::two(sources, source, targets, target))
            }
            ParallelFiles::Tsv {
                path,
                source,
                target,
                header,
            } => Ok(Self {
                source: TextLines::new(open_text(path)?, path),
                kind: Kind::Tsv {
                    path: path.clone(),
                    source: *source,
                    target: *target,
                    header: *header,
                },
                done: false,
            }),
        }
    }
}

impl<R: BufRead> ParallelReader<R> {
    /// Reads sentences from `source` and translations from `target`; the paths stand for them in messages.
    pub fn two(
        source: R,
        source_path: impl Into<PathBuf>,
        target: R,
        target_path: impl Into<PathBuf>,
    ) -> Self {
        Self {
            source: TextLines::new(source, source_path),
            kind: Kind::Two(TextLines::new(target, target_path)),
            done: false,
        }
    }

    /// Reads columns with a tab between them from `read`: sentences from column `source`, translations from column
    /// `target`, both from 0; `path` stands for it in messages.
    pub fn tsv(read: R, path: impl Into<PathBuf>, source: usize, target: usize) -> Self {
        let path = path.into();
        Self {
            source: TextLines::new(read, &path),
            kind: Kind::Tsv {
                path,
                source,
                target,
                header: false,
            },
            done: false,
        }
    }

    /// How many bytes of the file of sentences were read.
    pub(super) fn offset(&self) -> usize {
        self.source.offset()
    }

    fn read(&mut self) -> Result<Option<SentencePair>, ParallelError> {
        if let Kind::Tsv { header, .. } = &mut self.kind
            && std::mem::take(header)
        {
            self.source.next_line()?;
        }
        let before = self.source.line();
        let Some(text) = self.source.next_line()? else {
            return match &mut self.kind {
                Kind::Tsv { .. } => Ok(None),
                Kind::Two(target) => match target.next_line()? {
                    None => Ok(None),
                    Some(_) => Err(self.lengths()),
                },
            };
        };
        let line = before + 1;
        let (source, target) = match &mut self.kind {
            Kind::Two(target) => {
                let source = sentence(text);
                match target.next_line()? {
                    Some(target) => (source, sentence(target)),
                    None => return Err(self.lengths()),
                }
            }
            Kind::Tsv {
                path,
                source,
                target,
                ..
            } => {
                let column = |column: usize, what| {
                    let value = text.split('\t').nth(column);
                    value.map(sentence).ok_or_else(|| ParallelError::Column {
                        path: path.clone(),
                        line,
                        column,
                        what,
                        found: text.split('\t').count(),
                        text: beginning(text),
                    })
                };
                (
                    column(*source, "sentence")?,
                    column(*target, "translation")?,
                )
            }
        };
        Ok(Some(SentencePair {
            source,
            target,
            other_targets: Vec::new(),
            line,
        }))
    }

    /// Reads the longer file to its end and says how many lines each has.
    fn lengths(&mut self) -> ParallelError {
        let Kind::Two(target) = &mut self.kind else {
            unreachable!("one file has as many lines as itself");
        };
        for lines in [&mut self.source, &mut *target] {
            loop {
                match lines.next_line() {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => return error.into(),
                }
            }
        }
        ParallelError::Lengths {
            source_path: self.source.path().into(),
            source_lines: self.source.line(),
            target_path: target.path().into(),
            target_lines: target.line(),
        }
    }
}

impl<R: BufRead> Iterator for ParallelReader<R> {
    type Item = Result<SentencePair, ParallelError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.read().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}

/// The text of one side.
fn sentence(text: &str) -> String {
    text.trim_start_matches('\u{feff}').to_string()
}

/// As much of a line as a message can show.
fn beginning(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}
