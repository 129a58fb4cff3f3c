//! The bytes of a pickle, read one after another, none kept.

use super::text::{Gathered, Text};
use std::io::BufRead;

/// Where a pickle is read from, and how far.
pub(in crate::file) struct Input<R> {
    reader: R,
    position: u64,
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
