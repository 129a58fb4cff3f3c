//! PyTorch's own files, read by Burn's reader after some checks.

use super::element::ElementType;
use super::tensor_file::{Data, Entry};
use burn::store::pytorch_reader::{DType, PytorchReader};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use zip::ZipArchive;

/// Where a tar archive says that it is one, and what it says there.
const TAR: (u64, &[u8]) = (257, b"ustar");

/// The tensors of a file that `torch.save` wrote from a state dict, or from a dictionary that holds one: then their
/// names begin with its key.
///
/// Burn's reader checks every length that a file declares against the file, but for three things, which are refused
/// before it sees them: entries that are compressed, which may grow a thousandfold; entries that overlap; and tar archives,
/// which PyTorch wrote until 2017 and whose sparse files may be of any size. What a pickle copies within itself
/// the reader bounds, by 64 MiB and a million values, and not by the file's size.
pub(super) fn parse(path: &Path) -> Result<BTreeMap<String, Entry>, String> {
    check(path)?;
    let reader = PytorchReader::new(path).map_err(|error| error.to_string())?;
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

fn check(path: &Path) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    let file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut head = Vec::new();
    (&file)
        .take(TAR.0 + TAR.1.len() as u64)
        .read_to_end(&mut head)
        .map_err(io)?;
    if head.ends_with(TAR.1) && head.len() as u64 == TAR.0 + TAR.1.len() as u64 {
        return Err(
            "it is a tar archive, as PyTorch wrote before version 0.1.10: load it in PyTorch and save it again"
                .to_owned(),
        );
    }
    if !head.starts_with(b"PK") {
        return Ok(());
    }
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
    let mut total = 0u64;
    for index in 0..archive.len() {
        let entry = archive
            .by_index_raw(index)
            .map_err(|error| error.to_string())?;
        if entry.compression() != zip::CompressionMethod::Stored {
            return Err(format!(
                "its entry {:?} is compressed, which torch.save does not do: load it in PyTorch and save it again",
                entry.name().unwrap_or_default()
            ));
        }
        total = total.saturating_add(entry.size());
    }
    if total > length {
        return Err(format!(
            "it is {length} bytes long, but its entries claim {total}"
        ));
    }
    Ok(())
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
