//! Files that lie: an error, no panic, and no allocation beyond a small multiple of the file's size.
//!
//! `BURN_RECURRENT_FUZZ=300000 cargo test --test hostile_weights` mutates each of the formats' files so many times.

use burn::tensor::Device;
use burn_recurrent::weights::{KerasLayer, TensorFile};
use burn_recurrent::{Gru, Lstm};
use peak_alloc::PeakAlloc;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What may be allocated at once for a file of so many bytes. The readers' buffers of fixed size are the constant; a header
/// takes several times its length once it is parsed, and an npz file may be compressed. Of a pickle, Burn's reader keeps an
/// object of 88 bytes for each byte at the worst, and while their list grows, three times that; what the pickle may repeat,
/// and names that are there three times, come to it.
fn allowed(path: &Path, length: usize) -> usize {
    const MIB: usize = 1 << 20;
    match path.extension().is_some_and(|name| name == "pt") {
        true => (16 + 3 * 4) * MIB + (300 + 256 + 3 * 16) * length,
        false => MIB / 4 + 24 * length,
    }
}

/// The allocations of one test at a time are counted.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn fixture(name: &str) -> Vec<u8> {
    fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(name),
    )
    .unwrap()
}

/// Writes the file and reads all of it, as tensors and as modules, and returns the error of opening it.
fn read(path: &Path, bytes: &[u8], device: &Device) -> Option<String> {
    fs::write(path, bytes).unwrap();
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let error = match TensorFile::open(path) {
        Err(error) => Some(error.to_string()),
        Ok(file) => {
            let names: Vec<String> = file.names().map(str::to_owned).collect();
            for name in &names {
                // One at a time: all together may not fit.
                let _ = file.floats(name);
                let _ = file.integers(name);
            }
            // Whatever they say, they say it without a panic.
            let _ = Lstm::from_torch(&file, "lstm", device).map_err(|error| error.to_string());
            let _ = Gru::from_torch(&file, "gru", device).map_err(|error| error.to_string());
            let layers = [KerasLayer::new("keras")];
            let _ = Gru::from_keras(&file, &layers, device).map_err(|error| error.to_string());
            None
        }
    };
    let used = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(
        used <= allowed(path, bytes.len()),
        "{used} bytes were allocated for a file of {}, {}",
        bytes.len(),
        path.display()
    );
    error
}

fn safetensors(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; data]);
    bytes
}

#[test]
fn a_safetensors_header_that_lies_is_refused() {
    let _guard = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
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
    let _guard = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
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
        ("is safetensors", fixture("torch_weights.safetensors")),
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

/// The opcodes of protocol 2.
mod pickle {
    /// A text.
    pub fn text(text: &str) -> Vec<u8> {
        let mut bytes = vec![b'X'];
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes
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
}

/// A file such as `torch.save` writes, of one storage.
fn torch_archive(pickle: &[u8], storage: &str) -> Vec<u8> {
    entries(&[
        ("archive/data.pkl", pickle),
        (&format!("archive/data/{storage}"), &[0; 4]),
    ])
}

#[test]
fn a_pt_file_that_repeats_itself_is_refused() {
    use pickle::{of, tensor, text};
    let _guard = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.pt");
    let device = Device::default();
    let sound = of(&[b"}", &text("a.w"), &tensor("0", 2), b"s"]);
    assert_eq!(read(&path, &torch_archive(&sound, "0"), &device), None);

    let long = "m".repeat(200_000);
    let copies = |count: usize| vec![b'2'; count];
    let long_storage = "k".repeat(60_000);
    // Within dictionaries of one letter each, a list of many times one tensor.
    let nested = |depth: usize, count: usize| {
        let open = [&b"}"[..], &text("a")].concat().repeat(depth);
        let tensor = [&tensor("0", 1)[..], b"q\x00"].concat();
        let list = [b"](", &tensor[..], &b"h\x00".repeat(count), b"e"].concat();
        of(&[&open, &list, &b"s".repeat(depth)])
    };
    for (what, bytes, expected) in [
        (
            "copies the name of a class",
            of(&[b"c", long.as_bytes(), b"\nX\n", &copies(10_000)]),
            "repeats",
        ),
        (
            "copies a key",
            of(&[b"}", &text(&long), b"Ns", &copies(10_000)]),
            "repeats",
        ),
        (
            "copies a tensor of many axes",
            torch_archive(&of(&[&tensor("0", 30_000), &copies(10_000)]), "0"),
            "repeats",
        ),
        (
            "copies the key of a storage",
            torch_archive(
                &of(&[&tensor(&long_storage, 1), &copies(20_000)]),
                &long_storage,
            ),
            "repeats",
        ),
        (
            "copies a text by the memo",
            of(&[
                b"](",
                &text(&long),
                b"q\x00",
                &b"h\x00".repeat(10_000),
                b"e",
            ]),
            "repeats",
        ),
        (
            "gives many tensors a long name",
            torch_archive(
                &of(&[
                    b"}",
                    &text(&long),
                    b"](",
                    &tensor("0", 1),
                    b"q\x00",
                    &b"h\x00".repeat(10_000),
                    b"es",
                ]),
                "0",
            ),
            "names of its tensors",
        ),
        (
            "gives many tensors a name of many parts",
            torch_archive(&nested(100, 200_000), "0"),
            "names of its tensors",
        ),
        (
            "nests",
            torch_archive(&nested(900, 200_000), "0"),
            "nested more than 128 deep",
        ),
        (
            "doubles",
            of(&[b"]q\x00", &b"](h\x00h\x00eq\x00".repeat(60)]),
            "repeats",
        ),
        (
            "doubles by state",
            of(&[b"}q\x00", &b"2q\x00h\x00\x86".repeat(60)]),
            "repeats",
        ),
        (
            "has two tensors of one name",
            torch_archive(
                &of(&[
                    b"}(",
                    &text("a.w"),
                    &tensor("0", 1),
                    &text("a"),
                    b"}",
                    &text("w"),
                    &tensor("0", 2),
                    b"su",
                ]),
                "0",
            ),
            "two tensors of the name \"a.w\"",
        ),
        (
            "has a key twice",
            torch_archive(
                &of(&[
                    b"}(",
                    &text("w"),
                    &tensor("0", 1),
                    &text("w"),
                    &tensor("0", 2),
                    b"u",
                ]),
                "0",
            ),
            "a dictionary has a key twice",
        ),
        (
            "has a key as a number and as a text",
            of(&[b"ccollections\nOrderedDict\n)RK\x01Ns", &text("1"), b"Ns"]),
            "a dictionary has a key twice",
        ),
        (
            "has an entry twice",
            twice(torch_archive(&sound, "0"), "archive/data/0"),
            "an entry twice",
        ),
        (
            "is a program",
            entries(&[
                ("archive/data.pkl", &sound),
                ("archive/code/__torch__.py", b"class Module"),
            ]),
            "torch.jit.load(path).state_dict()",
        ),
    ] {
        let error = read(&path, &bytes, &device);
        let error = error.unwrap_or_else(|| panic!("a file that {what} was taken"));
        assert!(
            error.contains("not a sound PyTorch file") && error.contains(expected),
            "{what}: {error}"
        );
    }
}

#[test]
fn a_checkpoint_with_much_beside_its_weights_is_taken() {
    use pickle::{of, tensor, text};
    let _guard = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.pt");
    // A vocabulary and labels, of which there are two, as Python's pickler writes them.
    let words: Vec<u8> = (0..30_000u32)
        .flat_map(|index| {
            let place = (index + 2).to_le_bytes();
            [&text(&format!("word{index}"))[..], b"r", &place].concat()
        })
        .collect();
    let labels = [
        &text("B-ORGANISATION")[..],
        b"q\x00",
        &text("O"),
        b"q\x01",
        &b"h\x00h\x01".repeat(50_000),
    ]
    .concat();
    let pickle = of(&[
        b"}(",
        &text("words"),
        b"](",
        &words,
        b"e",
        &text("labels"),
        b"](",
        &labels,
        b"e",
        &text("model"),
        b"}",
        &text("w"),
        &tensor("0", 2),
        b"su",
    ]);
    let bytes = torch_archive(&pickle, "0");
    assert_eq!(read(&path, &bytes, &Device::default()), None);
    let file = TensorFile::open(&path).unwrap();
    assert_eq!(file.names().collect::<Vec<_>>(), ["model.w"]);
}

#[test]
fn an_npz_file_that_lies_is_refused() {
    let _guard = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
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
            "more than 16 times",
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

fn stored(name: &str, data: &[u8]) -> Vec<u8> {
    entries(&[(name, data)])
}

fn deflated(name: &str, data: &[u8]) -> Vec<u8> {
    archive(&[(name, data)], zip::CompressionMethod::Deflated)
}

fn entries(entries: &[(&str, &[u8])]) -> Vec<u8> {
    archive(entries, zip::CompressionMethod::Stored)
}

fn archive(entries: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, data) in entries {
        archive.start_file(*name, options).unwrap();
        std::io::Write::write_all(&mut archive, data).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// An archive with an entry added under the name of one that it has, which no writer does by itself.
fn twice(archive: Vec<u8>, name: &str) -> Vec<u8> {
    let other = name.replace('a', "b");
    let mut writer = zip::ZipWriter::new_append(std::io::Cursor::new(archive)).unwrap();
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file(&other, options).unwrap();
    let mut bytes = writer.finish().unwrap().into_inner();
    while let Some(at) = bytes
        .windows(other.len())
        .position(|window| window == other.as_bytes())
    {
        bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
    }
    bytes
}

/// Small files of every format, with the names that [`read`] asks for.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    ["fuzz.safetensors", "fuzz.pt", "fuzz_legacy.pt", "fuzz.npz"]
        .into_iter()
        .map(|name| (name, fixture(name)))
        .collect()
}

/// Changes some bytes, doubles or removes a stretch, or cuts the end off.
fn mutate(bytes: &mut Vec<u8>, random: &mut ChaCha8Rng) {
    for _ in 0..random.random_range(1..=4) {
        if bytes.is_empty() {
            return;
        }
        let at = random.random_range(0..bytes.len());
        let end = (at + random.random_range(1..=16)).min(bytes.len());
        match random.random_range(0..8) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random(),
            // The numbers that matter: zero, the largest, the largest signed.
            2 => bytes[at..end].fill([0, 0xff, 0x7f, b'9'][random.random_range(0..4)]),
            3 => drop(bytes.drain(at..end)),
            4 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
            5 => bytes.truncate(at),
            6 => random.fill_bytes(&mut bytes[at..end]),
            _ => {
                // Elsewhere in the file there may be a valid piece for this place.
                let from = random.random_range(0..bytes.len());
                let length = (end - at).min(bytes.len() - from);
                let piece = bytes[from..from + length].to_vec();
                bytes
                    .splice(at..at + length.min(bytes.len() - at), piece)
                    .for_each(drop);
            }
        }
    }
}

/// Says which input it was, should there be a panic.
struct NamedInPanic(&'static str, u64);

impl Drop for NamedInPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("it was the mutation {} of {}", self.1, self.0);
        }
    }
}

#[test]
fn mutated_files_are_read_or_refused() {
    let _guard = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let count: u64 =
        std::env::var("BURN_RECURRENT_FUZZ").map_or(300, |count| count.parse().unwrap());
    // The files are written to memory where there is such a folder.
    let memory = PathBuf::from("/dev/shm");
    let folder = match memory.is_dir() {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    };
    let device = Device::default();
    for (name, whole) in seeds() {
        let path = folder.path().join(name);
        assert_eq!(read(&path, &whole, &device), None, "{name} is sound");
        let (mut taken, mut refused) = (0, 0);
        for index in 0..count {
            let _named = NamedInPanic(name, index);
            let mut random = ChaCha8Rng::seed_from_u64(index);
            let mut bytes = whole.clone();
            mutate(&mut bytes, &mut random);
            match read(&path, &bytes, &device) {
                None => taken += 1,
                Some(_) => refused += 1,
            }
        }
        println!("{name}: {taken} taken, {refused} refused");
        assert!(
            taken > 0 && refused > 0,
            "{name}: {taken} taken, {refused} refused"
        );
    }
}
