//! `train`: load the data, build the model, train, evaluate, save.

use crate::config::{Config, ModelConfig, RECIPE};
use crate::corpus::Corpus;
use crate::losses::Losses;
use burn::tensor::Device;
use burn_recurrent_models::ngram::{NgramConfig, NgramError};
use burn_recurrent_models::{
    NeuralLanguageModel, RecurrentLanguageModel, SavedLanguageModel, SavedModule,
    WindowLanguageModel,
};
use burn_recurrent_text::Special;
use burn_recurrent_train::language_modelling::Learner;
use burn_recurrent_train::{
    Report, RunResult, TrainArgs, Training, check_batch, check_model, default_device, seeded_init,
};
use burn_recurrent_zoo::save_language_model;
use std::time::Instant;

/// What is measured in the end; `test` where there is such a split.
pub const MEASURED: &[&str] = &["valid", "test"];

pub fn train(args: &TrainArgs) -> Result<(), Report> {
    let config: Config = args.config(&RECIPE)?;
    let device = default_device()?;
    let corpus = args.data(&RECIPE, &config)?;
    let vocabulary = corpus.text.vocabulary.len();
    let job = Job {
        args,
        config: &config,
        corpus: &corpus,
        device: &device,
    };
    match &config.model {
        ModelConfig::Ngram(ngram) => job.count(ngram),
        ModelConfig::Window(window) => {
            let model = window.clone().with_vocabulary_size(vocabulary);
            job.check::<WindowLanguageModel>(&model)?;
            job.train(&model, |device| model.init(device))
        }
        ModelConfig::Recurrent(recurrent) => {
            let model = recurrent.clone().with_vocabulary_size(vocabulary);
            model.validate()?;
            job.check::<RecurrentLanguageModel>(&model)?;
            job.train(&model, |device| {
                model.init(device).expect("validated above")
            })
        }
    }
}

/// What a training needs, apart from the model.
struct Job<'a> {
    args: &'a TrainArgs,
    config: &'a Config,
    corpus: &'a Corpus,
    device: &'a Device,
}

impl Job<'_> {
    /// Checks that a neural model can be in memory.
    fn check<M: SavedModule>(&self, model: &M::Config) -> Result<(), Report> {
        match &self.config.training {
            Some(training) => Ok(check_model::<M>(
                model,
                "",
                &training.optimizer,
                self.device,
            )?),
            None => Ok(()),
        }
    }

    /// Trains a neural model.
    fn train<M: NeuralLanguageModel + SavedLanguageModel + 'static>(
        &self,
        config: &M::Config,
        init: impl FnOnce(&Device) -> M,
    ) -> Result<(), Report> {
        let (Some(batches), Some(training)) = (&self.config.batches, &self.config.training) else {
            return Err(Report::usage(
                "a neural model needs `batches` and `training`",
            ));
        };
        let (corpus, evaluation) = (self.corpus, &self.config.evaluation);
        let train = corpus.text.train_windows(batches)?;
        let valid = corpus.text.valid_windows(evaluation)?;
        // What is too short to be tested on is said now.
        corpus.text.test_windows(evaluation)?;
        let (lanes, steps) = (batches.lanes, batches.steps);
        let setting = format!("`batches.lanes = {lanes}` with `batches.steps = {steps}`");
        let vocabulary = corpus.text.vocabulary.len();
        check_batch(&setting, train.most_tokens(), vocabulary, self.device)?;

        let model = seeded_init(training.seed, self.device, init);
        let learner = Learner::new(model).with_batches(batches);
        let run = self.args.begin(&RECIPE, self.config, corpus)?;
        let outcome = Training::new(&run, training, learner, train, valid)
            .with_progress(self.args.progress())
            .launch()?;
        let vocabulary = &corpus.text.vocabulary;
        save_language_model(&outcome.model.model, config, vocabulary, run.path())?;

        let losses = Losses::neural(&outcome.model, corpus, MEASURED, evaluation)?;
        let result = RunResult::new(RECIPE.name, training.seed, self.device)
            .with_training(&outcome)
            .with_metrics(losses.figures())
            .with_data(corpus);
        self.args.finish(&run, &result, losses)
    }

    /// Counts an n-gram model.
    fn count(&self, config: &NgramConfig) -> Result<(), Report> {
        let corpus = self.corpus;
        let (vocabulary, text) = (&corpus.text.vocabulary, &corpus.text.splits.train);
        let end = vocabulary.special(Special::EndOfSentence);
        let started = Instant::now();
        let model = config.train(&text[1..], vocabulary.len(), end);
        let seconds = started.elapsed().as_secs_f64();
        let model = model.map_err(|error| match error {
            NgramError::Setting { .. } => Report::from(error)
                .with_exit_code(2)
                .with_help("change it under `[model]`"),
            error => Report::from(error),
        })?;
        let run = self.args.begin(&RECIPE, self.config, corpus)?;
        save_language_model(&model, config, vocabulary, run.path())?;

        let losses = Losses::ngram(&model, corpus, MEASURED)?;
        let mut result = RunResult::new(RECIPE.name, 0, self.device)
            .with_metrics(losses.figures())
            .with_data(corpus);
        result.train_seconds = seconds;
        result.wall_seconds = seconds;
        result.tokens_per_second = text.len() as f64 / seconds;
        self.args.finish(&run, &result, losses)
    }
}
