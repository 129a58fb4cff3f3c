//! The folder of a run's checkpoints: writing, reading and removing them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::burn_pack;
use burn::tensor::{Bytes, TensorData};

use super::manifest::{FORMAT, FileEntry, Manifest};
use super::{Checkpoint, CheckpointError};
use crate::loop_state::LoopState;
use burn_recurrent_files as files;

const FOLDER: &str = "checkpoints";
const MANIFEST: &str = "manifest.json";
const MODEL: &str = "model.bpk";
const OPTIMIZER: &str = "optimizer.bpk";
const CARRIED: &str = "carried.bpk";
const STATE: &str = "state.json";

/// The checkpoints of a run.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    folder: PathBuf,
    keep: usize,
    epochs: usize,
    resume: String,
}

impl Checkpoints {
    /// Those of the run in `run`, whose leftovers of a killed process are removed.
    pub(crate) fn new(run: &Path, keep: usize) -> Result<Self, CheckpointError> {
        let folder = run.join(FOLDER);
        fs::create_dir_all(&folder)
            .and_then(|()| files::remove_temporaries(&folder))
            .map_err(|source| CheckpointError::Write {
                path: folder.clone(),
                source,
            })?;
        Ok(Self {
            folder,
            keep,
            epochs: 0,
            resume: format!("train --run {} --resume", run.display()),
        })
    }

    /// Also keeps those of the ends of the latest `epochs` epochs.
    pub(crate) fn with_epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Writes a checkpoint, and removes the old ones that are no longer kept.
    pub(crate) fn save<M: Module>(
        &self,
        model: &M,
        optimizer: &ModuleOptimizer,
        carried: Vec<TensorData>,
        state: &LoopState,
    ) -> Result<(), CheckpointError> {
        let path = self.folder.join(state.checkpoint_name());
        if !path.exists() {
            self.write(&path, model, optimizer, carried, state)?;
        }
        self.prune()
    }

    fn write<M: Module>(
        &self,
        path: &Path,
        model: &M,
        optimizer: &ModuleOptimizer,
        carried: Vec<TensorData>,
        state: &LoopState,
    ) -> Result<(), CheckpointError> {
        let encode = |message: String| CheckpointError::Encode {
            path: path.to_owned(),
            message,
        };
        let carried = carried
            .into_iter()
            .enumerate()
            .map(|(number, data)| {
                let (bytes, shape, dtype) = data.into_parts();
                // Zero-padded, so that an order by name is the order in which they came.
                burn_pack::Tensor::new(format!("{number:06}"), dtype, shape, None, bytes)
            })
            .collect();
        let contents: [(&str, Bytes); 4] = [
            (
                MODEL,
                model
                    .clone()
                    .into_record()
                    .into_bytes()
                    .map_err(|error| encode(error.to_string()))?,
            ),
            (
                OPTIMIZER,
                optimizer
                    .into_bytes()
                    .map_err(|error| encode(error.to_string()))?,
            ),
            (
                CARRIED,
                burn_pack::Writer::new(carried)
                    .into_bytes()
                    .map_err(|error| encode(error.to_string()))?,
            ),
            (
                STATE,
                Bytes::from_bytes_vec(
                    serde_json::to_vec_pretty(state).map_err(|error| encode(error.to_string()))?,
                ),
            ),
        ];
        let manifest = Manifest {
            format: FORMAT,
            files: contents
                .iter()
                .map(|(name, content)| (name.to_string(), FileEntry::of(content)))
                .collect(),
        };
        let manifest =
            serde_json::to_vec_pretty(&manifest).map_err(|error| encode(error.to_string()))?;
        let write_all = || -> io::Result<()> {
            let draft = files::temporary_folder(&self.folder)?;
            for (name, content) in &contents {
                files::write_synced(&draft.path().join(name), content)?;
            }
            files::write_synced(&draft.path().join(MANIFEST), &manifest)?;
            files::sync_folder(draft.path())?;
            fs::rename(draft.path(), path)?;
            let _ = draft.keep();
            files::sync_folder(&self.folder)
        };
        write_all().map_err(|source| CheckpointError::Write {
            path: path.to_owned(),
            source,
        })
    }

    /// The last checkpoint; `None` in a run that has none yet.
    pub(crate) fn last(&self) -> Result<Option<Checkpoint>, CheckpointError> {
        match self.names()?.last() {
            Some(name) => self.load(name).map(Some),
            None => Ok(None),
        }
    }

    /// The name of the last checkpoint, if there is any.
    pub(crate) fn last_name(&self) -> Option<String> {
        self.names().ok()?.pop()
    }

    /// Reads a checkpoint and verifies it.
    pub(crate) fn load(&self, name: &str) -> Result<Checkpoint, CheckpointError> {
        self.read(name).map_err(|error| match error {
            CheckpointError::Damaged {
                path,
                message,
                checkpoint,
                resume,
                ..
            } => CheckpointError::Damaged {
                intact: self.latest_intact_before(name),
                path,
                message,
                checkpoint,
                resume,
            },
            error => error,
        })
    }

    fn latest_intact_before(&self, name: &str) -> Option<String> {
        let mut names = self.names().ok()?;
        names.retain(|other| other.as_str() < name);
        names.into_iter().rev().find(|name| self.read(name).is_ok())
    }

    fn read(&self, name: &str) -> Result<Checkpoint, CheckpointError> {
        let folder = self.folder.join(name);
        let damaged = |file: &str, message: String| CheckpointError::Damaged {
            path: folder.join(file),
            message,
            checkpoint: folder.clone(),
            intact: None,
            resume: self.resume.clone(),
        };
        let read = |file: &str| match fs::read(folder.join(file)) {
            Ok(content) => Ok(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(damaged(file, "it is missing".into()))
            }
            Err(source) => Err(CheckpointError::Read {
                path: folder.join(file),
                source,
            }),
        };
        let manifest: Manifest = serde_json::from_slice(&read(MANIFEST)?)
            .map_err(|error| damaged(MANIFEST, error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(CheckpointError::OtherFormat {
                path: folder,
                found: manifest.format,
            });
        }
        let verified = |file: &str| -> Result<Vec<u8>, CheckpointError> {
            let expected = manifest
                .files
                .get(file)
                .ok_or_else(|| damaged(MANIFEST, format!("it does not mention `{file}`")))?;
            let content = read(file)?;
            let found = FileEntry::of(&content);
            if found.bytes != expected.bytes {
                return Err(damaged(
                    file,
                    format!(
                        "it has {} bytes, the manifest says {}",
                        found.bytes, expected.bytes
                    ),
                ));
            }
            if found != *expected {
                return Err(damaged(
                    file,
                    format!(
                        "its SHA-256 is {}, the manifest says {}",
                        found.sha256, expected.sha256
                    ),
                ));
            }
            Ok(content)
        };
        let state = serde_json::from_slice(&verified(STATE)?)
            .map_err(|error| damaged(STATE, error.to_string()))?;
        Ok(Checkpoint {
            model: verified(MODEL)?,
            optimizer: verified(OPTIMIZER)?,
            carried: verified(CARRIED)?,
            state,
            path: folder,
        })
    }

    /// The names of all checkpoints, in the order of training.
    fn names(&self) -> Result<Vec<String>, CheckpointError> {
        let list = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(&self.folder)? {
                let entry = entry?;
                if let Ok(name) = entry.file_name().into_string()
                    && is_checkpoint_name(&name)
                {
                    names.push(name);
                }
            }
            names.sort();
            Ok(names)
        };
        list().map_err(|source| CheckpointError::Read {
            path: self.folder.clone(),
            source,
        })
    }

    /// Removes all but the latest `keep`, the latest ends of epochs that are asked for, and those that are the best epoch of one of these.
    fn prune(&self) -> Result<(), CheckpointError> {
        let names = self.names()?;
        let latest = &names[names.len().saturating_sub(self.keep)..];
        let mut kept: BTreeSet<String> = latest.iter().cloned().collect();
        let epochs = names
            .iter()
            .rev()
            .filter(|name| LoopState::is_epoch_end(name));
        kept.extend(epochs.take(self.epochs).cloned());
        for name in latest {
            let state = fs::read(self.folder.join(name).join(STATE))
                .ok()
                .and_then(|text| serde_json::from_slice::<LoopState>(&text).ok());
            match state {
                Some(state) => kept.extend(state.best.map(|best| best.checkpoint)),
                // Without its state nobody knows what it needs: leave all as it is.
                None => return Ok(()),
            }
        }
        for name in names.iter().filter(|name| !kept.contains(*name)) {
            let path = self.folder.join(name);
            files::remove_folder(&path)
                .map_err(|source| CheckpointError::Write { path, source })?;
        }
        Ok(())
    }
}

fn is_checkpoint_name(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.strip_prefix("epoch-")
        .and_then(|rest| rest.split_once("-step-"))
        .is_some_and(|(epoch, step)| digits(epoch) && digits(step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BestEpoch, LossSum};
    use burn::nn::LinearConfig;
    use burn::tensor::Device;

    fn save(checkpoints: &Checkpoints, epochs: usize, step: usize, best: Option<usize>) -> String {
        let linear = LinearConfig::new(3, 2).init(&Device::flex());
        let mut state = LoopState::new(0.1);
        state.epochs = epochs;
        state.step = step;
        state.train.nats = 0.1 + 0.2;
        state.best = best.map(|epoch| BestEpoch {
            epoch,
            valid: LossSum::default(),
            checkpoint: format!("epoch-{epoch:04}-step-000000"),
        });
        let optimizer = crate::OptimizerConfig::adam().init();
        let carried = vec![
            TensorData::from([1.5f32, -0.0]),
            TensorData::from([[1i64, 2]]),
        ];
        checkpoints
            .save(&linear, &optimizer, carried, &state)
            .unwrap();
        state.checkpoint_name()
    }

    #[test]
    fn the_last_checkpoint_comes_back_as_it_was_written() {
        let run = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(run.path(), 2).unwrap();
        assert!(checkpoints.last().unwrap().is_none());
        save(&checkpoints, 0, 7, None);
        save(&checkpoints, 1, 0, Some(1));
        let last = checkpoints.last().unwrap().unwrap();
        assert_eq!((last.state.epochs, last.state.step), (1, 0));
        assert_eq!(last.state.train.nats, 0.1 + 0.2);
        let carried = last.carried().unwrap();
        assert_eq!(
            carried[0].try_to_vec::<f32>().unwrap()[1].to_bits(),
            (-0.0f32).to_bits()
        );
        assert_eq!(carried[1].try_to_vec::<i64>().unwrap(), [1, 2]);
    }

    #[test]
    fn the_latest_and_what_they_call_best_are_kept() {
        let run = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(run.path(), 2).unwrap();
        save(&checkpoints, 1, 0, Some(1));
        save(&checkpoints, 2, 0, Some(1));
        save(&checkpoints, 3, 0, Some(3));
        save(&checkpoints, 3, 5, Some(3));
        let names = ["epoch-0003-step-000000", "epoch-0003-step-000005"];
        assert_eq!(checkpoints.names().unwrap(), names);
        save(&checkpoints, 4, 0, Some(3));
        save(&checkpoints, 5, 0, Some(3));
        let names = [
            "epoch-0003-step-000000",
            "epoch-0004-step-000000",
            "epoch-0005-step-000000",
        ];
        assert_eq!(checkpoints.names().unwrap(), names);
    }

    #[test]
    fn every_kind_of_damage_is_found_and_the_way_out_is_named() {
        for file in [MODEL, OPTIMIZER, CARRIED, STATE, MANIFEST] {
            for damage in ["truncated", "flipped", "missing"] {
                let run = tempfile::tempdir().unwrap();
                let checkpoints = Checkpoints::new(run.path(), 3).unwrap();
                let earlier = save(&checkpoints, 1, 0, None);
                let broken = save(&checkpoints, 2, 0, None);
                let path = run.path().join(FOLDER).join(&broken).join(file);
                let mut content = fs::read(&path).unwrap();
                match damage {
                    "truncated" => fs::write(&path, &content[..content.len() / 2]).unwrap(),
                    "missing" => fs::remove_file(&path).unwrap(),
                    _ => {
                        // A bit that turns the manifest's first key into another one, and any bit of the rest.
                        let middle = if file == MANIFEST {
                            5
                        } else {
                            content.len() / 2
                        };
                        content[middle] ^= 1;
                        fs::write(&path, &content).unwrap();
                    }
                }
                let error = checkpoints.last().unwrap_err();
                assert!(
                    matches!(error, CheckpointError::Damaged { .. }),
                    "{file} {damage}: {error}"
                );
                assert!(error.to_string().contains(file), "{file} {damage}: {error}");
                let help = error.help().unwrap();
                assert!(
                    help.contains(&earlier) && help.contains("--resume"),
                    "{help}"
                );
                // The remedy works.
                fs::remove_dir_all(run.path().join(FOLDER).join(&broken)).unwrap();
                assert_eq!(checkpoints.last().unwrap().unwrap().state.epochs, 1);
            }
        }
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_never_read() {
        let run = tempfile::tempdir().unwrap();
        let half = run.path().join(FOLDER).join(".tmp-abc");
        fs::create_dir_all(&half).unwrap();
        fs::write(half.join(MODEL), "half").unwrap();
        let checkpoints = Checkpoints::new(run.path(), 2).unwrap();
        assert!(checkpoints.last().unwrap().is_none());
        assert!(!half.exists());
    }
}
