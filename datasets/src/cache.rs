//! Data sets in a folder: verified, downloaded where they are missing.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::catalog::{Dataset, RemoteFile};
use crate::download::{self, DownloadError, Retry, size_and_sha256};
use crate::folder::{CACHE_VARIABLE, cache_folder};

/// A folder with one sub-folder a data set: `<folder>/ptb/ptb.train.txt`.
///
/// A file that is there is used once its checksum holds, wherever it came from, and nothing is
/// written then, so the folder may be read-only and an offline machine works by copying files
/// there. A file that is missing is downloaded beside its place and appears there only when it is
/// complete and verified.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    retry: Retry,
}

/// Why a file of a data set is not there to be used.
#[derive(Debug, Error)]
pub enum CacheError {
    /// No folder is named and the platform has no place for caches.
    #[error(
        "there is no folder for data: this system names no cache folder; set {CACHE_VARIABLE} to one"
    )]
    NoFolder,
    /// The file is there with other content than the catalogue says.
    #[error(
        "{path}: the file is not the one of the catalogue: it has {actual_bytes} bytes with SHA-256 {actual_sha256}, expected are {expected_bytes} bytes with SHA-256 {expected_sha256}; delete or rename it, then run again to download it, or copy the right file there"
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// Its size.
        actual_bytes: u64,
        /// Its checksum.
        actual_sha256: String,
        /// The catalogue's size.
        expected_bytes: u64,
        /// The catalogue's checksum.
        expected_sha256: String,
    },
    /// The file is there and cannot be read.
    #[error("{path}: cannot be read: {cause}; check that it is a file and that you may read it")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is not there and could not be downloaded.
    #[error(transparent)]
    Download(#[from] DownloadError),
}

impl Cache {
    /// The folder that the environment variable [`CACHE_VARIABLE`] names, else `burn-recurrent` in
    /// the platform's cache folder (`~/.cache` on Linux, `~/Library/Caches` on macOS,
    /// `%LOCALAPPDATA%` on Windows).
    ///
    /// # Errors
    /// Where neither is known.
    pub fn from_env() -> Result<Self, CacheError> {
        cache_folder().map(Self::at).ok_or(CacheError::NoFolder)
    }

    /// The given folder; it need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            retry: Retry::default(),
        }
    }

    /// Changes how often and after which pause a failed download is tried again.
    pub fn with_retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file of a data set is kept.
    pub fn path(&self, dataset: &Dataset, file: &RemoteFile) -> PathBuf {
        self.folder.join(&dataset.name).join(&file.name)
    }

    /// Makes sure that a file is there and is the catalogue's, downloading it where it is missing.
    ///
    /// # Errors
    /// A file with other content, an unreadable file, a failed download.
    pub fn fetch(&self, dataset: &Dataset, file: &RemoteFile) -> Result<PathBuf, CacheError> {
        let path = self.path(dataset, file);
        if !present(&path, file)? {
            download::download(&path, file, self.retry)?;
            // Another process may have put it there, so this is not only for show.
            present(&path, file)?;
        }
        Ok(path)
    }

    /// [`Cache::fetch`] for every file of a data set, in the catalogue's order.
    ///
    /// # Errors
    /// As [`Cache::fetch`]; files that were fetched before the error stay.
    pub fn fetch_all(&self, dataset: &Dataset) -> Result<Vec<PathBuf>, CacheError> {
        let files = dataset.files.iter();
        files.map(|file| self.fetch(dataset, file)).collect()
    }
}

/// Whether the file is there; an error where it is and has other content.
fn present(path: &Path, file: &RemoteFile) -> Result<bool, CacheError> {
    match File::open(path).and_then(|mut file| size_and_sha256(&mut file)) {
        Ok((bytes, sha256)) if bytes == file.bytes && sha256 == file.sha256 => Ok(true),
        Ok((actual_bytes, actual_sha256)) => Err(CacheError::Changed {
            path: path.into(),
            actual_bytes,
            actual_sha256,
            expected_bytes: file.bytes,
            expected_sha256: file.sha256.clone(),
        }),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(CacheError::Io {
            path: path.into(),
            cause,
        }),
    }
}
