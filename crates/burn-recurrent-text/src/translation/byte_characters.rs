//! Bytes as visible characters, and the pieces of a line that no subword reaches out of.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

/// The character that stands for each byte, as in GPT-2: bytes that are visible characters of Latin-1 stand for
/// themselves, the others for characters from U+0100 on. The blank is `Ġ`.
static CHARACTERS: LazyLock<[char; 256]> = LazyLock::new(|| {
    let mut next = '\u{100}'..;
    std::array::from_fn(|byte| match byte as u8 {
        byte @ (b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff) => char::from(byte),
        _ => next.next().expect("there are 256 characters from there on"),
    })
});

static BYTES: LazyLock<HashMap<char, u8>> =
    LazyLock::new(|| CHARACTERS.iter().copied().zip(0..=255).collect());

/// The character of each byte.
pub(super) fn alphabet() -> &'static [char; 256] {
    &CHARACTERS
}

/// Whether all characters stand for bytes.
pub(super) fn is_of_bytes(token: &str) -> bool {
    token
        .chars()
        .all(|character| BYTES.contains_key(&character))
}

/// The pieces of a line, each as characters that stand for its bytes: letters, digits, other marks, each with the blank
/// before them, and white space. A blank is put before the line, so that its first word looks like the others. An empty
/// line has no pieces.
pub(super) fn pieces(line: &str) -> Vec<String> {
    static PIECE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r" ?\p{L}[\p{L}\p{M}]*(?:['’]\p{L}[\p{L}\p{M}]*)*| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+",
        )
        .expect("the pattern is well-formed")
    });
    if line.is_empty() {
        return Vec::new();
    }
    let line = format!(" {line}");
    let pieces = PIECE.find_iter(&line);
    pieces
        .map(|piece| piece.as_str().bytes())
        .map(|bytes| bytes.map(|byte| CHARACTERS[usize::from(byte)]).collect())
        .collect()
}

/// The line that tokens of such characters are; bytes that are not UTF-8 become U+FFFD.
pub(super) fn line<T: AsRef<str>>(tokens: &[T]) -> String {
    let mut bytes = Vec::new();
    for character in tokens.iter().flat_map(|token| token.as_ref().chars()) {
        match BYTES.get(&character) {
            Some(&byte) => bytes.push(byte),
            None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    let line = String::from_utf8_lossy(&bytes);
    line.strip_prefix(' ').unwrap_or(&line).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_marks_are_apart() {
        assert_eq!(
            pieces("Don't pay $3.50!"),
            ["ĠDon't", "Ġpay", "Ġ$", "3", ".", "50", "!"]
        );
        assert_eq!(pieces("<pad>"), ["Ġ<", "pad", ">"]);
        assert_eq!(pieces("ä  b"), ["ĠÃ¤", "ĠĠ", "b"]);
        assert!(pieces("").is_empty());
    }

    #[test]
    fn every_byte_has_a_character_of_its_own() {
        assert_eq!(BYTES.len(), 256);
        assert_eq!(CHARACTERS[usize::from(b' ')], 'Ġ');
        assert!(
            CHARACTERS
                .iter()
                .all(|c| !c.is_whitespace() && !c.is_control())
        );
    }
}
