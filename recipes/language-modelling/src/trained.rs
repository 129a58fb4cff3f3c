//! A trained model, back from its run directory.

use crate::config::{Config, ModelConfig};
use crate::corpus::Corpus;
use burn::tensor::Device;
use burn_recurrent_models::ngram::{NgramModel, NgramRecord};
use burn_recurrent_models::{
    LanguageModel, Neural, NeuralLanguageModel, RecurrentLanguageModel, WindowLanguageModel,
};
use burn_recurrent_text::Vocabulary;
use burn_recurrent_train::{Report, RunDirectory};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

const VOCABULARY: &str = "vocabulary.json";
const DATA: &str = "data.json";
const NGRAMS: &str = "model.ngrams";

/// A trained model of any kind.
pub enum Trained {
    Ngram(Box<NgramModel>),
    Window(Neural<WindowLanguageModel>),
    Recurrent(Neural<RecurrentLanguageModel>),
}

/// What a [`Trained`] model remembers of the tokens so far.
#[derive(Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one state a text; a box would save nothing"
)]
pub enum TrainedState {
    Ngram(<NgramModel as LanguageModel>::State),
    Window(<Neural<WindowLanguageModel> as LanguageModel>::State),
    Recurrent(<Neural<RecurrentLanguageModel> as LanguageModel>::State),
}

impl Trained {
    /// Loads the model of a run.
    pub fn load(
        run: &RunDirectory,
        config: &Config,
        vocabulary: &Vocabulary,
        device: &Device,
    ) -> Result<Self, Report> {
        let size = vocabulary.len();
        Ok(match &config.model {
            ModelConfig::Ngram(_) => Self::Ngram(Box::new(load_ngram(run)?)),
            ModelConfig::Window { .. } => {
                let config = config.model.window(size).expect("it is a window model");
                Self::Window(Neural::new(run.load_model(config.init(device))?))
            }
            ModelConfig::Recurrent { .. } => {
                let config = config
                    .model
                    .recurrent(size)
                    .expect("it is a recurrent model");
                Self::Recurrent(Neural::new(run.load_model(config.init(device)?)?))
            }
        })
    }
}

impl LanguageModel for Trained {
    type State = TrainedState;

    fn vocabulary_size(&self) -> usize {
        match self {
            Self::Ngram(model) => LanguageModel::vocabulary_size(&**model),
            Self::Window(model) => model.model().vocabulary_size(),
            Self::Recurrent(model) => model.model().vocabulary_size(),
        }
    }

    fn start(&self) -> TrainedState {
        match self {
            Self::Ngram(model) => TrainedState::Ngram(model.start()),
            Self::Window(model) => TrainedState::Window(model.start()),
            Self::Recurrent(model) => TrainedState::Recurrent(model.start()),
        }
    }

    fn advance(&self, state: &mut TrainedState, tokens: &[u32]) -> Vec<f64> {
        match (self, state) {
            (Self::Ngram(model), TrainedState::Ngram(state)) => model.advance(state, tokens),
            (Self::Window(model), TrainedState::Window(state)) => model.advance(state, tokens),
            (Self::Recurrent(model), TrainedState::Recurrent(state)) => {
                model.advance(state, tokens)
            }
            _ => panic!("the state is another model's"),
        }
    }

    fn log_probabilities(&self, context: &[u32], tokens: &[u32]) -> Vec<f64> {
        match self {
            Self::Ngram(model) => model.log_probabilities(context, tokens),
            Self::Window(model) => model.log_probabilities(context, tokens),
            Self::Recurrent(model) => model.log_probabilities(context, tokens),
        }
    }
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

/// Writes an n-gram model into a run directory.
pub fn save_ngram(run: &RunDirectory, model: &NgramModel) -> Result<(), Report> {
    let mut bytes = Vec::new();
    model.to_record().write_to(&mut bytes)?;
    Ok(run.write(NGRAMS, bytes)?)
}

fn load_ngram(run: &RunDirectory) -> Result<NgramModel, Report> {
    let path = run.file(NGRAMS);
    let read = || -> Result<NgramModel, Box<dyn std::error::Error + Send + Sync>> {
        let record = NgramRecord::read_from(BufReader::new(File::open(&path)?))?;
        Ok(NgramModel::from_record(record)?)
    };
    read().map_err(|error| {
        Report::failure(format!(
            "cannot read the n-grams of {}: {error}",
            path.display()
        ))
        .with_help("train the model again: counting takes seconds")
    })
}
