//! `run.json`: whose run it is.

use serde::{Deserialize, Serialize};

/// The file's name.
pub(super) const MANIFEST: &str = "run.json";
/// The version of the folder's layout.
pub(super) const FORMAT: u32 = 1;

/// `run.json`: whose run it is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) recipe: String,
    pub(super) format: u32,
    pub(super) crate_version: String,
}
