//! Indented JSON in which an array stands on one line: a table of constraints is a row a line, not an entry a line.

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// A value as indented JSON, ended by a line feed.
pub(super) fn to_vec(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(
        &mut bytes,
        ArraysOnOneLine::default(),
    ))?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[derive(Default)]
struct ArraysOnOneLine {
    objects: PrettyFormatter<'static>,
    arrays: CompactFormatter,
}

impl Formatter for ArraysOnOneLine {
    fn begin_array_value<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        match first {
            true => Ok(()),
            false => to.write_all(b", "),
        }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.arrays.end_array_value(to)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.objects.begin_object(to)
    }

    fn end_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.objects.end_object(to)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.objects.begin_object_key(to, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.objects.begin_object_value(to)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.objects.end_object_value(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_are_indented_and_arrays_are_not() {
        let value = json!({"a": {"b": [[true, false], [false, true]], "c": 0.5}, "d": []});
        let text = String::from_utf8(to_vec(&value).unwrap()).unwrap();
        let expected = "{\n  \"a\": {\n    \"b\": [[true, false], [false, true]],\n    \"c\": 0.5\n  },\n  \"d\": []\n}\n";
        assert_eq!(text, expected);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }
}
