//! Reading text files, with errors that say where a file goes wrong.

use std::io::Read;
use std::path::Path;

use crate::file_kind::FileKind;
use crate::read_error::ReadError;
use crate::text_lines::open_text;

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
