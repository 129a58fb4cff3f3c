//! A model of the zoo, as its card says.

use super::ZooError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A model of the zoo: what its card, `zoo.json`, says of it. The recipes' verb `export` writes the card, with more in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ZooModel {
    /// The name of its folder.
    #[serde(default)]
    pub name: String,
    /// The folder.
    #[serde(default)]
    pub folder: PathBuf,
    /// The recipe that trained it and can use it.
    pub recipe: String,
    /// What it does, in a sentence.
    pub task: String,
    /// The kind of model, as in `model.json`.
    pub kind: String,
    /// The size of its files.
    pub bytes: u64,
    /// How many numbers were trained; none for counts of n-grams.
    pub parameters: Option<u64>,
    /// The name of the figure that it is judged by, where it has one.
    pub main_figure: Option<String>,
    /// Its figures, by names such as `test_accuracy`.
    pub figures: BTreeMap<String, f64>,
}

impl ZooModel {
    /// The card's file name.
    pub const FILE: &str = "zoo.json";

    /// The figure that it is judged by, and its name.
    pub fn figure(&self) -> Option<(&str, f64)> {
        let name = self.main_figure.as_deref()?;
        Some((name, *self.figures.get(name)?))
    }

    pub(super) fn read(name: String, folder: PathBuf) -> Result<Self, ZooError> {
        let path = folder.join(Self::FILE);
        let read = || -> Result<Self, String> {
            let text = std::fs::read(&path).map_err(|error| error.to_string())?;
            serde_json::from_slice(&text).map_err(|error| error.to_string())
        };
        let model = read();
        let model = model.map_err(|message| ZooError::Card { path, message })?;
        Ok(Self {
            name,
            folder,
            ..model
        })
    }
}
