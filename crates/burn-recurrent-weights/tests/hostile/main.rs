//! Files that lie: an error, no panic, and no allocation beyond a small multiple of the file's size.
//!
//! `BURN_RECURRENT_FUZZ=300000 cargo test -p burn-recurrent-weights --test hostile` reads so many mutations of each kind.

mod fuzz;
mod pickle;
mod pytorch;
mod support;

use burn::tensor::Device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use support::{alone, deflated, fixture, read, stored, twice};

fn safetensors(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; data]);
    bytes
}

#[test]
fn a_safetensors_header_that_lies_is_refused() {
    let _guard = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lie.safetensors");
    let device = Device::default();
    let tensor = |shape: &str, offsets: &str| {
        format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#)
    };
    assert_eq!(
        read(&path, &safetensors(&tensor("[2]", "[0,8]"), 8), &device),
        None
    );
    let twice = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let petabytes = tensor("[1125899906842624]", "[0,4503599627370496]");
    let cases = [
        ("is empty", Vec::new(), "0 bytes"),
        ("is cut off in its length", vec![1, 2, 3], "3 bytes"),
        (
            "claims a longer header",
            [&[255; 8][..], b"{}"].concat(),
            "header should be",
        ),
        (
            "claims a header of petabytes",
            [&(1u64 << 52).to_le_bytes()[..], b"{}"].concat(),
            "only 2 follow",
        ),
        (
            "claims tensors of petabytes",
            safetensors(&petabytes, 8),
            "not fully covered",
        ),
        (
            "is cut off in its data",
            safetensors(&tensor("[2]", "[0,8]"), 7),
            "not fully covered",
        ),
        (
            "has data that no tensor claims",
            safetensors(&tensor("[2]", "[0,8]"), 9),
            "not fully covered",
        ),
        (
            "claims another size than its shape",
            safetensors(&tensor("[3]", "[0,8]"), 8),
            "invalid shape",
        ),
        (
            "has offsets in the wrong order",
            safetensors(&tensor("[2]", "[8,0]"), 8),
            "invalid offset",
        ),
        (
            "begins within the data",
            safetensors(&tensor("[1]", "[4,8]"), 8),
            "invalid offset",
        ),
        (
            "has a shape that overflows",
            safetensors(&tensor("[4294967296,4294967296,16]", "[0,8]"), 8),
            "overflow",
        ),
        (
            "has a negative shape",
            safetensors(&tensor("[-2]", "[0,8]"), 8),
            "invalid value",
        ),
        (
            "has too many axes",
            safetensors(&tensor(&format!("{:?}", [1; 40]), "[0,4]"), 4),
            "axes",
        ),
        (
            "has a wrong type",
            safetensors(&tensor("[2]", "[0,8]").replace("F32", "F31"), 8),
            "unknown variant",
        ),
        (
            "names a tensor twice",
            safetensors(twice, 4),
            "\"a\" comes twice",
        ),
        ("is no JSON", safetensors("{\"a\":", 4), "header"),
        ("nests", safetensors(&"[".repeat(100_000), 4), "header"),
        (
            "nests within",
            safetensors(&format!("{{\"a\":{}", "{\"a\":".repeat(10_000)), 4),
            "header",
        ),
        (
            "has long metadata",
            safetensors(
                &format!(
                    "{{\"__metadata__\":{{{}\"\":\"\"}}}}",
                    "\"\":\"\",".repeat(50_000)
                ),
                4,
            ),
            "not fully covered",
        ),
        (
            "is not UTF-8",
            [&4u64.to_le_bytes()[..], b"{\"\xff\""].concat(),
            "header",
        ),
    ];
    for (what, bytes, expected) in cases {
        let error = read(&path, &bytes, &device);
        let error = error.unwrap_or_else(|| panic!("a file that {what} was taken"));
        assert!(
            error.contains(expected) && error.contains("lie.safetensors"),
            "{what}: {error}"
        );
    }
}

#[test]
fn a_pt_file_that_is_none_is_refused() {
    let _guard = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lie.pt");
    let device = Device::default();
    let whole = fixture("torch_weights.pt");
    assert_eq!(read(&path, &whole, &device), None);
    let mut tar = vec![0; 1024];
    tar[257..262].copy_from_slice(b"ustar");
    for (what, bytes) in [
        ("is empty", Vec::new()),
        ("is text", b"import torch".to_vec()),
        ("is an npz", fixture("keras_weights.npz")),
        ("is cut off", whole[..whole.len() - 30].to_vec()),
        ("is cut off at its start", whole[..100].to_vec()),
        ("is a tar archive", tar),
        ("is a pickle of a number", b"\x80\x02K\x01.".to_vec()),
        (
            "claims a long text",
            b"\x80\x02X\xff\xff\xff\x7fabc.".to_vec(),
        ),
        (
            "claims more bytes than there are",
            b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.".to_vec(),
        ),
        (
            "nests",
            [
                b"\x80\x02".as_slice(),
                &[b']'; 50_000],
                &[b'a'; 49_999],
                b".",
            ]
            .concat(),
        ),
        (
            "is a compressed archive",
            deflated("archive/data.pkl", &vec![b'N'; 1 << 20]),
        ),
    ] {
        let error = read(&path, &bytes, &device);
        let error = error.unwrap_or_else(|| panic!("a file that {what} was taken"));
        assert!(
            error.contains("not a sound PyTorch file"),
            "{what}: {error}"
        );
    }
}

#[test]
fn a_large_npz_file_takes_no_more_than_is_allowed() {
    let _guard = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.npz");
    // A seventh random, the rest zeros: about 7 times smaller when it is compressed.
    let mut data = vec![0; 16 << 20];
    let random = data.len() / 100 * 14;
    ChaCha8Rng::seed_from_u64(0).fill_bytes(&mut data[..random]);
    for (descr, size, fortran_order) in [("<f4", 4, "True"), (">f2", 2, "False")] {
        let header = format!(
            "{{'descr': '{descr}', 'fortran_order': {fortran_order}, 'shape': ({}, 4096), }}\n",
            data.len() / 4096 / size
        );
        let mut array = b"\x93NUMPY\x01\x00".to_vec();
        array.extend((header.len() as u16).to_le_bytes());
        array.extend(header.as_bytes());
        array.extend(&data);
        let bytes = deflated("a.npy", &array);
        drop(array);
        assert!(bytes.len() > 2 << 20 && data.len() > 6 * bytes.len());
        assert_eq!(read(&path, &bytes, &Device::default()), None);
    }
}

#[test]
fn an_npz_file_that_lies_is_refused() {
    let _guard = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lie.npz");
    let device = Device::default();
    let array = |descr: &str, shape: &str, data: usize| {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(vec![0; data]);
        bytes
    };
    assert_eq!(
        read(
            &path,
            &stored("a.npy", &array("<f4", "(2, 3)", 24)),
            &device
        ),
        None
    );
    let whole = fixture("keras_weights.npz");
    assert_eq!(read(&path, &whole, &device), None);
    let nested = format!("({}", "(".repeat(9_000));
    for (what, bytes, expected) in [
        ("is empty", Vec::new(), ""),
        ("is text", b"import numpy".to_vec(), ""),
        ("is cut off", whole[..whole.len() - 30].to_vec(), ""),
        (
            "has fewer numbers",
            stored("a.npy", &array("<f4", "(2, 3)", 20)),
            "24 bytes",
        ),
        (
            "claims petabytes",
            stored("a.npy", &array("<f4", "(1125899906842624,)", 8)),
            "8 bytes",
        ),
        (
            "overflows",
            stored("a.npy", &array("<f8", "(4294967296, 4294967296)", 8)),
            "8 bytes",
        ),
        (
            "nests",
            stored("a.npy", &array("<f4", &nested, 8)),
            "not that of a plain array",
        ),
        (
            "has something else",
            stored("a.txt", b"text"),
            "not a NumPy array",
        ),
        (
            "grows a thousandfold",
            deflated("a.npy", &array("<f4", "(4000000,)", 16_000_000)),
            "more than 8 times",
        ),
        (
            "has an entry twice",
            twice(stored("a.npy", &array("<f4", "(2,)", 8)), "a.npy"),
            "an entry twice",
        ),
    ] {
        let error = read(&path, &bytes, &device);
        let error = error.unwrap_or_else(|| panic!("a file that {what} was taken"));
        let expected = if what == "has fewer numbers" {
            "does not take the 20 bytes"
        } else {
            expected
        };
        assert!(
            error.contains("not a sound npz file") && error.contains(expected),
            "{what}: {error}"
        );
    }
    // Other types are known by name, so that an error can say what stands there.
    assert_eq!(
        read(&path, &stored("a.npy", &array("|S7", "(2,)", 14)), &device),
        None
    );
}
