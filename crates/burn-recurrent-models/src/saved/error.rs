//! Errors of a saved model.

use super::misfit::WeightsMisfit;
use std::io;
use std::path::PathBuf;

/// What is wrong with a saved model. Every message names the file, and where something can be done about it, what.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavedModelError {
    /// There is no such folder.
    #[error("there is no folder {folder}; give the run directory of a trained model")]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder has no `model.json`.
    #[error(
        "{folder} has no model.json. If it is a run whose training has not ended, end it with `train --run {folder} \
         --resume`; if it is one of an earlier version, any command of its recipe, such as `evaluate --model \
         {folder}`, adds the file"
    )]
    NoDescription {
        /// The folder.
        folder: PathBuf,
    },
    /// The description is not what it should be.
    #[error(
        "{path} is damaged: {message}. Put back the file that the training wrote, or remove it and use the run with its \
         recipe, which writes it again"
    )]
    Malformed {
        /// The description.
        path: PathBuf,
        /// What was found.
        message: String,
    },
    /// The file describes something else.
    #[error(
        "{path} has the format {found:?}, expected \"burn-recurrent-model\"; give a folder with a model of this library"
    )]
    OtherFormat {
        /// The description.
        path: PathBuf,
        /// The format that it names.
        found: String,
    },
    /// The description is of a newer version.
    #[error(
        "{path} has version {found}, and this version of burn-recurrent-models reads up to {newest}; update \
         burn-recurrent-models"
    )]
    Newer {
        /// The description.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that is read.
        newest: u32,
    },
    /// The description is of an older version that is no longer read.
    #[error(
        "{path} has version {found}, and this version of burn-recurrent-models reads from {oldest}; use the run once with \
         the recipe of this version, which writes the file again"
    )]
    Older {
        /// The description.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The oldest version that is read.
        oldest: u32,
    },
    /// The model is of another kind than the one asked for.
    #[error(
        "{folder} has a {found}, not a {expected}; load it as what it is, with a version of the library that knows it"
    )]
    OtherKind {
        /// The folder.
        folder: PathBuf,
        /// The kind of its model.
        found: String,
        /// The kind asked for.
        expected: &'static str,
    },
    /// The numbers of the configuration describe no model.
    #[error(
        "{path}: the config describes no {kind}: {message}. Put back the file that the training wrote"
    )]
    NoModel {
        /// The file.
        path: PathBuf,
        /// The kind of model.
        kind: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The weights are not there.
    #[error(
        "there is no {path}, where the weights should be; put the file back beside model.json, or train again"
    )]
    NoWeights {
        /// The file.
        path: PathBuf,
    },
    /// The weights are not what was written.
    #[error(
        "{path} is damaged: {message}. Put back the file that the training wrote, save the model \
         again, or train again"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        message: String,
    },
    /// The weights are another model's.
    #[error(
        "the weights in {path} do not fit the config beside them: {misfit}. Put back the files of one training"
    )]
    DoNotFit {
        /// The file.
        path: PathBuf,
        /// Every tensor that is missing, extra or misshapen.
        misfit: WeightsMisfit,
    },
    /// The weights have far fewer tensors than the config's model.
    #[error(
        "the weights in {path} do not fit the config beside them: its model has over {expected} tensors, and they are \
         {found}. Put back the files of one training"
    )]
    TooFew {
        /// The file.
        path: PathBuf,
        /// The tensors of the file.
        found: usize,
        /// How many of the config's tensors were counted.
        expected: usize,
    },
    /// A model is not one of the configuration that it should be saved with; nothing was written.
    #[error(
        "the model is not the {kind} of the config that it should be saved with: {message}. Give the config that it \
         was made from"
    )]
    NotOfConfig {
        /// The kind of model.
        kind: &'static str,
        /// What is wrong.
        message: String,
    },
    /// A file could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written; what was there before is there still.
    #[error("cannot write {path}; check that the folder may be written to and the disk has space")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
