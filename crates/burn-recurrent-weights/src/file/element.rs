//! The element types of tensors in files, and their numbers as f32.

use burn::tensor::{bf16, f16};
use std::fmt;

/// The element type of a tensor in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// 16-bit IEEE floating point.
    F16,
    /// 16-bit "brain" floating point.
    Bf16,
    /// 32-bit IEEE floating point.
    F32,
    /// 64-bit IEEE floating point.
    F64,
    /// 64-bit signed integers.
    I64,
    /// Any other, by the file's name for it: no numbers are read from such tensors.
    Other(String),
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I64 => "i64",
            Self::Other(name) => name,
        })
    }
}

impl ElementType {
    /// The bytes of an element, where numbers are read from it.
    pub(super) fn size(&self) -> Option<usize> {
        match self {
            Self::F16 | Self::Bf16 => Some(2),
            Self::F32 => Some(4),
            Self::F64 | Self::I64 => Some(8),
            Self::Other(_) => None,
        }
    }

    /// Whether weights may have this type.
    pub(crate) fn is_float(&self) -> bool {
        matches!(self, Self::F16 | Self::Bf16 | Self::F32 | Self::F64)
    }

    /// Little-endian floating-point numbers, rounded to f32; `None` for other types.
    pub(super) fn floats(&self, bytes: &[u8]) -> Option<Vec<f32>> {
        Some(match self {
            Self::F16 => elements(bytes, |bytes| f16::from_le_bytes(bytes).to_f32()),
            Self::Bf16 => elements(bytes, |bytes| bf16::from_le_bytes(bytes).to_f32()),
            Self::F32 => elements(bytes, f32::from_le_bytes),
            Self::F64 => elements(bytes, |bytes| f64::from_le_bytes(bytes) as f32),
            Self::I64 | Self::Other(_) => return None,
        })
    }

    /// Little-endian 64-bit integers; `None` for other types.
    pub(super) fn integers(&self, bytes: &[u8]) -> Option<Vec<i64>> {
        (*self == Self::I64).then(|| elements(bytes, i64::from_le_bytes))
    }
}

fn elements<T, const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks.iter().map(|chunk| read(*chunk)).collect()
}
