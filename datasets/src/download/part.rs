//! The unfinished file of a download: locked, appended to, verified, renamed.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::DownloadError;
use super::size::size_and_sha256;

/// `<path>.part`, held by this process alone until it is dropped.
#[derive(Debug)]
pub(super) struct Part {
    file: File,
    path: PathBuf,
    target: PathBuf,
}

impl Part {
    /// Opens and locks the part of `target`, waiting for another process that has it.
    ///
    /// `None` where the target itself has appeared meanwhile.
    pub(super) fn open(target: &Path) -> Result<Option<Self>, DownloadError> {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|cause| DownloadError::Write {
                path: folder.into(),
                cause,
            })?;
        }
        let mut name = OsString::from(target);
        name.push(".part");
        let path = PathBuf::from(name);
        let failed = |cause| DownloadError::Write {
            path: path.clone(),
            cause,
        };
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(failed)?;
            lock(&file, target).map_err(failed)?;
            if target.exists() {
                return Ok(None);
            }
            // The process that had the lock may have renamed what was opened here.
            if path.exists() {
                return Ok(Some(Self {
                    file,
                    path,
                    target: target.into(),
                }));
            }
        }
    }

    pub(super) fn len(&self) -> Result<u64, DownloadError> {
        let metadata = self.file.metadata();
        metadata
            .map(|metadata| metadata.len())
            .map_err(|cause| self.error(cause))
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), DownloadError> {
        self.file
            .seek(SeekFrom::End(0))
            .and_then(|_| self.file.write_all(bytes))
            .map_err(|cause| self.error(cause))
    }

    pub(super) fn clear(&mut self) -> Result<(), DownloadError> {
        if self.len()? == 0 {
            return Ok(());
        }
        self.file.set_len(0).map_err(|cause| self.error(cause))
    }

    pub(super) fn size_and_sha256(&mut self) -> Result<(u64, String), DownloadError> {
        self.file
            .seek(SeekFrom::Start(0))
            .and_then(|_| size_and_sha256(&mut self.file))
            .map_err(|cause| self.error(cause))
    }

    /// Gives the file its real name. The bytes are on the disk first: after a power cut there is
    /// either the whole file under that name or none.
    pub(super) fn publish(self) -> Result<(), DownloadError> {
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&self.path, &self.target))
            .map_err(|cause| DownloadError::Write {
                path: self.target.clone(),
                cause,
            })
    }

    fn error(&self, cause: io::Error) -> DownloadError {
        DownloadError::Write {
            path: self.path.clone(),
            cause,
        }
    }
}

fn lock(file: &File, target: &Path) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            eprintln!(
                "waiting for another process that downloads {}",
                target.display()
            );
            file.lock()
        }
        // A file system without locks: two processes may spoil each other's part, which the
        // checksum finds.
        Err(TryLockError::Error(cause)) if cause.kind() == io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}
