//! The bytes of a pickle, read one after another, none kept.

use super::value::Tag;
use std::hash::{DefaultHasher, Hasher};
use std::io::BufRead;

/// Where a pickle is read from, and how far.
pub(in crate::file) struct Input<R> {
    reader: R,
    position: u64,
}

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
struct Gathered {
    length: u64,
    hasher: DefaultHasher,
    head: [u8; HEAD],
    has_backslash: bool,
}

impl Gathered {
    fn push(&mut self, bytes: &[u8]) {
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

    fn finish(self) -> Text {
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

impl<R: BufRead> Input<R> {
    pub(in crate::file) fn new(reader: R) -> Self {
        Self {
            reader,
            position: 0,
        }
    }

    /// How many bytes have been read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn byte(&mut self) -> Result<u8, String> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        self.reader
            .read_exact(&mut bytes)
            .map_err(|error| error.to_string())?;
        self.position += N as u64;
        Ok(bytes)
    }

    pub(super) fn length_u32(&mut self) -> Result<u64, String> {
        self.bytes()
            .map(|bytes| u64::from(u32::from_le_bytes(bytes)))
    }

    pub(super) fn skip(&mut self, length: u64) -> Result<(), String> {
        self.text(length).map(drop)
    }

    /// A text of so many bytes.
    pub(super) fn text(&mut self, length: u64) -> Result<Text, String> {
        let mut text = Gathered::default();
        while text.length < length {
            let buffer = self.reader.fill_buf().map_err(|error| error.to_string())?;
            let wanted = usize::try_from(length - text.length).unwrap_or(usize::MAX);
            let taken = buffer.len().min(wanted);
            if taken == 0 {
                return Err(CUT.to_owned());
            }
            text.push(&buffer[..taken]);
            self.reader.consume(taken);
            self.position += taken as u64;
        }
        Ok(text.finish())
    }

    /// A text that ends in a line break.
    pub(super) fn line(&mut self) -> Result<Text, String> {
        let mut text = Gathered::default();
        loop {
            let buffer = self.reader.fill_buf().map_err(|error| error.to_string())?;
            if buffer.is_empty() {
                return Err(CUT.to_owned());
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            text.push(&buffer[..end.unwrap_or(buffer.len())]);
            let taken = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(taken);
            self.position += taken as u64;
            if end.is_some() {
                return Ok(text.finish());
            }
        }
    }

    /// A little-endian integer of so many bytes, if it is one of at most 8.
    pub(super) fn small_integer(&mut self, length: u64) -> Result<Option<i64>, String> {
        if length > 8 {
            self.skip(length)?;
            return Ok(None);
        }
        let mut bytes = Vec::new();
        for _ in 0..length {
            bytes.push(self.byte()?);
        }
        let sign = match bytes.last().is_some_and(|byte| byte & 0x80 != 0) {
            true => 0xff,
            false => 0,
        };
        bytes.resize(8, sign);
        Ok(bytes.first_chunk().map(|bytes| i64::from_le_bytes(*bytes)))
    }
}

const CUT: &str = "it is cut off";
