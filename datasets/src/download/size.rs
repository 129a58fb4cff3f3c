//! What a file is known by: its size and its checksum.

use std::fs::File;
use std::io;

use burn_recurrent_files::Checksum;

/// How many bytes a file has from where it stands, and their SHA-256.
pub(crate) fn size_and_sha256(file: &mut File) -> io::Result<(u64, String)> {
    let mut checksum = Checksum::new();
    let bytes = io::copy(file, &mut checksum)?;
    Ok((bytes, checksum.finish()))
}
