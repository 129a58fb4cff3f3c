//! NumPy's zip archives of arrays, as `numpy.savez` writes them.

use super::entry::Entry;
use super::npy;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// How many times the file's size its arrays may take together. Trained weights hardly compress at all; a file that grows
/// more than this was made to, or has little but zeros.
const MAX_GROWTH: u64 = 8;

/// What the names of the arrays in an archive end in.
const ENDING: &str = ".npy";

/// Whether a zip archive has arrays in it.
pub(super) fn is_npz(path: &Path) -> bool {
    let archive = File::open(path).ok().and_then(|file| {
        let archive = ZipArchive::new(BufReader::new(file)).ok()?;
        let mut names = archive.file_names();
        Some(names.any(|name| name.is_ok_and(|name| name.ends_with(ENDING))))
    });
    archive == Some(true)
}

/// The arrays of an npz file, those in compressed archives too.
pub(super) fn parse(path: &Path) -> Result<BTreeMap<String, Entry>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let mut budget = length.saturating_mul(MAX_GROWTH);
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
    if archive.has_duplicate_names() {
        return Err("it has an entry twice".to_owned());
    }
    let mut tensors = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|error| error.to_string())?;
        let name = file.name().map_err(|error| error.to_string())?.into_owned();
        let Some(name) = name.strip_suffix(ENDING) else {
            return Err(format!("its entry {name:?} is not a NumPy array"));
        };
        // The claimed size is not trusted: the bytes are counted as they come, and no more than may come is taken at once.
        let claimed = usize::try_from(file.size().min(budget)).unwrap_or_default();
        let mut bytes = Vec::with_capacity(claimed);
        (&mut file)
            .take(budget.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| format!("{name}: {error}"))?;
        budget = budget.checked_sub(bytes.len() as u64).ok_or_else(|| {
            format!(
                "its arrays take more than {MAX_GROWTH} times its {length} bytes: write it with numpy.savez, not \
                 numpy.savez_compressed"
            )
        })?;
        let entry = npy::parse(bytes).map_err(|message| format!("{name}: {message}"))?;
        if tensors.insert(name.to_owned(), entry).is_some() {
            return Err(format!("{name:?} comes twice"));
        }
    }
    Ok(tensors)
}

/// The bytes of an npz file of f32 arrays, uncompressed.
pub(super) fn serialize(tensors: &[(&str, &[usize], Vec<f32>)]) -> Result<Vec<u8>, String> {
    let write = || -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(true);
        for (name, shape, values) in tensors {
            archive.start_file(format!("{name}{ENDING}"), options)?;
            archive.write_all(&npy::serialize(shape, values))?;
        }
        Ok(archive.finish()?.into_inner())
    };
    write().map_err(|error| error.to_string())
}
