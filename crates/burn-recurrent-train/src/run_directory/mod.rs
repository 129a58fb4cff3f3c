//! The folder that holds all that is needed to use, judge or repeat a run.

mod create;
mod error;
mod manifest;
mod open;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::config::{RecipeConfig, load_config};
use crate::resumed_config::{ChangedSetting, changed_settings};
use burn_recurrent_files as files;

pub use error::RunDirectoryError;

pub(crate) const CONFIG: &str = "config.toml";
pub(crate) const BEGUN: &str = "begun.toml";
pub(crate) const MODEL: &str = "model.safetensors";

/// A run's folder, for one process to write to or for any to read from.
///
/// | file | content |
/// | --- | --- |
/// | `run.json` | the recipe's name and the version of this layout |
/// | `config.toml` | the config with every default and override in it |
/// | `begun.toml` | the same when the run began, by which `--resume` knows what was edited since |
/// | `metrics.jsonl` | a line an epoch, see [`EpochRecord`](crate::EpochRecord) |
/// | `curves.svg` | training and validation over the epochs |
/// | `checkpoints/` | what `--resume` goes on from |
/// | `model.safetensors` | the weights that the run ended with |
/// | `model.json` | what the weights are of, where the recipe saves a model of burn-recurrent-models |
/// | `result.json` | see [`RunResult`](crate::RunResult) |
///
/// The recipe adds what else its model needs with [`write`](Self::write). Every file is written under a temporary name
/// and renamed, so a file that is there is whole.
#[derive(Debug, Clone)]
pub struct RunDirectory {
    path: PathBuf,
    recipe: String,
    /// Held while the run may be written to; the operating system lets go of it however the process ends.
    _lock: Option<Arc<File>>,
}

impl RunDirectory {
    /// The folder of a model that is or will be exported.
    pub(crate) fn exported(recipe: &str, path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            recipe: recipe.to_string(),
            _lock: None,
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The recipe's name.
    pub fn recipe(&self) -> &str {
        &self.recipe
    }

    /// The path of a file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file whole or not at all.
    ///
    /// # Errors
    ///
    /// [`RunDirectoryError::Write`].
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), RunDirectoryError> {
        let path = self.file(name);
        files::write_atomically(&path, bytes.as_ref())
            .map_err(|source| RunDirectoryError::Write { path, source })
    }

    /// Writes a value as indented JSON.
    ///
    /// # Errors
    ///
    /// [`RunDirectoryError::Write`], also where the value is none that JSON has.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), RunDirectoryError> {
        let bytes = json(value).map_err(|source| RunDirectoryError::Write {
            path: self.file(name),
            source,
        })?;
        self.write(name, bytes)
    }

    /// The config of a run to go on with, and what was edited in it since the run began, all of which may be.
    ///
    /// Runs of earlier versions did not keep what they began with: it is warned that nothing counts as edited in theirs.
    ///
    /// # Errors
    ///
    /// When a setting was edited that is fixed once a run has begun, see [`RecipeConfig::free_keys`].
    pub fn resumed_config<C: RecipeConfig>(
        &self,
    ) -> Result<(C, Vec<ChangedSetting>), RunDirectoryError> {
        let begun = self.file(BEGUN);
        if !begun.exists() {
            log::warn!(
                "`{}`: an earlier version began this run and did not keep its settings, so not all that were edited since \
                 are noticed",
                self.path.display()
            );
            return Ok((self.config()?, Vec::new()));
        }
        let (free, fixed) = changed_settings::<C>(load_config(&begun, &[])?, self.config()?)?;
        if !fixed.is_empty() {
            return Err(RunDirectoryError::FixedSettings {
                path: self.file(CONFIG),
                settings: fixed,
            });
        }
        Ok((self.config()?, free))
    }

    /// The resolved config of the run.
    ///
    /// # Errors
    ///
    /// [`RunDirectoryError::Config`] where it is missing or no longer valid.
    pub fn config<C: RecipeConfig>(&self) -> Result<C, RunDirectoryError> {
        Ok(load_config(&self.file(CONFIG), &[])?)
    }
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
