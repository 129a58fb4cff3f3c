//! Downloading one file: resumed where it was cut off, verified, then shown all at once.

mod error;
mod part;
mod progress;
mod size;
mod transfer;

use std::path::Path;
use std::time::Duration;

pub use error::DownloadError;
use part::Part;
use progress::Progress;
pub(crate) use size::size_and_sha256;
use transfer::{Transfer, TransferError};

use crate::catalog::RemoteFile;

/// The retries of a failed download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How many attempts in a row may bring nothing new before the download fails; at least one
    /// is made.
    pub attempts: u32,
    /// The pause after the first failure; it doubles with each further one, up to half a minute.
    pub first_pause: Duration,
}

impl Default for Retry {
    /// Four attempts, with pauses of half a second, one and two seconds.
    fn default() -> Self {
        Self {
            attempts: 4,
            first_pause: Duration::from_millis(500),
        }
    }
}

impl Retry {
    fn pause(&self, failures: u32) -> Duration {
        let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
        self.first_pause
            .saturating_mul(doubled)
            .min(Duration::from_secs(30))
    }
}

/// How often a complete file with a wrong checksum is downloaded afresh: once, because the first
/// may have been continued from an old part.
const WHOLE_DOWNLOADS: u32 = 2;

/// Downloads `file` to `path`, which appears only when its size and checksum are right.
///
/// Until then the bytes are in `<path>.part`, which stays after a failure so that the next try can
/// go on from it. Processes that want the same file wait for each other.
pub(crate) fn download(path: &Path, file: &RemoteFile, retry: Retry) -> Result<(), DownloadError> {
    let Some(mut part) = Part::open(path)? else {
        return Ok(());
    };
    let transfer = Transfer::new(&file.address);
    let mut progress = Progress::new(&file.name, file.bytes);
    let mut most = part.len()?;
    let (mut failures, mut whole) = (0, 0);
    loop {
        let have = part.len()?;
        if have >= file.bytes {
            let (bytes, sha256) = part.size_and_sha256()?;
            if bytes == file.bytes && sha256 == file.sha256 {
                part.publish()?;
                progress.done();
                return Ok(());
            }
            part.clear()?;
            whole += 1;
            if whole == WHOLE_DOWNLOADS {
                return Err(DownloadError::WrongContent {
                    address: file.address.clone(),
                    path: path.into(),
                    bytes,
                    sha256,
                    expected_bytes: file.bytes,
                    expected_sha256: file.sha256.clone(),
                });
            }
            continue;
        }
        let cause = match transfer.run(&mut part, file.bytes, &mut progress) {
            Ok(()) => continue,
            Err(TransferError::Write(error)) => return Err(error),
            Err(TransferError::Refused(status)) => {
                return Err(DownloadError::Refused {
                    address: file.address.clone(),
                    path: path.into(),
                    status,
                });
            }
            Err(TransferError::Interrupted(cause)) => cause,
        };
        let now = part.len()?;
        // Only bytes beyond all earlier attempts count as progress; a server that always cuts at
        // the same place would otherwise be asked for ever.
        failures = if now > most { 1 } else { failures + 1 };
        most = most.max(now);
        if failures >= retry.attempts {
            return Err(DownloadError::Failed {
                address: file.address.clone(),
                path: path.into(),
                attempts: failures,
                bytes: now,
                expected_bytes: file.bytes,
                cause,
            });
        }
        progress.note(&format!("{cause}; trying again"));
        std::thread::sleep(retry.pause(failures));
    }
}
