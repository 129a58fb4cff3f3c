//! A trained model, back from its run directory.

use crate::config::{Config, ModelConfig};
use burn::tensor::Device;
use burn_recurrent_models::ngram::NgramModel;
use burn_recurrent_models::{ModelDescription, RecurrentLanguageModel, WindowLanguageModel};
use burn_recurrent_text::Vocabulary;
use burn_recurrent_train::{Report, RunDirectory};
use burn_recurrent_zoo::{TrainedLanguageModel, describe_language_model};

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
    let (size, path) = (vocabulary.len(), run.path());
    Ok(match &config.model {
        ModelConfig::Ngram(ngram) => {
            describe_language_model::<NgramModel>(ngram, &vocabulary, path)
        }
        ModelConfig::Window(window) => {
            let config = window.clone().with_vocabulary_size(size);
            describe_language_model::<WindowLanguageModel>(&config, &vocabulary, path)
        }
        ModelConfig::Recurrent(recurrent) => {
            let config = recurrent.clone().with_vocabulary_size(size);
            describe_language_model::<RecurrentLanguageModel>(&config, &vocabulary, path)
        }
    }?)
}
