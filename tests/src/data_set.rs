//! Data sets that a test is about, where they are at hand.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of a data set in the one that `BURN_RECURRENT_DATA` names. Where there is none, a line says that a test is
/// skipped.
pub fn data_set(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("BURN_RECURRENT_DATA");
    let folder = folder.map(|folder| Path::new(&folder).join(name));
    let found = folder.filter(|folder| folder.is_dir());
    if found.is_none() {
        let line = format!(
            "skipped: there is no folder `{name}` in the one that BURN_RECURRENT_DATA names\n"
        );
        // Past the test runner, which keeps what a passing test prints to itself.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    found
}
