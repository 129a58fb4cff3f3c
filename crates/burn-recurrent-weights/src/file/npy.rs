//! One NumPy array: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
//!
//! Crates that read this format hand its header to a full parser of Python's literals, which recurses as deeply as the
//! header asks for; of the header NumPy itself writes, three values are needed.

use super::element::ElementType;
use super::entry::{Data, Entry};

const MAGIC: &[u8] = b"\x93NUMPY";
/// The longest header that is read; NumPy's own limit is 10000.
const MAX_HEADER: usize = 10_000;
/// The most axes an array may have in NumPy 1.
const MAX_RANK: usize = 32;

/// The array in `bytes`, its numbers brought to little-endian rows.
pub(super) fn parse(mut bytes: Vec<u8>) -> Result<Entry, String> {
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or("it does not begin as a NumPy array")?;
    let (&[major, _minor], rest) = rest.split_first_chunk().ok_or(CUT)?;
    let (length, rest) = match major {
        1 => {
            let (length, rest) = rest.split_first_chunk().ok_or(CUT)?;
            (u16::from_le_bytes(*length) as usize, rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk().ok_or(CUT)?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        _ => return Err(format!("version {major} of the format is not known")),
    };
    if length > MAX_HEADER {
        return Err(format!("its header claims {length} bytes"));
    }
    let (header, data) = rest.split_at_checked(length).ok_or(CUT)?;
    let header = std::str::from_utf8(header).map_err(|_| "its header is not UTF-8")?;
    let header = Header::parse(header).ok_or_else(|| {
        format!(
            "its header is not that of a plain array: {:?}",
            header.trim()
        )
    })?;
    let big_endian = header.descr.starts_with('>');
    let element = match header.descr {
        "<f2" | ">f2" => ElementType::F16,
        "<f4" | ">f4" => ElementType::F32,
        "<f8" | ">f8" => ElementType::F64,
        "<i8" | ">i8" => ElementType::I64,
        other => ElementType::Other(other.to_owned()),
    };
    let Some(size) = element.size() else {
        // Known by name and shape alone, so that an error can name it.
        return Ok(Entry {
            element,
            shape: header.shape,
            data: Data::Bytes(Vec::new()),
        });
    };
    let claimed = header
        .shape
        .iter()
        .try_fold(size, |bytes, axis| bytes.checked_mul(*axis));
    if claimed != Some(data.len()) {
        return Err(format!(
            "its shape {:?} of {element} does not take the {} bytes that it has",
            header.shape,
            data.len()
        ));
    }
    let (fortran_order, shape) = (header.fortran_order, header.shape);
    // In place: an array may be as large as the file.
    let start = bytes.len() - data.len();
    bytes.drain(..start);
    if fortran_order && shape.len() > 1 {
        bytes = rows_from_columns(&bytes, &shape, size);
    }
    if big_endian {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    Ok(Entry {
        element,
        shape,
        data: Data::Bytes(bytes),
    })
}

const CUT: &str = "it ends within its header";

/// An array of f32 in NumPy's format.
pub(super) fn serialize(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let axes: String = shape.iter().map(|axis| format!("{axis},")).collect();
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({axes}), }}");
    // The numbers begin at a multiple of 64 bytes, the header ends in a line break.
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    let padding = unpadded.next_multiple_of(64) - unpadded;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    // A header of at most 32 axes of 20 digits is far shorter than 65536.
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, in any order.
struct Header<'a> {
    descr: &'a str,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl<'a> Header<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
        while !rest.is_empty() {
            let (key, after) = quoted(rest)?;
            let after = after.trim_start().strip_prefix(':')?.trim_start();
            let is_new;
            let after = match key {
                "descr" => {
                    let (value, after) = quoted(after)?;
                    is_new = descr.replace(value).is_none();
                    after
                }
                "fortran_order" => {
                    let (value, after) = match after.strip_prefix("True") {
                        Some(after) => (true, after),
                        None => (false, after.strip_prefix("False")?),
                    };
                    is_new = fortran_order.replace(value).is_none();
                    after
                }
                "shape" => {
                    let (inner, after) = after.strip_prefix('(')?.split_once(')')?;
                    let inner = inner.trim();
                    let inner = inner.strip_suffix(',').unwrap_or(inner);
                    let axes: Option<Vec<usize>> = match inner {
                        "" => Some(Vec::new()),
                        _ => inner
                            .split(',')
                            .map(|axis| axis.trim().parse().ok())
                            .collect(),
                    };
                    is_new = shape.replace(axes?).is_none();
                    after
                }
                _ => return None,
            };
            if !is_new {
                return None;
            }
            rest = after.trim_start();
            rest = match rest.strip_prefix(',') {
                Some(rest) => rest.trim_start(),
                None if rest.is_empty() => rest,
                None => return None,
            };
        }
        let shape = shape?;
        (shape.len() <= MAX_RANK).then_some(Self {
            descr: descr?,
            fortran_order: fortran_order?,
            shape,
        })
    }
}

/// A text in either kind of quotes, and what follows it. NumPy escapes nothing in the texts that are expected here.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|first| "'\"".contains(*first))?;
    text[1..].split_once(quote)
}

/// The elements of an array whose first axis runs fastest, its last axis running fastest.
fn rows_from_columns(data: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    let mut rows = Vec::with_capacity(data.len());
    let mut index = vec![0; shape.len()];
    for _ in 0..data.len() / size {
        let mut stride = size;
        let mut start = 0;
        for (at, axis) in index.iter().zip(shape) {
            start += at * stride;
            stride *= axis;
        }
        rows.extend_from_slice(&data[start..start + size]);
        for (at, axis) in index.iter_mut().zip(shape).rev() {
            *at += 1;
            if *at < *axis {
                break;
            }
            *at = 0;
        }
    }
    rows
}
