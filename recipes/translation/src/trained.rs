//! A trained translator, back from its run directory.

use crate::config::Config;
use burn::tensor::Device;
use burn_recurrent_models::{BeamConfig, EncoderDecoder, EncoderDecoderError};
use burn_recurrent_text::TranslationTokenizers;
use burn_recurrent_train::{Report, RunDirectory};
use burn_recurrent_zoo::{TrainedTranslator, TranslatorSettings};
use std::sync::Arc;

/// How the translator of a config is used.
pub fn settings(config: &Config) -> TranslatorSettings {
    TranslatorSettings::new().with_search(config.search.clone())
}

/// A translator of a config.
pub fn translator(
    model: EncoderDecoder,
    config: &Config,
    tokenizers: &Arc<TranslationTokenizers>,
) -> Result<TrainedTranslator, Report> {
    Ok(TrainedTranslator::new(
        model,
        settings(config),
        tokenizers.clone(),
    )?)
}

/// A translator that searches greedily, which is enough to choose an epoch by.
pub fn greedy(
    model: EncoderDecoder,
    tokenizers: &Arc<TranslationTokenizers>,
) -> Result<TrainedTranslator, Report> {
    let search = BeamConfig {
        beam: 1,
        ..BeamConfig::default()
    };
    let settings = TranslatorSettings::new().with_search(search);
    Ok(TrainedTranslator::new(model, settings, tokenizers.clone())?)
}

/// Loads the translator of a run.
pub fn load(run: &RunDirectory, device: &Device) -> Result<TrainedTranslator, Report> {
    run.load_described(
        |description| TrainedTranslator::load_described(description, run.path(), device),
        || Err(Report::failure("this run has no `model.json`")),
    )
}

/// A model that its settings do not describe.
pub fn wrong_model(error: EncoderDecoderError) -> Report {
    Report::from(error)
        .with_exit_code(2)
        .with_help("change it under `[model]`")
}
