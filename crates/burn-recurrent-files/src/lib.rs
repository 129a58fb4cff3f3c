#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod checksum;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

pub use checksum::{Checksum, sha256};

/// What the names of files and folders in the making begin with; see [`remove_temporaries`].
pub const TEMPORARY_PREFIX: &str = ".tmp-";

/// Writes `bytes` to `path` so that a reader, or a machine that loses power, sees the old file or the new one. A file that
/// has this content already is left as it is.
///
/// # Errors
///
/// When the folder does not exist, may not be written to or has no space; what was there before is there still.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if has_content(path, bytes) {
        return Ok(());
    }
    // A file name alone has an empty parent, which stands for the current folder.
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    // Temporary files are private by default; these become ordinary files, subject to the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder)
}

fn has_content(path: &Path, bytes: &[u8]) -> bool {
    let has_length =
        |metadata: fs::Metadata| metadata.is_file() && metadata.len() == bytes.len() as u64;
    fs::symlink_metadata(path).is_ok_and(has_length) && fs::read(path).is_ok_and(|old| old == bytes)
}

/// Writes a file and waits until it is on the disk: for the files of a folder that is itself in the making.
///
/// # Errors
///
/// When it cannot be written; a part of it may be there.
pub fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes renames inside `folder` durable.
///
/// # Errors
///
/// When the folder cannot be opened or synchronised.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    // Only Unix opens folders as files; elsewhere the rename itself is all there is.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// A new folder beside its final place, to be filled and renamed; removed again when dropped.
///
/// # Errors
///
/// When it cannot be made.
pub fn temporary_folder(parent: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(parent)
}

/// Removes a folder so that at no moment a half-removed one has its name.
///
/// # Errors
///
/// When it cannot be renamed or removed.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let grave = temporary_folder(parent)?;
    fs::rename(path, grave.path().join("removed"))?;
    grave.close()
}

/// Removes what a killed process left half-written in `folder`, not in the folders within.
///
/// # Errors
///
/// When the folder cannot be read, or what is in it not removed.
pub fn remove_temporaries(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with(TEMPORARY_PREFIX)
        {
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_atomically(&path, b"old").unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_with_the_same_content_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_atomically(&path, b"same").unwrap();
        let written = || fs::metadata(&path).unwrap().modified().unwrap();
        let before = written();
        std::thread::sleep(std::time::Duration::from_millis(20));
        write_atomically(&path, b"same").unwrap();
        assert_eq!(written(), before);
        write_atomically(&path, b"some").unwrap();
        assert!(written() > before);
    }

    #[test]
    fn temporaries_are_removed_and_the_rest_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".tmp-1"), "half").unwrap();
        fs::create_dir(folder.path().join(".tmp-2")).unwrap();
        fs::write(folder.path().join(".tmp-2/part"), "half").unwrap();
        fs::write(folder.path().join("whole"), "whole").unwrap();
        remove_temporaries(folder.path()).unwrap();
        let names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["whole"]);
    }

    #[test]
    fn a_removed_folder_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("file"), "x").unwrap();
        remove_folder(&inner).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
