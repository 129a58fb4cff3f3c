//! `train`: load the data, build the model, train, evaluate, save.

use crate::config::{Config, ModelConfig, RECIPE};
use crate::corpus::Corpus;
use crate::evaluate::{self, Losses};
use crate::learner::{Learner, Windows};
use crate::trained;
use burn::tensor::Device;
use burn_recurrent_models::ngram::{NgramConfig, NgramError};
use burn_recurrent_models::{NeuralLanguageModel, SavedLanguageModel};
use burn_recurrent_text::Special;
use burn_recurrent_train::{
    Report, RunDirectory, RunResult, TrainArgs, Training, default_device, print_json, seeded_init,
};
use burn_recurrent_zoo::save_language_model;
use std::time::Instant;

pub fn train(args: &TrainArgs) -> Result<(), Report> {
    let mut config: Config = args.config(&RECIPE)?;
    config.data.source = config.data.source.with_absolute_paths()?;
    let device = default_device()?;
    // Whatever can be wrong with the data is said before a run is begun, and a run goes on only with what it began with.
    let known = match (&args.run, args.resume) {
        (Some(path), true) => Some(RunDirectory::open(RECIPE.name, path)?),
        _ => None,
    };
    let corpus = match known.filter(trained::has_data) {
        Some(run) => trained::load_corpus(&run, &config, &trained::load_vocabulary(&run)?)?,
        None => Corpus::load(&config.data)?,
    };
    if !args.quiet {
        describe(&corpus);
    }
    let vocabulary = corpus.vocabulary.len();
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
            job.train(&model, |device| model.init(device))
        }
        ModelConfig::Recurrent(recurrent) => {
            let model = recurrent.clone().with_vocabulary_size(vocabulary);
            model.validate()?;
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
        let evaluation = &self.config.evaluation;
        let train = Windows::train(&self.corpus.train, batches)?;
        let valid = Windows::evaluation("validation", &self.corpus.valid, evaluation)?;
        if let Some(test) = &self.corpus.test {
            Windows::evaluation("test", test, evaluation)?;
        }

        let model = seeded_init(training.seed, self.device, init);
        let learner = Learner::new(model, batches.loss);
        let run = self.begin()?;
        let outcome = Training::new(&run, training, learner, train, valid)
            .with_progress(self.args.progress())
            .launch()?;
        let vocabulary = &self.corpus.vocabulary;
        save_language_model(&outcome.model.model, config, vocabulary, run.path())?;
        let losses = evaluate::neural(&outcome.model, self.corpus, evaluation, false)?;
        let result =
            RunResult::new(RECIPE.name, training.seed, self.device).with_training(&outcome);
        self.finish(&run, result, &losses)
    }

    /// Counts an n-gram model.
    fn count(&self, config: &NgramConfig) -> Result<(), Report> {
        let started = Instant::now();
        let end = self.corpus.vocabulary.special(Special::EndOfSentence);
        let model = config
            .train(&self.corpus.train[1..], self.corpus.vocabulary.len(), end)
            .map_err(|error| {
                let wrong_setting = matches!(error, NgramError::Setting { .. });
                let report = Report::from(error);
                match wrong_setting {
                    true => report
                        .with_exit_code(2)
                        .with_help("change it under `[model]`"),
                    false => report,
                }
            })?;
        let seconds = started.elapsed().as_secs_f64();
        let run = self.begin()?;
        save_language_model(&model, config, &self.corpus.vocabulary, run.path())?;
        let losses = evaluate::ngram(&model, self.corpus, false)?;
        let mut result = RunResult::new(RECIPE.name, 0, self.device);
        result.train_seconds = seconds;
        result.wall_seconds = seconds;
        result.tokens_per_second = self.corpus.train.len() as f64 / seconds;
        self.finish(&run, result, &losses)
    }

    /// Makes the run directory, or goes on with it.
    fn begin(&self) -> Result<RunDirectory, Report> {
        let run = self.args.run_directory(&RECIPE, self.config)?;
        if !trained::has_data(&run) {
            trained::save_data(&run, self.corpus)?;
        }
        Ok(run)
    }

    /// Writes and prints what the run came to.
    fn finish(&self, run: &RunDirectory, result: RunResult, losses: &Losses) -> Result<(), Report> {
        let mut result = losses.report(result);
        for (split, checksum) in &self.corpus.checksums {
            result = result.with_dataset(split, checksum);
        }
        run.write_json("result.json", &result)?;
        if self.args.json {
            print_json(&result)?;
        } else if !self.args.quiet {
            eprint!("{losses}");
            eprintln!("all in {}", run.path().display());
        }
        Ok(())
    }
}

fn describe(corpus: &Corpus) {
    let tokens = |split: &[u32]| split.len() - 1;
    eprint!(
        "{} tokens to train on, {} to validate on",
        tokens(&corpus.train),
        tokens(&corpus.valid)
    );
    if let Some(test) = &corpus.test {
        eprint!(", {} to test on", tokens(test));
    }
    eprintln!("; a vocabulary of {}", corpus.vocabulary.len());
}
