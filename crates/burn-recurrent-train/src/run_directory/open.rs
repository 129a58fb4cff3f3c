//! Run directories that are there already: to go on with, or to use what they hold.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use super::manifest::{FORMAT, MANIFEST, Manifest};
use super::{RunDirectory, RunDirectoryError};
use crate::export::ModelCard;
use burn_recurrent_files as files;
use burn_recurrent_models::ModelDescription;

const LOCK: &str = "run.lock";

/// Whose model a card is of.
#[derive(Deserialize)]
struct CardRecipe {
    recipe: String,
}

impl RunDirectory {
    /// Opens a run of `recipe` to go on with it. At most one process at a time holds a run like this.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and [`RunDirectoryError::Locked`] where another process trains in it.
    pub fn resume(recipe: &str, path: impl Into<PathBuf>) -> Result<Self, RunDirectoryError> {
        let mut run = Self::open(recipe, path)?;
        let lock_path = run.file(LOCK);
        let write = |source| RunDirectoryError::Write {
            path: lock_path.clone(),
            source,
        };
        let lock = File::create(&lock_path).map_err(write)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(RunDirectoryError::Locked { path: run.path });
            }
            Err(TryLockError::Error(error)) => return Err(write(error)),
        }
        // Only who holds the lock may clean up: what another process is writing has such a name too.
        files::remove_temporaries(&run.path).map_err(write)?;
        run._lock = Some(Arc::new(lock));
        Ok(run)
    }

    /// Opens a run of `recipe` to read from it.
    ///
    /// # Errors
    ///
    /// [`RunDirectoryError::NotARun`], [`OtherRecipe`](RunDirectoryError::OtherRecipe),
    /// [`OtherFormat`](RunDirectoryError::OtherFormat) or [`Damaged`](RunDirectoryError::Damaged), as its `run.json` is.
    pub fn open(recipe: &str, path: impl Into<PathBuf>) -> Result<Self, RunDirectoryError> {
        let path = path.into();
        let manifest_path = path.join(MANIFEST);
        let text = match fs::read(&manifest_path) {
            Ok(text) => text,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Err(RunDirectoryError::NotARun { path });
            }
            Err(source) => {
                return Err(RunDirectoryError::Read {
                    path: manifest_path,
                    source,
                });
            }
        };
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|error| RunDirectoryError::Damaged {
                path: manifest_path.clone(),
                message: error.to_string(),
            })?;
        if manifest.format != FORMAT {
            return Err(RunDirectoryError::OtherFormat {
                path: manifest_path,
                found: manifest.format,
            });
        }
        if manifest.recipe != recipe {
            return Err(RunDirectoryError::OtherRecipe {
                path,
                expected: recipe.to_string(),
                found: manifest.recipe,
            });
        }
        Ok(Self {
            path,
            recipe: manifest.recipe,
            _lock: None,
        })
    }

    /// Opens what a model is used from: a run of `recipe`, or the folder of a model that was exported from one.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open) where there is no model that was exported.
    pub fn open_model(recipe: &str, path: impl Into<PathBuf>) -> Result<Self, RunDirectoryError> {
        let path = path.into();
        if path.join(MANIFEST).exists() || !path.join(ModelDescription::FILE).is_file() {
            return Self::open(recipe, path);
        }
        // Whatever has no card is known by its kind of model when that is loaded.
        let card = path.join(ModelCard::FILE);
        let found = match fs::read(&card) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(RunDirectoryError::Read { path: card, source }),
            Ok(text) => Some(
                serde_json::from_slice::<CardRecipe>(&text).map_err(|error| {
                    let message = error.to_string();
                    RunDirectoryError::Damaged {
                        path: card,
                        message,
                    }
                })?,
            ),
        };
        match found {
            Some(CardRecipe { recipe: found }) if found != recipe => {
                let expected = recipe.to_string();
                Err(RunDirectoryError::OtherRecipe {
                    path,
                    expected,
                    found,
                })
            }
            _ => Ok(Self::exported(recipe, path)),
        }
    }
}
