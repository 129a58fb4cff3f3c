//! Data for a run that begins, goes on or is judged.

use super::file::{DATA, DataFile};
use super::{RunData, RunDataConfig, RunDataError, SavedVocabularies, VocabulariesOf};
use crate::report::Report;
use crate::run_directory::RunDirectory;

impl RunDirectory {
    /// Whether the run's data has been written down.
    pub fn has_data(&self) -> bool {
        self.file(DATA).exists()
    }

    /// Writes the vocabularies into the run's folder and notes what the data is, in `data.json`.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn save_data(&self, data: &impl RunData) -> Result<(), Report> {
        data.vocabularies().save(self.path())?;
        let data = DataFile {
            vocabularies: data.vocabularies().fingerprints(),
            splits: data.checksums().clone(),
        };
        // The last, so that where it is there the vocabularies are too.
        Ok(self.write_json(DATA, &data)?)
    }

    /// Reads the vocabularies that the run began with.
    ///
    /// # Errors
    ///
    /// When a file is missing, damaged, or another than the run began with.
    pub fn load_vocabularies<V: SavedVocabularies>(&self) -> Result<V, Report> {
        let vocabularies = V::load(self.path())?;
        let expected = DataFile::read(self)?.vocabularies;
        for (name, found) in vocabularies.fingerprints() {
            let expected = expected.get(&name);
            if expected != Some(&found) {
                return Err(RunDataError::OtherVocabulary {
                    path: self.file(&V::file(&name)),
                    found,
                    expected: expected.map_or_else(|| "none".to_string(), String::clone),
                }
                .into());
            }
        }
        Ok(vocabularies)
    }

    /// Loads the data of the run, which must be the data that it began with.
    ///
    /// # Errors
    ///
    /// When it is not, or cannot be loaded.
    pub fn load_data<C: RunDataConfig>(&self, config: &C) -> Result<C::Data, Report> {
        let known: VocabulariesOf<C> = self.load_vocabularies()?;
        let data = config.load_data(Some(known))?;
        let expected = DataFile::read(self)?.splits;
        for (name, found) in data.checksums() {
            if expected.get(name) != Some(found) {
                return Err(RunDataError::OtherData {
                    name: name.clone(),
                    run: self.path().to_owned(),
                    found: found.clone(),
                }
                .into());
            }
        }
        Ok(data)
    }
}
