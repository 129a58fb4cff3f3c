//! A trained tagger, back from its run directory.

use crate::config::Config;
use burn::tensor::Device;
use burn_recurrent_models::{
    ModelDescription, SequenceTagger, SequenceTaggerConfig, TransitionConstraints,
};
use burn_recurrent_text::TaggingVocabularies;
use burn_recurrent_train::{Report, RunDirectory};
use burn_recurrent_zoo::{TaggerSettings, TrainedTagger, describe_tagger};
use std::sync::Arc;

/// The model that a config describes.
pub fn model_config(
    config: &Config,
    vocabularies: &TaggingVocabularies,
) -> Result<SequenceTaggerConfig, Report> {
    let constraints = config.data.task.constraints(&vocabularies.labels)?;
    let constraints = constraints.as_ref().map(|allowed| {
        TransitionConstraints::from_tables(&allowed.start, &allowed.transitions, &allowed.end)
    });
    let model = config.model.tagger(vocabularies, constraints.as_ref());
    model.validate()?;
    Ok(model)
}

/// How the tagger of a config reads words and writes labels.
pub fn settings(config: &Config) -> Result<TaggerSettings, Report> {
    let column = config.data.source.conllu_column()?;
    Ok(TaggerSettings::new(config.data.task)
        .with_constrained(config.model.options.output.is_constrained())
        .with_max_characters(config.words.max_characters)
        .with_tokenizer(config.words.tokenizer)
        .with_column(column.map(|column| column.to_string())))
}

/// A tagger of a config.
pub fn tagger(
    model: SequenceTagger,
    config: &Config,
    vocabularies: &Arc<TaggingVocabularies>,
) -> Result<TrainedTagger, Report> {
    let tagger = TrainedTagger::new(model, settings(config)?, vocabularies.clone())?;
    Ok(tagger.with_batch_tokens(config.batches.evaluation_tokens))
}

/// Loads the tagger of a run.
pub fn load(run: &RunDirectory, config: &Config, device: &Device) -> Result<TrainedTagger, Report> {
    let load = |description: &ModelDescription| {
        TrainedTagger::load_described(description, run.path(), device)
    };
    let tagger = run.load_described(load, || describe(run, config))?;
    Ok(tagger.with_batch_tokens(config.batches.evaluation_tokens))
}

/// Describes the tagger of a run of an earlier version, which did not do so itself.
fn describe(run: &RunDirectory, config: &Config) -> Result<ModelDescription, Report> {
    let vocabularies: Arc<TaggingVocabularies> = run.load_vocabularies()?;
    let model = model_config(config, &vocabularies)?;
    Ok(describe_tagger(
        &model,
        &settings(config)?,
        &vocabularies,
        run.path(),
    )?)
}
