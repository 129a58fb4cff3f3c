//! The folder that holds all that is needed to use, judge or repeat a run.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, RecipeConfig, load_config};
use crate::export::ModelCard;
use crate::resumed_config::{ChangedSetting, changed_settings};
use burn_recurrent_files as files;
use burn_recurrent_models::ModelDescription;

const MANIFEST: &str = "run.json";
pub(crate) const CONFIG: &str = "config.toml";
pub(crate) const BEGUN: &str = "begun.toml";
pub(crate) const MODEL: &str = "model.safetensors";
const LOCK: &str = "run.lock";
const FORMAT: u32 = 1;

/// `run.json`: whose run it is.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    recipe: String,
    format: u32,
    crate_version: String,
}

/// Whose model a card is of.
#[derive(Deserialize)]
struct CardRecipe {
    recipe: String,
}

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

/// What is wrong with a run directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunDirectoryError {
    /// A run is there already.
    #[error("`{path}` already holds a run")]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// Something else is there already.
    #[error("`{path}` exists and is not an empty folder")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// No run is there.
    #[error("`{path}` is not a run directory: it has no `{MANIFEST}`")]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// The run is another recipe's.
    #[error("`{path}` is a run of the recipe `{found}`, not of `{expected}`")]
    OtherRecipe {
        /// The folder.
        path: PathBuf,
        /// The recipe that was run.
        expected: String,
        /// The recipe that the folder is of.
        found: String,
    },
    /// The layout is of another version.
    #[error("`{path}` has format {found}, this program reads format {FORMAT}")]
    OtherFormat {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Another process is training.
    #[error("another process is training in `{path}`")]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be read as what it should be.
    #[error("`{path}` is damaged: {message}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        message: String,
    },
    /// The run did not get so far as to save its model.
    #[error("the run `{path}` has no model: it has not ended")]
    NoModel {
        /// The folder.
        path: PathBuf,
    },
    /// The weights are of another model than the config describes.
    #[error("the weights in `{path}` do not fit the model: {message}")]
    WeightsDoNotFit {
        /// The file.
        path: PathBuf,
        /// Which tensors.
        message: String,
    },
    /// A file could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Settings were edited that are fixed once a run has begun.
    #[error(
        "`{path}`: {}",
        settings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    FixedSettings {
        /// The run's config.
        path: PathBuf,
        /// Which, and how.
        settings: Vec<ChangedSetting>,
    },
    /// The run's own config is no longer valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl RunDirectoryError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Exists { path } => Some(format!(
                "go on with it by `--run {} --resume`, or give another folder to `--run`",
                path.display()
            )),
            Self::NotEmpty { .. } => Some("give a new or an empty folder to `--run`".into()),
            Self::NoModel { path } => Some(format!(
                "finish it first: `train --run {} --resume`",
                path.display()
            )),
            Self::OtherFormat { found, .. } if *found > FORMAT => {
                Some("update this program: a newer one made the run".into())
            }
            Self::OtherFormat { .. } => {
                Some("use the version of this program that made the run, or train again".into())
            }
            Self::NotARun { .. } => Some(
                "give the folder of a run, as `train` makes it under `runs/`, or of an exported model".into(),
            ),
            Self::Locked { .. } => {
                Some("wait for it to end, or give another folder to `--run`".into())
            }
            Self::Write { .. } => Some(
                "check that the folder may be written to and the disk has space, or use `--run`"
                    .into(),
            ),
            Self::FixedSettings { .. } => Some(
                "what is trained is fixed once a run has begun: put it back, or begin a new run with a config of its own"
                    .into(),
            ),
            Self::Config(error) => error.help(),
            _ => None,
        }
    }

    /// Whether the command line named the wrong folder (exit code 2) or the folder itself is at fault (1).
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Exists { .. }
                | Self::NotEmpty { .. }
                | Self::NotARun { .. }
                | Self::OtherRecipe { .. }
                | Self::FixedSettings { .. }
                | Self::Config(_)
        )
    }
}

impl RunDirectory {
    /// Makes a new run of `recipe` in `path`, which must not exist or be an empty folder.
    ///
    /// The folder appears at once with its config and manifest, or not at all.
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

    /// Opens a run of `recipe` to go on with it. At most one process at a time holds a run like this.
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
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), RunDirectoryError> {
        let path = self.file(name);
        files::write_atomically(&path, bytes.as_ref())
            .map_err(|source| RunDirectoryError::Write { path, source })
    }

    /// Writes a value as indented JSON.
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
    pub fn config<C: RecipeConfig>(&self) -> Result<C, RunDirectoryError> {
        Ok(load_config(&self.file(CONFIG), &[])?)
    }
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Config {
        size: usize,
    }
    impl RecipeConfig for Config {}

    #[test]
    fn a_run_is_created_whole_and_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/tiny");
        let run = RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap();
        assert_eq!(run.config::<Config>().unwrap(), Config { size: 3 });
        let reader = RunDirectory::open("toy", &path).unwrap();
        assert_eq!(reader.config::<Config>().unwrap(), Config { size: 3 });
    }

    #[test]
    fn one_process_at_a_time_trains_in_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let run = RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap();
        assert!(matches!(
            RunDirectory::resume("toy", &path),
            Err(RunDirectoryError::Locked { .. })
        ));
        drop(run);
        RunDirectory::resume("toy", &path).unwrap();
    }

    #[test]
    fn what_is_there_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        drop(RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap());
        let error = RunDirectory::create("toy", &path, &Config { size: 4 }).unwrap_err();
        assert!(matches!(error, RunDirectoryError::Exists { .. }));
        assert!(error.help().unwrap().contains("--resume"));
        let other = folder.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("thesis.tex"), "x").unwrap();
        for path in [other.clone(), other.join("thesis.tex")] {
            let error = RunDirectory::create("toy", path, &Config { size: 4 }).unwrap_err();
            assert!(
                matches!(error, RunDirectoryError::NotEmpty { .. }),
                "{error}"
            );
        }
        assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_folder_is_used_and_numbers_go_on() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("run-001")).unwrap();
        let base = folder.path().join("run");
        let first = RunDirectory::create_numbered("toy", &base, &Config { size: 3 }).unwrap();
        assert!(first.path().ends_with("run-001"));
        let second = RunDirectory::create_numbered("toy", &base, &Config { size: 3 }).unwrap();
        assert!(second.path().ends_with("run-002"));
    }

    #[test]
    fn a_run_of_another_recipe_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        drop(RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap());
        let error = RunDirectory::resume("other", &path).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "`{}` is a run of the recipe `toy`, not of `other`",
                path.display()
            )
        );
        assert!(error.is_usage());
        assert!(matches!(
            RunDirectory::open("toy", folder.path()),
            Err(RunDirectoryError::NotARun { .. })
        ));
    }

    #[test]
    fn a_run_of_another_version_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        drop(RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap());
        let manifest = fs::read_to_string(path.join(MANIFEST)).unwrap();
        for (format, help) in [(FORMAT + 1, "update this program"), (0, "train again")] {
            let other = manifest.replace("\"format\": 1", &format!("\"format\": {format}"));
            fs::write(path.join(MANIFEST), other).unwrap();
            let error = RunDirectory::open("toy", &path).unwrap_err();
            assert!(
                matches!(error, RunDirectoryError::OtherFormat { found, .. } if found == format)
            );
            assert!(error.help().unwrap().contains(help));
        }
    }

    #[test]
    fn a_damaged_manifest_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        drop(RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap());
        fs::write(path.join(MANIFEST), "{\"recipe\": ").unwrap();
        let error = RunDirectory::open("toy", &path).unwrap_err();
        assert!(matches!(error, RunDirectoryError::Damaged { .. }));
        assert!(error.to_string().contains(MANIFEST));
    }
}
