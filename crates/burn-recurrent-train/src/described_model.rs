//! Models of runs by the description beside their weights.

use burn_recurrent_models::{ModelDescription, SavedModelError};

use crate::report::Report;
use crate::run_directory::{MODEL, RunDirectory, RunDirectoryError};

impl RunDirectory {
    /// Loads a run's model by its description, `model.json`. Earlier versions wrote none, or an older one: then `describe`
    /// makes it of the run's config, and it is written down for the next time once the model is loaded.
    ///
    /// # Errors
    ///
    /// [`RunDirectoryError::NoModel`] when the run has not ended; what is wrong with the description; what `load` and
    /// `describe` return.
    pub fn load_described<M, E>(
        &self,
        load: impl FnOnce(&ModelDescription) -> Result<M, E>,
        describe: impl FnOnce() -> Result<ModelDescription, Report>,
    ) -> Result<M, Report>
    where
        Report: From<E>,
    {
        match ModelDescription::read(self.path()) {
            Err(SavedModelError::NoDescription { .. } | SavedModelError::Older { .. }) => {}
            description => return Ok(load(&description?)?),
        }
        if ![MODEL, NGRAMS].iter().any(|name| self.file(name).exists()) {
            let path = self.path().to_owned();
            return Err(RunDirectoryError::NoModel { path }.into());
        }
        let description = describe()?;
        let model = load(&description)?;
        if let Err(error) = description.write(self.path()) {
            log::warn!("{error}");
        }
        Ok(model)
    }
}

/// The counts of an n-gram model, which are its weights.
const NGRAMS: &str = "model.ngrams";
