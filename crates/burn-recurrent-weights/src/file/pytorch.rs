//! PyTorch's own files, read by Burn's reader after some checks.

use super::element::ElementType;
use super::entry::{Data, Entry};
use super::pickle::{Edits, Input, Seen, scan};
use burn::store::pytorch_reader::{DType, PickleValue, PytorchReader};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Where a tar archive says that it is one, and what it says there.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// The number that begins a file of the format before PyTorch 1.6, in the bytes and in the digits of a pickle.
const LEGACY: [&[u8]; 2] = [
    b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
    b"119547037146038801333356",
];
/// Within how many bytes from its start.
const LEGACY_WITHIN: usize = 64;
/// The number, the version, the system, the dictionary, and the names of the storages.
const LEGACY_PICKLES: usize = 5;

/// What an archive has that TorchScript wrote, and one of a state dict has not.
const SCRIPT: &str = "/code/";

/// What helps with most files that hold something else than a state dict.
const REMEDY: &str = "save `model.state_dict()` with `torch.save`";

/// The tensors of a file that `torch.save` wrote from a state dict, or from a dictionary that holds one: then their
/// names begin with its key.
///
/// Burn's reader checks every length that a file declares against the file, but for some things, which are refused
/// before it sees them: entries that are compressed, which may grow a thousandfold; entries that overlap; tar archives,
/// which PyTorch wrote until 2017 and whose sparse files may be of any size; and pickles that repeat themselves beyond
/// what [`scan`] allows. Of two tensors of one name it keeps any, so such files are refused too.
///
/// Where there are objects or keys beside the tensors that it does not know, it reads a temporary copy with the
/// [`Edits`] that get it past them, and keeps that open.
pub(super) fn parse(path: &Path) -> Result<BTreeMap<String, Entry>, String> {
    let seen = check(path)?;
    // No reader knows what becomes of it.
    if let Some(class) = &seen.filled {
        return Err(format!(
            "beside or around its tensors it has a `{class}` whose items are read neither as those of a dictionary nor as \
             those of a list: {REMEDY}, or what is in it as a `dict`"
        ));
    }
    if seen.edits.is_empty() {
        return read(path, &seen);
    }
    let copy = edited(path, &seen.edits).map_err(|error| {
        format!("it cannot be copied without what is beside its tensors: {error}")
    })?;
    let seen = check(copy.path())?;
    read(copy.path(), &seen)
}

/// A copy of a file with changes to its pickles.
fn edited(path: &Path, edits: &Edits) -> io::Result<NamedTempFile> {
    let mut copy = NamedTempFile::new()?;
    let mut file = BufReader::new(File::open(path)?);
    if !file.fill_buf()?.starts_with(b"PK") {
        let mut write = BufWriter::new(copy.as_file_mut());
        edits.apply(&mut file, &mut write)?;
        write.flush()?;
        drop(write);
        return Ok(copy);
    }
    let mut archive = ZipArchive::new(file)?;
    let mut write = ZipWriter::new(BufWriter::new(copy.as_file_mut()));
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index)?;
        let name = entry.name()?.to_string();
        if !is_pickle(&name) {
            write.raw_copy_file(entry)?;
            continue;
        }
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        write.start_file(name, options)?;
        edits.apply(&mut BufReader::new(entry), &mut write)?;
    }
    write.finish()?.flush()?;
    Ok(copy)
}

/// Whether an entry of an archive is the pickle of its state dict.
fn is_pickle(name: &str) -> bool {
    name.ends_with("data.pkl")
}

/// Whether an entry of an archive is code of TorchScript's.
fn is_script(name: &str) -> bool {
    name.contains(SCRIPT) || name.starts_with(&SCRIPT[1..])
}

/// The tensors of a file that was checked.
fn read(path: &Path, seen: &Seen) -> Result<BTreeMap<String, Entry>, String> {
    let advise = |error: &dyn std::fmt::Display| format!("{error}; {REMEDY}");
    let value = PytorchReader::read_pickle_data(path, None).map_err(|error| advise(&error))?;
    let mut names = HashSet::new();
    insert_names(value, String::new(), &mut names)?;
    if names.is_empty() && seen.numpy {
        return Err(
            "it is a pickle of NumPy's arrays: `numpy.savez(\"weights.npz\", **arrays)`, where `arrays` is the dictionary \
             of them"
                .to_owned(),
        );
    }
    drop(names);
    let reader = PytorchReader::new(path).map_err(|error| advise(&error))?;
    let entries = reader.into_tensors().into_iter().map(|(name, tensor)| {
        let entry = Entry {
            element: element(tensor.dtype()),
            shape: tensor.shape().to_vec(),
            data: Data::Pytorch(Box::new(tensor)),
        };
        (name, entry)
    });
    Ok(entries.collect())
}

/// Gathers the names of the tensors within a value, as the reader makes them.
fn insert_names(
    value: PickleValue,
    name: String,
    names: &mut HashSet<String>,
) -> Result<(), String> {
    let join = |key: &str| match name.is_empty() {
        true => key.to_owned(),
        false => format!("{name}.{key}"),
    };
    match value {
        PickleValue::Dict(values) => values
            .into_iter()
            .try_for_each(|(key, value)| insert_names(value, join(&key), names)),
        PickleValue::List(values) => values
            .into_iter()
            .enumerate()
            .try_for_each(|(index, value)| insert_names(value, join(&index.to_string()), names)),
        // This is how the reader shows a tensor.
        PickleValue::Unsupported(kind) if kind == "torch.Tensor" => match names.replace(name) {
            Some(name) => Err(format!("it has two tensors of the name {name:?}")),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn check(path: &Path) -> Result<Seen, String> {
    let io = |error: std::io::Error| error.to_string();
    let mut file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut head = Vec::new();
    (&file)
        .take((TAR.0 + TAR.1.len()) as u64)
        .read_to_end(&mut head)
        .map_err(io)?;
    file.rewind().map_err(io)?;
    let is_legacy = LEGACY.iter().any(|number| {
        head[..head.len().min(LEGACY_WITHIN)]
            .windows(number.len())
            .any(|bytes| bytes == *number)
    });
    if head.get(TAR.0..) == Some(TAR.1) {
        Err(
            "it is a tar archive, as PyTorch wrote before version 0.1.10: load it in PyTorch and save it again"
                .to_owned(),
        )
    } else if head.starts_with(b"PK") {
        check_archive(file, length)
    } else if is_legacy {
        check_pickles(BufReader::new(file), LEGACY_PICKLES)
    } else if head
        .first()
        .is_some_and(|first| b"\x80(}]c".contains(first))
    {
        check_pickles(BufReader::new(file), 1)
    } else {
        Err(format!(
            "it is neither a zip archive nor a pickle; {REMEDY}"
        ))
    }
}

fn check_archive(file: File, length: u64) -> Result<Seen, String> {
    let zip = |error: zip::result::ZipError| error.to_string();
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(zip)?;
    if archive.has_duplicate_names() {
        return Err("it has an entry twice".to_owned());
    }
    let names = archive.file_names().filter_map(Result::ok);
    let names: Vec<String> = names.map(|name| name.into_owned()).collect();
    if !names.iter().any(|name| is_pickle(name) || is_script(name)) {
        let first = names.first().map(|name| format!(", but {name:?}"));
        return Err(format!(
            "it is a zip archive without the `data.pkl` of a checkpoint and without NumPy arrays{}: if the weights are within, \
             unpack it, and open their file; if not, {REMEDY}",
            first.unwrap_or_default()
        ));
    }
    let mut total = 0u64;
    let mut pickles = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(zip)?;
        let name = entry.name().map_err(zip)?;
        if is_script(&name) {
            return Err(
                "it is a TorchScript module: `torch.save(torch.jit.load(path).state_dict(), new_path)`"
                    .to_owned(),
            );
        }
        if entry.compression() != zip::CompressionMethod::Stored {
            return Err(format!(
                "its entry {name:?} is compressed, which torch.save does not do: load it in PyTorch and save it again"
            ));
        }
        // A reader takes one of these, whichever it is.
        if is_pickle(&name) {
            pickles.push(index);
        }
        total = total.saturating_add(entry.size());
    }
    if total > length {
        return Err(format!(
            "it is {length} bytes long, but its entries claim {total}"
        ));
    }
    let mut seen = Seen::default();
    let several = pickles.len() > 1;
    for index in pickles {
        let entry = archive.by_index_raw(index).map_err(zip)?;
        seen.add(check_pickles(BufReader::new(entry), 1)?);
    }
    // The places of changes are those of one.
    if several && !seen.edits.is_empty() {
        return Err(format!("it has several pickles; {REMEDY}"));
    }
    Ok(seen)
}

fn check_pickles(reader: impl BufRead, count: usize) -> Result<Seen, String> {
    let mut input = Input::new(reader);
    let mut seen = Seen::default();
    for _ in 0..count {
        let scanned = scan(&mut input).map_err(|message| format!("{message}; {REMEDY}"))?;
        seen.add(scanned);
    }
    Ok(seen)
}

fn element(dtype: DType) -> ElementType {
    match dtype {
        DType::F16 => ElementType::F16,
        DType::BF16 => ElementType::Bf16,
        DType::F32 => ElementType::F32,
        DType::F64 => ElementType::F64,
        DType::I64 => ElementType::I64,
        other => ElementType::Other(format!("{other:?}").to_lowercase()),
    }
}
