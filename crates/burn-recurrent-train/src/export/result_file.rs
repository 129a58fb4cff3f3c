//! `result.json`, read again.

use std::collections::BTreeMap;
use std::{fs, io};

use serde::Deserialize;
use serde_json::Value;

use crate::Figures;
use crate::run_directory::{RunDirectory, RunDirectoryError};

const RESULT: &str = "result.json";

/// The result of a run, as [`RunResult`](crate::RunResult) wrote it.
#[derive(Debug, Deserialize)]
pub(super) struct ResultFile {
    pub(super) seed: u64,
    pub(super) datasets: BTreeMap<String, String>,
    pub(super) epochs: usize,
    pub(super) best_epoch: Option<usize>,
    pub(super) early_stopped: bool,
    pub(super) wall_seconds: f64,
    pub(super) device: String,
    pub(super) crate_version: String,
    pub(super) git_revision: String,
    /// What scores depend on, where the recipe says so.
    #[serde(default)]
    pub(super) signatures: BTreeMap<String, String>,
    /// The figures, among other things.
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

impl ResultFile {
    pub(super) fn read(run: &RunDirectory) -> Result<Self, RunDirectoryError> {
        let path = run.file(RESULT);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let path = run.path().to_owned();
                return Err(RunDirectoryError::NoModel { path });
            }
            Err(source) => return Err(RunDirectoryError::Read { path, source }),
        };
        serde_json::from_slice(&text).map_err(|error| {
            let message = error.to_string();
            RunDirectoryError::Damaged { path, message }
        })
    }

    /// What it says of how good the model is; how fast it is depends on the machine.
    pub(super) fn figures(&self) -> Figures {
        let numbers = self.rest.iter();
        let numbers = numbers.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)));
        let is_speed = |name: &str| name.ends_with("_per_second") || name.ends_with("_seconds");
        numbers.filter(|(name, _)| !is_speed(name)).collect()
    }
}
