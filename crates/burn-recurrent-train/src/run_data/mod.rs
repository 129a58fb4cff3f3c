//! What a run is trained on: loaded, written down when the run begins, and the same again when it goes on.

pub(crate) mod error;
mod file;
mod load;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

pub use error::RunDataError;

use crate::config::RecipeConfig;
use crate::report::Report;

/// The SHA-256 of each split and of whatever else is read, by name.
pub type Checksums = BTreeMap<String, String>;

/// A recipe's config, which says where the data is.
///
/// [`TrainArgs::data`](crate::TrainArgs::data) loads it for a new run or for one that goes on,
/// [`RunDirectory::load_data`](crate::RunDirectory::load_data) for one that is judged.
pub trait RunDataConfig: RecipeConfig {
    /// What is loaded. Displayed, it is a line for a person, with the sizes of its parts.
    type Data: RunData + Display;

    /// Loads the data: for the vocabularies of a run that has begun, or with those that are counted on the training split.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the data.
    fn load_data(&self, known: Option<VocabulariesOf<Self>>) -> Result<Self::Data, Report>;
}

/// The vocabularies of a config's data.
pub type VocabulariesOf<C> = <<C as RunDataConfig>::Data as RunData>::Vocabularies;

/// The data of a training, as far as its run keeps it.
pub trait RunData {
    /// What the data is encoded with.
    type Vocabularies: SavedVocabularies;

    /// What the data is encoded with.
    fn vocabularies(&self) -> &Self::Vocabularies;

    /// What the data is, by which it is known again.
    fn checksums(&self) -> &Checksums;
}

/// Vocabularies, subword models and the like: what stands between text and ids, as files of a run.
pub trait SavedVocabularies: Sized {
    /// Writes them into a run's folder.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    fn save(&self, folder: &Path) -> Result<(), Report>;

    /// Reads them from a run's folder.
    ///
    /// # Errors
    ///
    /// When a file is missing or damaged.
    fn load(folder: &Path) -> Result<Self, Report>;

    /// Tells each from others, by its name.
    fn fingerprints(&self) -> BTreeMap<String, String>;

    /// The file of the one with this name, relative to the run's folder.
    fn file(name: &str) -> String;
}
