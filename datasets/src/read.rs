//! Reading text files, with errors that say where a file goes wrong.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::file_kind::FileKind;
use crate::text_lines::open_text;

/// Why a text file could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("{path}: there is no such file; check the path, or put the file there")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("{path}: cannot be read: {cause}; check that it is a file and that you may read it")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file has no bytes, or only white space.
    #[error("{path}: the file holds no text ({bytes} bytes); give a file with at least one line")]
    Empty {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: usize,
    },
    /// The file is not UTF-8.
    #[error(
        "{path}, line {line}: byte {offset} of the file (0x{byte:02x}) is not valid UTF-8; convert the file, for example with `iconv -f latin1 -t utf-8`"
    )]
    InvalidUtf8 {
        /// The file.
        path: PathBuf,
        /// The line the byte is on, counted from 1.
        line: usize,
        /// How many bytes of the file come before it.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// The file is no UTF-8 text but something that can be named.
    #[error("{path}: the file is {kind}")]
    NotText {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: FileKind,
    },
    /// A line has a carriage return in it that no line feed follows.
    #[error(
        "{path}, line {line}: a carriage return (CR) that no line feed follows, expected lines that end with LF or CR LF; convert the file, for example with `tr '\\r' '\\n'`"
    )]
    CarriageReturn {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A line has no end that a text's line would have.
    #[error(
        "{path}, line {line}: the line has more than {limit} bytes; check that it is a text file with line ends"
    )]
    LineTooLong {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The most bytes that a line may have.
        limit: usize,
    },
}

impl ReadError {
    /// What the system says of a file.
    pub(crate) fn io(path: &Path, cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::NotFound => ReadError::Missing { path: path.into() },
            _ => ReadError::Io {
                path: path.into(),
                cause,
            },
        }
    }
}

/// Reads a whole UTF-8 text file, as [`TextLines`](crate::TextLines) reads its lines: without the byte order mark that it
/// may begin with, and with LF for each CR LF. Nothing else is changed, and there is no limit to the length of a line. gzip
/// is unpacked.
///
/// # Errors
/// A file that is missing, unreadable, without text, or not UTF-8 (with line and byte offset, or as what it is), or that has a
/// CR which no LF follows.
pub fn read_text(path: impl AsRef<Path>) -> Result<String, ReadError> {
    let path = path.as_ref();
    let mut bytes = Vec::new();
    open_text(path)?
        .read_to_end(&mut bytes)
        .map_err(|cause| ReadError::io(path, cause))?;
    if let Some(kind) = FileKind::of(&bytes) {
        let path = path.into();
        return Err(ReadError::NotText { path, kind });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        ReadError::InvalidUtf8 {
            path: path.into(),
            line: 1 + bytes[..offset].iter().filter(|&&b| b == b'\n').count(),
            offset,
            byte: bytes[offset],
        }
    })?;
    if text.trim().is_empty() {
        return Err(ReadError::Empty {
            path: path.into(),
            bytes: text.len(),
        });
    }
    plain(text).map_err(|line| ReadError::CarriageReturn {
        path: path.into(),
        line,
    })
}

/// Reads a file of any kind, byte for byte.
///
/// # Errors
/// A file that is missing, cannot be read, or has no bytes.
pub fn read_bytes(path: impl AsRef<Path>) -> Result<Vec<u8>, ReadError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|cause| ReadError::io(path, cause))?;
    match bytes.is_empty() {
        true => Err(ReadError::Empty {
            path: path.into(),
            bytes: 0,
        }),
        false => Ok(bytes),
    }
}

/// A text without its byte order mark and the CRs of its line ends; the line of a CR that ends none is the error.
fn plain(text: String) -> Result<String, usize> {
    let marked = text.starts_with('\u{feff}');
    if !marked && !text.contains('\r') {
        return Ok(text);
    }
    let mut plain = String::with_capacity(text.len());
    for (number, line) in (1..).zip(text[if marked { 3 } else { 0 }..].split_inclusive('\n')) {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains('\r') {
            return Err(number);
        }
        plain.push_str(line);
        plain.push_str(end);
    }
    Ok(plain)
}

/// The lines of a text in a one-sentence-a-line format.
///
/// A line ends with LF or CR LF, neither of which is part of it, and a CR that ends the file is
/// dropped too. The last line may lack its line ending. A CR inside a line stays.
pub fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split_terminator('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
}
