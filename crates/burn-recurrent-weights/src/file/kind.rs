//! What a file is that has no tensors that can be read from it, told from its first bytes.

/// How many of the first bytes are looked at.
pub(super) const LOOKED_AT: usize = 512;

/// What a file that begins like this is, and how to get from it to one that is read; `None` where it may be a file of
/// tensors.
pub(super) fn of(head: &[u8], extension: Option<&str>) -> Option<&'static str> {
    let text = head.trim_ascii_start();
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let begins = |word: &str| {
        let found = text.get(..word.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    };
    let starts = |magic: &[u8]| head.starts_with(magic);
    Some(if starts(b"version https://git-lfs.github.com/spec/") {
        "it is a Git LFS pointer, which stands for the file: get the file itself with `git lfs pull`"
    } else if begins("<!doctype html") || begins("<html") {
        "it is an HTML page, not what was to be downloaded: use the address of the file itself, and log in if the page asks for it"
    } else if begins("<?xml") || begins("<error") {
        "it is an XML text, perhaps what a server said instead of the file: look at it, and download the file again"
    } else if starts(b"\x89HDF\r\n\x1a\n") {
        "it is an HDF5 file: load it in Keras, and write `numpy.savez(\"weights.npz\", **{w.path: w.numpy() for w in \
         model.weights})`"
    } else if starts(b"GGUF") {
        "it is a GGUF file, of which nothing is read: take the weights that it was made from, as safetensors"
    } else if starts(b"\x1f\x8b") {
        "it is compressed with gzip: unpack it with `gunzip`, or with `tar -xzf`"
    } else if extension == Some("onnx") || is_onnx(head) {
        "it is an ONNX model: in Python, `from onnx import load, numpy_helper`, and `numpy.savez(\"weights.npz\", **{t.name: \
         numpy_helper.to_array(t) for t in load(path).graph.initializer})`; ONNX orders an LSTM's gates i, o, f, g and a \
         GRU's z, r, n, so the export from the model that it was made from is the safer way"
    } else if is_json(head) {
        "it is a JSON text, such as the index of weights in several files, or a model's configuration: open the files of \
         weights themselves, `.safetensors` or `.bin`, one after the other"
    } else if starts(b"\x93NUMPY") {
        "it is one NumPy array, without a name: `numpy.savez(\"weights.npz\", **{\"name\": numpy.load(path)})`"
    } else {
        return None;
    })
}

/// A text that begins as JSON does. The length of a safetensors header may begin with the same byte, but zeros follow it.
fn is_json(head: &[u8]) -> bool {
    let text = head.trim_ascii();
    let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    matches!(
        text,
        [b'{', b'"' | b'}', ..] | [b'{', b' ' | b'\t' | b'\r' | b'\n', ..]
    ) && head.iter().all(is_text)
}

/// A model of ONNX's in its protocol buffer: the version of its format, a number below 128, and the name of what wrote
/// it, or a domain, as text.
fn is_onnx(head: &[u8]) -> bool {
    match head {
        [0x08, 1..=0x7f, 0x12, length, rest @ ..] => {
            let name = rest.get(..usize::from(*length));
            *length > 0 && name.is_some_and(|name| name.iter().all(|byte| byte.is_ascii_graphic()))
        }
        _ => false,
    }
}

/// What a zip archive with entries of these names is that has no tensors that can be read from it.
pub(super) fn of_archive<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    names
        .any(|name| name == "model.weights.h5")
        .then_some(KERAS)
}

/// Whether a file's name is that of a model of Keras.
pub(super) fn is_keras(extension: Option<&str>) -> bool {
    extension == Some("keras")
}

pub(super) const KERAS: &str = "it is a model of Keras: load it there, `model = keras.saving.load_model(path)`, and write \
    `numpy.savez(\"weights.npz\", **{w.path: w.numpy() for w in model.weights})`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_tensors_is_none_of_these() {
        for head in [
            &b"\x40\0\0\0\0\0\0\0{\"a\":"[..],
            b"\x08\0\0\0\0\0\0\0{}      ",
            b"\x80\x02}q\0(X",
            b"PK\x03\x04",
            b"{\0\0\0\0\0\0\0{\"a\":",
            b"}q\0.",
            b"(dp0\n",
            b"",
        ] {
            assert_eq!(of(head, Some("pt")), None, "{head:?}");
        }
    }

    #[test]
    fn an_onnx_model_is_known_by_who_wrote_it() {
        assert!(is_onnx(b"\x08\x07\x12\x07pytorch\x1a\x05"));
        assert!(!is_onnx(b"\x08\x07\x12\x07pyto"));
        assert!(!is_onnx(b"\x08\0\0\0\0\0\0\0{}"));
    }
}
