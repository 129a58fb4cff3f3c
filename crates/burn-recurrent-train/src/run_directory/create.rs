//! New run directories.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{FORMAT, MANIFEST, Manifest};
use super::{BEGUN, CONFIG, RunDirectory, RunDirectoryError, json};
use crate::config::RecipeConfig;
use burn_recurrent_files as files;

impl RunDirectory {
    /// Makes a new run of `recipe` in `path`, which must not exist or be an empty folder.
    ///
    /// The folder appears at once with its config and manifest, or not at all.
    ///
    /// # Errors
    ///
    /// [`RunDirectoryError::Exists`] where a run is there, [`NotEmpty`](RunDirectoryError::NotEmpty) where anything else is, and
    /// [`Write`](RunDirectoryError::Write).
    pub fn create<C: RecipeConfig>(
        recipe: &str,
        path: impl Into<PathBuf>,
        config: &C,
    ) -> Result<Self, RunDirectoryError> {
        let path = path.into();
        let write = |source| RunDirectoryError::Write {
            path: path.clone(),
            source,
        };
        if path.join(MANIFEST).exists() {
            return Err(RunDirectoryError::Exists { path });
        }
        let occupied = match fs::read_dir(&path) {
            Ok(mut entries) => entries.next().is_some(),
            // The path itself may be a file, or what should be a folder above it.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => path.exists(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(write(error)),
        };
        if occupied {
            return Err(RunDirectoryError::NotEmpty { path });
        }
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(write)?;
        let draft = files::temporary_folder(parent).map_err(write)?;
        let config = toml::to_string(config).map_err(|error| write(io::Error::other(error)))?;
        let manifest = json(&Manifest {
            recipe: recipe.to_string(),
            format: FORMAT,
            crate_version: env!("CARGO_PKG_VERSION").to_string(),
        })
        .map_err(write)?;
        files::write_synced(&draft.path().join(CONFIG), config.as_bytes()).map_err(write)?;
        files::write_synced(&draft.path().join(BEGUN), config.as_bytes()).map_err(write)?;
        files::write_synced(&draft.path().join(MANIFEST), &manifest).map_err(write)?;
        // Renaming onto an empty folder works on Unix; elsewhere the empty folder has to go first.
        #[cfg(not(unix))]
        let _ = fs::remove_dir(&path);
        match fs::rename(draft.path(), &path) {
            // Another process was quicker.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                return Err(RunDirectoryError::Exists { path });
            }
            result => result.map_err(write)?,
        }
        let _ = draft.keep();
        files::sync_folder(parent).map_err(write)?;
        Self::resume(recipe, path)
    }

    /// Makes the first of `base`-001, `base`-002, ... that is free.
    ///
    /// # Errors
    ///
    /// [`RunDirectoryError::Write`] where no folder can be made.
    pub fn create_numbered<C: RecipeConfig>(
        recipe: &str,
        base: &Path,
        config: &C,
    ) -> Result<Self, RunDirectoryError> {
        let mut number = 1;
        loop {
            let mut name = base.as_os_str().to_os_string();
            name.push(format!("-{number:03}"));
            match Self::create(recipe, PathBuf::from(name), config) {
                Err(RunDirectoryError::Exists { .. } | RunDirectoryError::NotEmpty { .. }) => {
                    number += 1
                }
                result => return result,
            }
        }
    }
}
