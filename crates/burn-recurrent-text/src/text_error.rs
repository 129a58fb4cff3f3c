//! Errors of a text, or of the ids of one.

use thiserror::Error;

/// A text that cannot be encoded, or ids that cannot be decoded. Lines and columns count from one, columns in
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextError {
    /// There is nothing to encode.
    #[error("the text is empty, expected at least one token")]
    Empty,
    /// A token is not in a vocabulary that has no `<unk>`.
    #[error(
        "line {line}, column {column}: {token:?} is not in the vocabulary, which has no <unk> for such tokens"
    )]
    UnknownToken {
        /// The token.
        token: String,
        /// Its line.
        line: usize,
        /// The column of its first character.
        column: usize,
    },
    /// The text is not UTF-8.
    #[error("line {line}, byte {byte}: the text is not valid UTF-8")]
    InvalidUtf8 {
        /// The line of the first byte that is wrong.
        line: usize,
        /// How many bytes of the text come before it.
        byte: usize,
    },
    /// An id is not in the vocabulary.
    #[error("id {id} at position {position} is not in the vocabulary, expected one below {size}")]
    UnknownId {
        /// The id.
        id: u32,
        /// Where it is among the ids, from zero.
        position: usize,
        /// The size of the vocabulary.
        size: usize,
    },
}

/// The bytes of a file as text.
///
/// # Errors
///
/// [`TextError::InvalidUtf8`], with the place of the first byte that is wrong.
pub fn utf8(bytes: &[u8]) -> Result<&str, TextError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let byte = error.valid_up_to();
        let line = 1 + bytes[..byte].iter().filter(|&&b| b == b'\n').count();
        TextError::InvalidUtf8 { line, byte }
    })
}

/// Line and column of a place in a text, both from one.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let line = 1 + before.bytes().filter(|&b| b == b'\n').count();
    (line, 1 + before[line_start..].chars().count())
}
