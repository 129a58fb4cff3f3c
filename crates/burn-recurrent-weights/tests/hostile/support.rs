//! Files read under the eyes of an allocator, and archives made of pieces.

use burn::tensor::Device;
use burn_recurrent::{Gru, Lstm};
use burn_recurrent_weights::{KerasLayer, KerasWeights, TensorFile, TorchWeights};
use peak_alloc::PeakAlloc;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What may be allocated at once for a file of so many bytes. The readers' buffers of fixed size are the constant; a header
/// takes several times its length once it is parsed, and an npz file may be compressed. Of a pickle, Burn's reader keeps an
/// object of 88 bytes for each byte at the worst, and while their list grows, three times that; what the pickle may repeat,
/// and names that are there three times, come to it.
pub fn allowed(path: &Path, length: usize) -> usize {
    const MIB: usize = 1 << 20;
    match path.extension().is_some_and(|name| name == "pt") {
        true => (16 + 3 * 4) * MIB + (300 + 256 + 3 * 16) * length,
        false => MIB / 4 + 24 * length,
    }
}

/// The allocations of one test at a time are counted.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Waits until no other test runs.
pub fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

pub fn fixture(name: &str) -> Vec<u8> {
    fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(name),
    )
    .unwrap()
}

/// Writes the file and reads all of it, as tensors and as modules, and returns the error of opening it.
pub fn read(path: &Path, bytes: &[u8], device: &Device) -> Option<String> {
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

pub fn stored(name: &str, data: &[u8]) -> Vec<u8> {
    entries(&[(name, data)])
}

pub fn deflated(name: &str, data: &[u8]) -> Vec<u8> {
    archive(&[(name, data)], zip::CompressionMethod::Deflated)
}

pub fn entries(entries: &[(&str, &[u8])]) -> Vec<u8> {
    archive(entries, zip::CompressionMethod::Stored)
}

pub fn archive(entries: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, data) in entries {
        archive.start_file(*name, options).unwrap();
        std::io::Write::write_all(&mut archive, data).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// An archive with an entry added under the name of one that it has, which no writer does by itself.
pub fn twice(archive: Vec<u8>, name: &str) -> Vec<u8> {
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
