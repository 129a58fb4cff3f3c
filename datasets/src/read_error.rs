//! Why a text file could not be read.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::file_kind::FileKind;

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
