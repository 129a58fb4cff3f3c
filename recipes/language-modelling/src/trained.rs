//! A trained model, back from its run directory.

use crate::config::Config;
use burn::tensor::Device;
use burn_recurrent_inference::{TrainedLanguageModel, describe_language_model};
use burn_recurrent_models::ModelDescription;
use burn_recurrent_text::Vocabulary;
use burn_recurrent_train::{Report, RunDirectory};

/// Loads the model of a run and its vocabulary.
pub fn load(run: &RunDirectory, device: &Device) -> Result<TrainedLanguageModel, Report> {
    let load = |description: &ModelDescription| {
        TrainedLanguageModel::load_described(description, run.path(), device)
    };
    run.load_described(load, || describe(run))
}

/// Describes the model of a run of an earlier version, which did not do so itself.
fn describe(run: &RunDirectory) -> Result<ModelDescription, Report> {
    let config: Config = run.config()?;
    let vocabulary: Vocabulary = run.load_vocabularies()?;
    let config = config.model.sized(vocabulary.len());
    Ok(describe_language_model(config, &vocabulary, run.path())?)
}
