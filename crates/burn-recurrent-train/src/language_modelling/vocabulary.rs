//! A language model's vocabulary in a run's folder.

use std::collections::BTreeMap;
use std::path::Path;

use burn_recurrent_text::Vocabulary;

use crate::report::Report;
use crate::run_data::SavedVocabularies;

const NAME: &str = "vocabulary";
const FILE: &str = "vocabulary.json";

impl SavedVocabularies for Vocabulary {
    fn save(&self, folder: &Path) -> Result<(), Report> {
        Ok(Vocabulary::save(self, folder.join(FILE))?)
    }

    fn load(folder: &Path) -> Result<Self, Report> {
        Ok(Vocabulary::load(folder.join(FILE))?)
    }

    fn fingerprints(&self) -> BTreeMap<String, String> {
        [(NAME.to_string(), self.fingerprint().to_string())].into()
    }

    fn file(_name: &str) -> String {
        FILE.to_string()
    }
}
