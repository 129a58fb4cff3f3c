//! A short value that tells vocabularies apart.

use std::fmt;

use crate::special::Special;
use crate::unit::Unit;

/// Tells vocabularies apart: equal for the same unit, special tokens and tokens in the same order, and different, but
/// for one chance in 2^64, for any other. It is the same on every machine and stays so, so that a model can keep it; as
/// text, 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn new(unit: Unit, specials: &[Special], tokens: &[String]) -> Self {
        let number = specials.len().to_string();
        let specials = specials.iter().map(|special| special.token());
        let tokens = tokens.iter().map(String::as_str);
        Self::of(
            [unit.name(), &number]
                .into_iter()
                .chain(specials)
                .chain(tokens),
        )
    }

    /// Tells this list of strings from others.
    pub(crate) fn of<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        // 64-bit FNV-1a. Each string is preceded by its length, so that no two lists run together to the same bytes.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for text in texts {
            let text = text.as_ref();
            let length = (text.len() as u64).to_le_bytes();
            for byte in length.into_iter().chain(text.bytes()) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Self(hash)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
