//! The opcodes of protocol 2.

use crate::support::entries;

/// A text.
pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = vec![b'X'];
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

/// A tensor that is a view of the first floats of a storage.
pub fn view(key: &str, floats: u32, shape: [u32; 2], strides: [u32; 2]) -> Vec<u8> {
    let integer = |value: u32| [&b"J"[..], &value.to_le_bytes()].concat();
    let pair =
        |[first, second]: [u32; 2]| [integer(first), integer(second), b"\x86".to_vec()].concat();
    [
        b"ctorch._utils\n_rebuild_tensor_v2\n((",
        &text("storage")[..],
        b"ctorch\nFloatStorage\n",
        &text(key),
        &text("cpu"),
        &integer(floats),
        b"tQK\x00",
        &pair(shape),
        &pair(strides),
        b"\x89ccollections\nOrderedDict\n)RtR",
    ]
    .concat()
}

/// A tensor of these axes, whose storage has this key and one number.
pub fn tensor(key: &str, rank: usize) -> Vec<u8> {
    let axes = [&b"("[..], &b"K\x01".repeat(rank), b"t"].concat();
    [
        b"ctorch._utils\n_rebuild_tensor_v2\n((",
        &text("storage")[..],
        b"ctorch\nFloatStorage\n",
        &text(key),
        &text("cpu"),
        b"K\x01tQK\x00",
        &axes,
        &axes,
        b"\x89ccollections\nOrderedDict\n)RtR",
    ]
    .concat()
}

/// A pickle of these opcodes.
pub fn of(opcodes: &[&[u8]]) -> Vec<u8> {
    [b"\x80\x02", &opcodes.concat()[..], b"."].concat()
}

/// A file such as `torch.save` writes, of one storage.
pub fn torch_archive(pickle: &[u8], storage: &str) -> Vec<u8> {
    entries(&[
        ("archive/data.pkl", pickle),
        (&format!("archive/data/{storage}"), &[0; 4]),
    ])
}
