//! A record as bytes.
//!
//! ```text
//! magic      8 bytes   "BRNGRAM" and a line feed
//! version    u32       1
//! order      u32
//! smoothing  u8        0 add-k, 1 stupid backoff, 2 Katz, 3 Kneser-Ney
//! parameter  f64       k, alpha or threshold; 0 for Kneser-Ney
//! min_counts u32s
//! eos        u32s      none or one value
//! unigrams   u32s
//! then for each order from 2: starts, tokens, counts, each u32s
//! checksum   u64       64-bit FNV-1a of all before it
//! ```
//!
//! Numbers are little-endian; "u32s" is a `u64` length and that many `u32`.

use std::io::{self, Read, Write};

use super::config::{MAX_ORDER, NgramConfig, Smoothing};
use super::error::NgramError;
use super::record::{NgramRecord, OrderRecord};

const MAGIC: &[u8; 8] = b"BRNGRAM\n";
const VERSION: u32 = 1;
/// Arrays are read and written in pieces of this many values, so that a length in a damaged file reserves no memory
/// that the file has no bytes for.
const PIECE: usize = 16 * 1024;

impl NgramRecord {
    /// Writes the record as bytes, ended by a checksum. The writer need not be buffered.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn write_to(&self, writer: impl Write) -> Result<(), NgramError> {
        let mut out = Checked::new(writer);
        out.put(MAGIC)?;
        out.put(&VERSION.to_le_bytes())?;
        out.put(&(self.config.order as u32).to_le_bytes())?;
        let (kind, parameter) = match self.config.smoothing {
            Smoothing::AddK { k } => (0u8, k),
            Smoothing::StupidBackoff { alpha } => (1, alpha),
            Smoothing::Katz { threshold } => (2, f64::from(threshold)),
            Smoothing::KneserNey => (3, 0.0),
        };
        out.put(&[kind])?;
        out.put(&parameter.to_le_bytes())?;
        out.put_array(&self.config.min_counts)?;
        out.put_array(self.eos.as_slice())?;
        out.put_array(&self.unigrams)?;
        for order in &self.orders {
            out.put_array(&order.starts)?;
            out.put_array(&order.tokens)?;
            out.put_array(&order.counts)?;
        }
        let checksum = out.checksum;
        out.put(&checksum.to_le_bytes())?;
        out.stream.flush()?;
        Ok(())
    }

    /// Reads what [`write_to`](Self::write_to) wrote, and nothing after it. The reader need not be buffered.
    ///
    /// The record is what was written, which [`NgramModel::from_record`](super::NgramModel::from_record) still
    /// checks.
    ///
    /// # Errors
    ///
    /// When reading fails, and when the bytes are of another kind or version, end too early or were changed.
    pub fn read_from(reader: impl Read) -> Result<Self, NgramError> {
        let mut input = Checked::new(reader);
        let magic = input.take::<8>()?;
        if &magic != MAGIC {
            return malformed("it does not begin with the mark of one");
        }
        let version = input.take_u32()?;
        if version != VERSION {
            return malformed(format!("it has version {version}, expected {VERSION}"));
        }
        let order = input.take_u32()? as usize;
        if order == 0 || order > MAX_ORDER {
            return malformed(format!("it has order {order}, expected 1 to {MAX_ORDER}"));
        }
        let [kind] = input.take::<1>()?;
        let parameter = f64::from_le_bytes(input.take()?);
        let smoothing = match kind {
            0 => Smoothing::AddK { k: parameter },
            1 => Smoothing::StupidBackoff { alpha: parameter },
            2 => Smoothing::Katz {
                threshold: parameter as u32,
            },
            3 => Smoothing::KneserNey,
            _ => return malformed(format!("it has smoothing {kind}, expected 0 to 3")),
        };
        let min_counts = input.take_array()?;
        let eos = match input.take_array()?[..] {
            [] => None,
            [eos] => Some(eos),
            _ => return malformed("it has more than one end-of-sentence id"),
        };
        let unigrams = input.take_array()?;
        let orders = (2..=order)
            .map(|_| {
                Ok(OrderRecord {
                    starts: input.take_array()?,
                    tokens: input.take_array()?,
                    counts: input.take_array()?,
                })
            })
            .collect::<Result<_, NgramError>>()?;
        let expected = input.checksum;
        if u64::from_le_bytes(input.take()?) != expected {
            return malformed("its checksum is wrong, so it was damaged or changed");
        }
        Ok(Self {
            config: NgramConfig {
                order,
                smoothing,
                min_counts,
            },
            eos,
            unigrams,
            orders,
        })
    }
}

fn malformed<T>(message: impl Into<String>) -> Result<T, NgramError> {
    Err(NgramError::Format(message.into()))
}

/// A reader or writer that sums up what goes through it.
struct Checked<S> {
    stream: S,
    checksum: u64,
}

impl<S> Checked<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            checksum: 0xcbf2_9ce4_8422_2325,
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.checksum = (self.checksum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl<W: Write> Checked<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), NgramError> {
        self.add(bytes);
        Ok(self.stream.write_all(bytes)?)
    }

    fn put_array(&mut self, values: &[u32]) -> Result<(), NgramError> {
        self.put(&(values.len() as u64).to_le_bytes())?;
        for piece in values.chunks(PIECE) {
            let bytes: Vec<u8> = piece.iter().flat_map(|value| value.to_le_bytes()).collect();
            self.put(&bytes)?;
        }
        Ok(())
    }
}

impl<R: Read> Checked<R> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NgramError> {
        self.stream.read_exact(bytes).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                NgramError::Format("it ends too early".to_string())
            } else {
                NgramError::Io(error)
            }
        })?;
        self.add(bytes);
        Ok(())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], NgramError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn take_u32(&mut self) -> Result<u32, NgramError> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    fn take_array(&mut self) -> Result<Vec<u32>, NgramError> {
        let mut remaining = u64::from_le_bytes(self.take()?);
        let mut values = Vec::new();
        let mut bytes = vec![0; 4 * PIECE.min(remaining.try_into().unwrap_or(PIECE))];
        while remaining > 0 {
            let piece = bytes.len().min(
                remaining
                    .saturating_mul(4)
                    .try_into()
                    .unwrap_or(bytes.len()),
            );
            self.fill(&mut bytes[..piece])?;
            let (words, _) = bytes[..piece].as_chunks::<4>();
            values.extend(words.iter().map(|&word| u32::from_le_bytes(word)));
            remaining -= words.len() as u64;
        }
        Ok(values)
    }
}
