//! A trained model, back from its run directory.

use crate::config::{Config, ModelConfig};
use crate::corpus::Corpus;
use burn::tensor::Device;
use burn_recurrent_models::ngram::NgramModel;
use burn_recurrent_models::{ModelDescription, RecurrentLanguageModel, WindowLanguageModel};
use burn_recurrent_text::Vocabulary;
use burn_recurrent_train::{Report, RunDirectory};
use burn_recurrent_zoo::{TrainedLanguageModel, describe_language_model};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const VOCABULARY: &str = "vocabulary.json";
const DATA: &str = "data.json";

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
    let vocabulary = load_vocabulary(run)?;
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

/// `data.json`: what a run's data was when it began.
#[derive(Debug, Serialize, Deserialize)]
struct Data {
    /// The vocabulary's fingerprint.
    vocabulary: String,
    /// The SHA-256 of each split's text.
    splits: BTreeMap<String, String>,
}

/// Writes what a run's text is and its vocabulary into a new run directory.
pub fn save_data(run: &RunDirectory, corpus: &Corpus) -> Result<(), Report> {
    corpus.vocabulary.save(run.file(VOCABULARY))?;
    let splits = corpus.checksums.iter();
    let data = Data {
        vocabulary: corpus.vocabulary.fingerprint().to_string(),
        splits: splits
            .map(|(split, checksum)| (split.to_string(), checksum.clone()))
            .collect(),
    };
    Ok(run.write_json(DATA, &data)?)
}

/// Whether a run directory already has what [`save_data`] writes.
pub fn has_data(run: &RunDirectory) -> bool {
    run.file(DATA).exists()
}

/// Reads the vocabulary from a run directory, the one that the run began with.
pub fn load_vocabulary(run: &RunDirectory) -> Result<Vocabulary, Report> {
    let vocabulary = Vocabulary::load(run.file(VOCABULARY))?;
    let (found, expected) = (
        vocabulary.fingerprint().to_string(),
        load_data(run)?.vocabulary,
    );
    if found != expected {
        return Err(Report::failure(format!(
            "{} is not the vocabulary that the model of this run was trained with (fingerprint {found}, expected \
             {expected})",
            run.file(VOCABULARY).display()
        ))
        .with_help("put back the vocabulary that the run began with"));
    }
    Ok(vocabulary)
}

/// Loads the text of a run, which must be the text that it began with.
pub fn load_corpus(
    run: &RunDirectory,
    config: &Config,
    vocabulary: &Vocabulary,
) -> Result<Corpus, Report> {
    let corpus = Corpus::load_for(&config.data, vocabulary)?;
    let expected = load_data(run)?.splits;
    for (split, found) in &corpus.checksums {
        if expected.get(*split) != Some(found) {
            return Err(Report::failure(format!(
                "the {split} text is not the one that the run in {} began with (SHA-256 {found})",
                run.path().display()
            ))
            .with_help("put back the text, or begin a new run"));
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
