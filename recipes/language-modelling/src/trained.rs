//! A trained model, back from its run directory.

use crate::config::{Config, ModelConfig};
use burn::tensor::Device;
use burn_recurrent_models::ngram::{NgramModel, NgramRecord};
use burn_recurrent_models::{
    LanguageModel, Neural, NeuralLanguageModel, RecurrentLanguageModel, WindowLanguageModel,
};
use burn_recurrent_text::Vocabulary;
use burn_recurrent_train::{Report, RunDirectory};
use std::fs::File;
use std::io::BufReader;

const VOCABULARY: &str = "vocabulary.json";
const NGRAMS: &str = "model.ngrams";

/// A trained model of any kind.
pub enum Trained {
    Ngram(Box<NgramModel>),
    Window(Neural<WindowLanguageModel>),
    Recurrent(Neural<RecurrentLanguageModel>),
}

/// What a [`Trained`] model remembers of the tokens so far.
#[derive(Clone)]
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
        let model = match &config.model {
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
        };
        let known = model.vocabulary_size();
        if known != size {
            return Err(Report::failure(format!(
                "{} has {size} tokens, but the model beside it was trained with {known}",
                run.file(VOCABULARY).display()
            ))
            .with_help("put back the vocabulary that the run was trained with"));
        }
        Ok(model)
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

/// Writes the vocabulary into a run directory.
pub fn save_vocabulary(run: &RunDirectory, vocabulary: &Vocabulary) -> Result<(), Report> {
    Ok(vocabulary.save(run.file(VOCABULARY))?)
}

/// Reads the vocabulary from a run directory.
pub fn load_vocabulary(run: &RunDirectory) -> Result<Vocabulary, Report> {
    Ok(Vocabulary::load(run.file(VOCABULARY))?)
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
