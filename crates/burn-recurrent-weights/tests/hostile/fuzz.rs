//! Files made by chance: sound ones of which some bytes are changed, and pickles of opcodes as they come.

use crate::pickle::{of, tensor, text, torch_archive};
use crate::support::{alone, entries, fixture, read};
use burn::tensor::Device;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::io::{Cursor, Read};
use std::path::PathBuf;

/// How many inputs of each kind are read, where the variable BURN_RECURRENT_FUZZ says nothing else.
const INPUTS: u64 = 300;

/// A file's bytes, from a source of chance.
type Make = Box<dyn Fn(&mut ChaCha8Rng) -> Vec<u8>>;

/// A way to make files.
struct Kind {
    name: &'static str,
    /// A file's name: its ending tells the format.
    file: &'static str,
    make: Make,
}

fn kinds() -> Vec<Kind> {
    let whole = |file: &'static str| Kind {
        name: file,
        file,
        make: {
            let whole = fixture(file);
            Box::new(move |random| {
                let mut bytes = whole.clone();
                mutate(&mut bytes, random);
                bytes
            })
        },
    };
    // An archive's checksums hide its entries from changes, so these are changed first and then packed.
    let within = |name, file: &'static str, ending: &'static str| Kind {
        name,
        file,
        make: {
            let whole = unpacked(&fixture(file));
            Box::new(move |random| {
                let mut all = whole.clone();
                let mut changed: Vec<_> = all
                    .iter_mut()
                    .filter(|(name, _)| name.ends_with(ending))
                    .collect();
                let index = random.random_range(0..changed.len());
                mutate(&mut changed[index].1, random);
                let all: Vec<(&str, &[u8])> = all
                    .iter()
                    .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
                    .collect();
                entries(&all)
            })
        },
    };
    let generated = Kind {
        name: "generated pickles",
        file: "generated.pt",
        make: Box::new(|random| {
            let mut places = 0;
            let mut pickle = of(&[&dictionary(random, 4, &mut places)]);
            if random.random_range(0..4) == 0 {
                mutate(&mut pickle, random);
            }
            torch_archive(&pickle, "0")
        }),
    };
    vec![
        whole("fuzz.safetensors"),
        whole("fuzz.pt"),
        whole("fuzz_legacy.pt"),
        whole("fuzz.npz"),
        within("the pickle in fuzz.pt", "fuzz.pt", "data.pkl"),
        within("an array in fuzz.npz", "fuzz.npz", ".npy"),
        generated,
    ]
}

fn unpacked(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let entries = (0..archive.len()).map(|index| {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.name().unwrap().into_owned(), bytes)
    });
    entries.collect()
}

/// A pickle's value, most often a sound one; `places` of the memo are taken.
fn value(random: &mut ChaCha8Rng, depth: usize, places: &mut u8) -> Vec<u8> {
    let kinds = if depth == 0 { 6 } else { 14 };
    match random.random_range(0..kinds) {
        0 => b"N".to_vec(),
        1 => vec![b'K', random.random()],
        2 => key(random),
        3 => text(&"long ".repeat(1 << random.random_range(0..12))),
        4 => tensor("0", random.random_range(0..4)),
        5 if *places > 0 => vec![b'h', random.random_range(0..*places)],
        5 => b")".to_vec(),
        6 => tensor("0", 1 << random.random_range(0..12)),
        7 => [b"](", &values(random, depth, places)[..], b"e"].concat(),
        8 => [b"(", &values(random, depth, places)[..], b"t"].concat(),
        9 => {
            let value = value(random, depth - 1, places);
            let place = *places;
            *places = places.saturating_add(1);
            [&value[..], &[b'q', place]].concat()
        }
        // Many times the same: by the stack and by the memo.
        10 => {
            let value = value(random, depth - 1, places);
            let count = 1 << random.random_range(0..12);
            [b"(", &value[..], &b"2".repeat(count), b"l"].concat()
        }
        11 => {
            let value = value(random, depth - 1, places);
            let place = *places;
            *places = places.saturating_add(1);
            let count = 1 << random.random_range(0..12);
            let again = [b'h', place].repeat(count);
            [b"](", &value[..], &[b'q', place], &again, b"e"].concat()
        }
        12 => {
            let mut table = |name| [text(name), dictionary(random, depth - 1, places)].concat();
            let tables = ["_parameters", "_buffers", "_modules"].map(&mut table);
            [b"c__main__\nModel\n)\x81}(", &tables.concat()[..], b"ub"].concat()
        }
        _ => dictionary(random, depth, places),
    }
}

fn values(random: &mut ChaCha8Rng, depth: usize, places: &mut u8) -> Vec<u8> {
    let count = random.random_range(0..6);
    (0..count)
        .flat_map(|_| value(random, depth - 1, places))
        .collect()
}

fn dictionary(random: &mut ChaCha8Rng, depth: usize, places: &mut u8) -> Vec<u8> {
    let empty: &[u8] = match random.random_range(0..2) {
        0 => b"}",
        _ => b"ccollections\nOrderedDict\n)R",
    };
    let count = random.random_range(0..6);
    let items: Vec<u8> = (0..count)
        .flat_map(|_| [key(random), value(random, depth.saturating_sub(1), places)].concat())
        .collect();
    [empty, b"(", &items, b"u"].concat()
}

fn key(random: &mut ChaCha8Rng) -> Vec<u8> {
    const KEYS: [&str; 8] = [
        "a",
        "w",
        "a.w",
        "lstm.weight_ih_l0",
        "lstm",
        "weight_ih_l0",
        "_modules",
        "",
    ];
    match random.random_range(0..16) {
        0 => text(&"k".repeat(1 << random.random_range(0..12))),
        1 => text(&random.random_range(0..1000).to_string()),
        2 => vec![b'K', random.random()],
        index => text(KEYS[index % KEYS.len()]),
    }
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
            eprintln!("it was the input {} of {}", self.1, self.0);
        }
    }
}

#[test]
fn files_made_by_chance_are_read_or_refused() {
    let _guard = alone();
    let count: u64 =
        std::env::var("BURN_RECURRENT_FUZZ").map_or(INPUTS, |count| count.parse().unwrap());
    // The files are written to memory where there is such a folder.
    let memory = PathBuf::from("/dev/shm");
    let folder = match memory.is_dir() {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    };
    let device = Device::default();
    for Kind { name, file, make } in kinds() {
        let path = folder.path().join(file);
        if name == file {
            assert_eq!(
                read(&path, &fixture(file), &device),
                None,
                "{name} is sound"
            );
        }
        let (mut taken, mut refused) = (0, 0);
        for index in 0..count {
            let _named = NamedInPanic(name, index);
            let bytes = make(&mut ChaCha8Rng::seed_from_u64(index));
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
