//! Files inside a data set's zip archives.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::catalog::Member;

/// Why a file inside an archive could not be read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The archive cannot be read, or is none.
    #[error("{path}: cannot be read as a zip archive: {cause}")]
    Zip {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        cause: ZipError,
    },
    /// The archive has no such file.
    #[error("{path}: there is no {member} in the archive; check the catalogue entry")]
    Missing {
        /// The archive.
        path: PathBuf,
        /// The file.
        member: String,
    },
    /// The file cannot be unpacked.
    #[error("{path}: {member} cannot be unpacked: {cause}")]
    Io {
        /// The archive.
        path: PathBuf,
        /// The file.
        member: String,
        /// Why.
        cause: std::io::Error,
    },
    /// The file has another size than the catalogue says.
    #[error("{path}: {member} has {actual} bytes, expected are {expected}")]
    Size {
        /// The archive.
        path: PathBuf,
        /// The file.
        member: String,
        /// `more` or how many.
        actual: String,
        /// The catalogue's size.
        expected: u64,
    },
}

/// Unpacks one file into memory: as many bytes as the catalogue says, whatever the archive says of itself.
pub(crate) fn read_member(path: &Path, member: &Member) -> Result<Vec<u8>, ArchiveError> {
    let zip = |cause| ArchiveError::Zip {
        path: path.into(),
        cause,
    };
    let file = File::open(path).map_err(|cause| zip(ZipError::Io(cause)))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(zip)?;
    let entry = match archive.by_name(&member.name) {
        Ok(entry) => entry,
        Err(ZipError::FileNotFound) => {
            return Err(ArchiveError::Missing {
                path: path.into(),
                member: member.name.clone(),
            });
        }
        Err(cause) => return Err(zip(cause)),
    };
    let mut bytes = Vec::new();
    // One byte more shows that there is more, and no archive can make this larger.
    entry
        .take(member.bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|cause| ArchiveError::Io {
            path: path.into(),
            member: member.name.clone(),
            cause,
        })?;
    let actual = bytes.len() as u64;
    if actual != member.bytes {
        return Err(ArchiveError::Size {
            path: path.into(),
            member: member.name.clone(),
            actual: if actual > member.bytes {
                "more".to_string()
            } else {
                actual.to_string()
            },
            expected: member.bytes,
        });
    }
    Ok(bytes)
}
