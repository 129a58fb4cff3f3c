//! A trained tagger, back from its run directory.

use crate::config::Config;
use crate::corpus::Corpus;
use burn::tensor::Device;
use burn_recurrent_models::{
    ModelDescription, SequenceTagger, SequenceTaggerConfig, TransitionConstraints,
};
use burn_recurrent_text::TaggingVocabularies;
use burn_recurrent_train::{Report, RunDirectory};
use burn_recurrent_zoo::{TaggerSettings, TrainedTagger, describe_tagger};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The folder of the vocabularies.
const VOCABULARIES: &str = "vocabulary";
const DATA: &str = "data.json";

/// `data.json`: what a run's data was when it began.
#[derive(Debug, Serialize, Deserialize)]
struct Data {
    /// The vocabularies' fingerprints.
    vocabularies: BTreeMap<String, String>,
    /// The SHA-256 of each split's words and labels, and of the pretrained vectors.
    splits: BTreeMap<String, String>,
}

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
pub fn settings(config: &Config) -> TaggerSettings {
    TaggerSettings::new(config.data.task)
        .with_constrained(config.model.options.output.is_constrained())
        .with_max_characters(config.words.max_characters)
}

/// A tagger of a config.
pub fn tagger(
    model: SequenceTagger,
    config: &Config,
    vocabularies: &Arc<TaggingVocabularies>,
) -> Result<TrainedTagger, Report> {
    let tagger = TrainedTagger::new(model, settings(config), vocabularies.clone())?;
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
    let vocabularies = load_vocabularies(run)?;
    let model = model_config(config, &vocabularies)?;
    Ok(describe_tagger(
        &model,
        &settings(config),
        &vocabularies,
        run.path(),
    )?)
}

/// Writes what a run's sentences are and its vocabularies into a new run directory.
pub fn save_data(run: &RunDirectory, corpus: &Corpus) -> Result<(), Report> {
    let folder = run.file(VOCABULARIES);
    std::fs::create_dir_all(&folder).map_err(|error| {
        Report::failure(format!(
            "cannot make the folder {}: {error}",
            folder.display()
        ))
    })?;
    corpus.vocabularies.save(folder)?;
    let checksums = corpus.checksums.iter();
    let data = Data {
        vocabularies: corpus.vocabularies.fingerprints(),
        splits: checksums
            .map(|(split, checksum)| (split.to_string(), checksum.clone()))
            .collect(),
    };
    // The last, so that where it is there the vocabularies are too.
    Ok(run.write_json(DATA, &data)?)
}

/// Whether a run directory already has what [`save_data`] writes.
pub fn has_data(run: &RunDirectory) -> bool {
    run.file(DATA).exists()
}

/// Reads the vocabularies from a run directory, those that the run began with.
pub fn load_vocabularies(run: &RunDirectory) -> Result<Arc<TaggingVocabularies>, Report> {
    let folder = run.file(VOCABULARIES);
    let vocabularies = TaggingVocabularies::load(&folder)?;
    let expected = load_data(run)?.vocabularies;
    for (name, found) in vocabularies.fingerprints() {
        if expected.get(&name) != Some(&found) {
            return Err(Report::failure(format!(
                "the {name} in {} are not those that the model of this run was trained with (fingerprint {found})",
                folder.display()
            ))
            .with_help("put back the files that the run began with"));
        }
    }
    Ok(Arc::new(vocabularies))
}

/// Loads the sentences of a run, which must be those that it began with.
pub fn load_corpus(
    run: &RunDirectory,
    config: &Config,
    vocabularies: &Arc<TaggingVocabularies>,
) -> Result<Corpus, Report> {
    let corpus = Corpus::load_for(config, vocabularies.clone())?;
    let expected = load_data(run)?.splits;
    for (split, found) in &corpus.checksums {
        if expected.get(*split) != Some(found) {
            return Err(Report::failure(format!(
                "the {split} data is not what the run in {} began with (SHA-256 {found})",
                run.path().display()
            ))
            .with_help("put back the data, or begin a new run"));
        }
    }
    Ok(corpus)
}

fn load_data(run: &RunDirectory) -> Result<Data, Report> {
    let path = run.file(DATA);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Report::failure(format!("cannot read {}: {error}", path.display())))?;
    serde_json::from_str(&text).map_err(|error| {
        Report::failure(format!("{} is damaged: {error}", path.display()))
            .with_help("begin a new run")
    })
}
