//! Why a model of the zoo could not be found.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a model of the zoo could not be found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ZooError {
    /// There is no such model.
    #[error("there is no model `{name}`: it is no folder, and the zoo ({}) {}", folders(.zoo), known(.names))]
    NotFound {
        /// What was asked for.
        name: String,
        /// The folders that were searched.
        zoo: Vec<PathBuf>,
        /// The models that are there.
        names: Vec<String>,
    },
    /// The folder that the environment names cannot be read.
    #[error("cannot read the folder {path}, which `{}` names", crate::ZOO_VARIABLE)]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A model's card cannot be read.
    #[error("{path} is not what `export` writes: {message}; export the model again")]
    Card {
        /// The card.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

fn folders(zoo: &[PathBuf]) -> String {
    let names = zoo
        .iter()
        .map(|path: &PathBuf| Path::display(path).to_string());
    names.collect::<Vec<_>>().join(", ")
}

fn known(names: &[String]) -> String {
    match names.is_empty() {
        true => "has none at all".to_string(),
        false => format!("has {}", names.join(", ")),
    }
}
