//! A translator's tokenisers in a run's folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use burn_recurrent_text::TranslationTokenizers;

use crate::report::Report;
use crate::run_data::SavedVocabularies;
use crate::run_directory::RunDirectoryError;

/// Their folder.
const FOLDER: &str = "vocabulary";

impl SavedVocabularies for Arc<TranslationTokenizers> {
    fn save(&self, folder: &Path) -> Result<(), Report> {
        let path = folder.join(FOLDER);
        if let Err(source) = std::fs::create_dir_all(&path) {
            return Err(RunDirectoryError::Write { path, source }.into());
        }
        Ok(TranslationTokenizers::save(self, path)?)
    }

    fn load(folder: &Path) -> Result<Self, Report> {
        Ok(Arc::new(TranslationTokenizers::load(folder.join(FOLDER))?))
    }

    fn fingerprints(&self) -> BTreeMap<String, String> {
        TranslationTokenizers::fingerprints(self)
    }

    fn file(name: &str) -> String {
        format!("{FOLDER}/{name}.json")
    }
}
