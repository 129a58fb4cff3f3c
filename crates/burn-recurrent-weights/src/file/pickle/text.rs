//! What is kept of a pickle's texts: a bounded part of each, however long it is.

use super::tag::Tag;
use std::hash::{DefaultHasher, Hasher};

/// What is kept of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    pub(super) length: u64,
    pub(super) hash: u64,
    pub(super) tag: Tag,
    /// Its value, if it is a decimal number.
    pub(super) integer: Option<i64>,
    /// Whether there is a backslash in it.
    has_backslash: bool,
    /// Its beginning, for a message.
    head: [u8; HEAD],
}

/// Whatever has a meaning is no longer.
const HEAD: usize = 32;

impl Text {
    /// The text, cut off where it is long, as a message shows it.
    pub(super) fn shown(&self) -> String {
        let length = usize::try_from(self.length).map_or(HEAD, |length| length.min(HEAD));
        String::from_utf8_lossy(&self.head[..length])
            .escape_debug()
            .to_string()
    }

    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut text = Gathered::default();
        text.push(bytes);
        text.finish()
    }

    /// The text as protocol 0 has it: a backslash may stand for any letter, and so the text for any other.
    pub(super) fn with_escapes(self) -> Self {
        match self.has_backslash {
            true => Self {
                tag: Tag::Escaped,
                ..self
            },
            false => self,
        }
    }

    /// The text as a place in the memo.
    pub(super) fn index(&self) -> Result<u32, String> {
        self.integer
            .and_then(|index| u32::try_from(index).ok())
            .ok_or_else(|| "a place in its memo is not a number".to_owned())
    }
}

/// A text of which some has been read.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) length: u64,
    hasher: DefaultHasher,
    head: [u8; HEAD],
    has_backslash: bool,
}

impl Gathered {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Some(rest) = self.head.get_mut(self.length as usize..) {
            let length = rest.len().min(bytes.len());
            rest[..length].copy_from_slice(&bytes[..length]);
        }
        for byte in bytes {
            self.hasher.write_u8(*byte);
        }
        self.has_backslash |= bytes.contains(&b'\\');
        self.length += bytes.len() as u64;
    }

    pub(super) fn finish(self) -> Text {
        let head = usize::try_from(self.length)
            .ok()
            .and_then(|length| self.head.get(..length))
            .unwrap_or_default();
        // A reader takes either kind of line break off.
        let head = head.strip_suffix(b"\r").unwrap_or(head);
        let digits = std::str::from_utf8(head).unwrap_or_default();
        Text {
            length: self.length,
            hash: self.hasher.finish(),
            tag: Tag::of(head),
            integer: digits.trim_end_matches('L').parse().ok(),
            has_backslash: self.has_backslash,
            head: self.head,
        }
    }
}
