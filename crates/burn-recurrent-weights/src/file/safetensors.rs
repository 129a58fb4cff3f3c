//! The safetensors format, read with suspicion: <https://huggingface.co/docs/safetensors>.

use super::element::ElementType;
use super::entry::{Data, Entry};
use safetensors::{Dtype, SafeTensorError, SafeTensors, View};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// The most axes a tensor may have; recurrent weights have two.
const MAX_RANK: usize = 16;

/// What helps with most files that end too soon.
const CUT: &str = "it may have been cut off, so download or copy it again";

/// The tensors of a safetensors file; their data are ranges of `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Result<BTreeMap<String, Entry>, String> {
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| {
        format!(
            "it has {} bytes, and the length of its header takes 8",
            bytes.len()
        )
    })?;
    let length = u64::from_le_bytes(*length);
    let header = usize::try_from(length)
        .ok()
        .and_then(|length| rest.get(..length))
        .ok_or_else(|| {
            format!(
                "its header should be {length} bytes long, but only {} follow: {CUT}",
                rest.len()
            )
        })?;
    // The library keeps the last of several tensors of one name, and buffers whatever it finds in a header before it
    // looks at it, so the header's form is checked first, without keeping anything but the names.
    serde_json::from_slice::<Header>(header).map_err(|error| format!("its header: {error}"))?;
    // Here the library checks the shapes against the offsets, and these against the file.
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| match error {
        SafeTensorError::MetadataIncompleteBuffer => {
            format!(
                "{error}: its tensors do not end where its {} bytes do; {CUT}",
                bytes.len()
            )
        }
        error => error.to_string(),
    })?;
    let data = bytes.len() - (rest.len() - header.len());
    let entries = tensors.iter().map(|(name, view)| {
        // Offsets are not public, but the data is a part of the bytes.
        let start = view.data().as_ptr().addr() - bytes.as_ptr().addr();
        debug_assert!(start >= data);
        let entry = Entry {
            element: element(view.dtype()),
            shape: view.shape().to_vec(),
            data: Data::Range(start..start + view.data().len()),
        };
        (name.to_owned(), entry)
    });
    Ok(entries.collect())
}

/// The bytes of a safetensors file of f32 tensors.
pub(super) fn serialize(tensors: &[(&str, &[usize], Vec<f32>)]) -> Result<Vec<u8>, String> {
    let views = tensors.iter().map(|(name, shape, values)| {
        let view = FloatView {
            shape,
            bytes: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        };
        (*name, view)
    });
    safetensors::serialize(views, None).map_err(|error| error.to_string())
}

fn element(dtype: Dtype) -> ElementType {
    match dtype {
        Dtype::F16 => ElementType::F16,
        Dtype::BF16 => ElementType::Bf16,
        Dtype::F32 => ElementType::F32,
        Dtype::F64 => ElementType::F64,
        Dtype::I64 => ElementType::I64,
        other => ElementType::Other(other.to_string()),
    }
}

struct FloatView<'a> {
    shape: &'a [usize],
    bytes: Vec<u8>,
}

impl View for FloatView<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// A header of the right form, in which no name comes twice.
struct Header;

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from tensor names to their type, shape and offsets")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "__metadata__" => {
                    map.next_value::<Metadata>()?;
                }
                _ => {
                    map.next_value::<Info>()?;
                }
            }
            if let Some(name) = names.replace(name) {
                return Err(A::Error::custom(format!("{name:?} comes twice")));
            }
        }
        Ok(Header)
    }
}

/// A tensor's line in the header.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Info {
    dtype: Dtype,
    shape: Shape,
    data_offsets: (u64, u64),
}

/// At most [`MAX_RANK`] numbers.
struct Shape;

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a shape of at most {MAX_RANK} axes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Shape, A::Error> {
        let mut rank = 0;
        while sequence.next_element::<u64>()?.is_some() {
            rank += 1;
            if rank > MAX_RANK {
                return Err(A::Error::invalid_length(rank, &self));
            }
        }
        Ok(Shape)
    }
}

/// A map from text to text, none of which is kept.
struct Metadata;

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MetadataVisitor;
        impl<'de> Visitor<'de> for MetadataVisitor {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from text to text")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
                while map.next_entry::<IgnoredAny, String>()?.is_some() {}
                Ok(Metadata)
            }
        }
        deserializer.deserialize_map(MetadataVisitor)
    }
}
