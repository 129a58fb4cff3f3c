//! `manifest.json`: the files of a checkpoint and their checksums.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use burn_recurrent_files as files;

pub(super) const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) files: BTreeMap<String, FileEntry>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FileEntry {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl FileEntry {
    pub(super) fn of(content: &[u8]) -> Self {
        Self {
            bytes: content.len() as u64,
            sha256: files::sha256(content),
        }
    }
}
