//! Why a download failed and what to do about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::folder::CACHE_VARIABLE;

/// Why a file could not be downloaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The server has no such file or does not give it.
    #[error(
        "{address}: the server answered with status {status}; check the address in a browser, or copy the file to {path} by other means"
    )]
    Refused {
        /// Where the file was asked for.
        address: String,
        /// Where it belongs.
        path: PathBuf,
        /// The HTTP status.
        status: u16,
    },
    /// The server could not be reached, or did not send the whole file.
    #[error(
        "{address}: {cause} (attempts without progress: {attempts}; {bytes} of {expected_bytes} bytes are kept); check the network and run again to go on, or, offline, copy the file to {path}"
    )]
    Failed {
        /// Where the file was asked for.
        address: String,
        /// Where it belongs.
        path: PathBuf,
        /// Attempts in a row that brought nothing new.
        attempts: u32,
        /// How many bytes are kept for the next try.
        bytes: u64,
        /// How many there should be.
        expected_bytes: u64,
        /// What went wrong in the last attempt.
        cause: String,
    },
    /// The file arrived and is not the one of the catalogue.
    #[error(
        "{address}: what was sent is another file ({bytes} bytes read, SHA-256 {sha256}); expected are {expected_bytes} bytes with SHA-256 {expected_sha256}; a proxy or login page may be in the way: check the address in a browser, or copy the file to {path} by other means"
    )]
    WrongContent {
        /// Where the file was asked for.
        address: String,
        /// Where it belongs.
        path: PathBuf,
        /// How many bytes were read: one more than expected where the file is longer.
        bytes: u64,
        /// Their SHA-256.
        sha256: String,
        /// The catalogue's size.
        expected_bytes: u64,
        /// The catalogue's SHA-256.
        expected_sha256: String,
    },
    /// The file could not be written.
    #[error("{path}: cannot be written: {cause}; {}", remedy(cause))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

fn remedy(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!(
                "free some disk space and run again, or set {CACHE_VARIABLE} to a folder on another disk"
            )
        }
        _ => format!(
            "make the folder writable, set {CACHE_VARIABLE} to another one, or copy the file to its place by other means"
        ),
    }
}
