//! `train`: load the data, build the model, train, evaluate, save.

use crate::config::{BatchesConfig, Config, ModelConfig, RECIPE};
use crate::corpus::Corpus;
use crate::evaluate::{self, Losses};
use crate::learner::{Learner, Windows};
use crate::trained;
use burn::tensor::Device;
use burn_recurrent_models::NeuralLanguageModel;
use burn_recurrent_models::ngram::{NgramConfig, NgramError};
use burn_recurrent_text::Special;
use burn_recurrent_train::{
    Report, RunDirectory, RunResult, TrainArgs, Training, TrainingConfig, default_device,
    print_json, seeded_init,
};
use std::time::Instant;

pub fn train(args: &TrainArgs) -> Result<(), Report> {
    let config: Config = args.config(&RECIPE)?;
    let device = default_device()?;
    let corpus = Corpus::load(&config.data)?;
    let run = args.run_directory(&RECIPE, &config)?;
    trained::save_vocabulary(&run, &corpus.vocabulary)?;
    if !args.quiet {
        describe(&corpus);
    }

    let vocabulary = corpus.vocabulary.len();
    let (result, losses) = match &config.model {
        ModelConfig::Ngram(ngram) => count(ngram, &corpus, &run, &device)?,
        _ => {
            let job = Job::new(args, &config, &corpus, &run, &device)?;
            let seed = job.training.seed;
            if let Some(window) = config.model.window(vocabulary) {
                job.train(seeded_init(seed, &device, |device| window.init(device)))?
            } else if let Some(recurrent) = config.model.recurrent(vocabulary) {
                recurrent.validate()?;
                job.train(seeded_init(seed, &device, |device| {
                    recurrent.init(device).expect("validated above")
                }))?
            } else {
                unreachable!("an n-gram model is counted")
            }
        }
    };

    let mut result = losses.report(result);
    for (split, checksum) in &corpus.checksums {
        result = result.with_dataset(split, checksum);
    }
    run.write_json("result.json", &result)?;
    if args.json {
        print_json(&result)?;
    } else if !args.quiet {
        eprint!("{losses}");
        eprintln!("all in {}", run.path().display());
    }
    Ok(())
}

/// The training of a neural model, apart from the model.
struct Job<'a> {
    args: &'a TrainArgs,
    config: &'a Config,
    batches: &'a BatchesConfig,
    training: &'a TrainingConfig,
    corpus: &'a Corpus,
    run: &'a RunDirectory,
    device: &'a Device,
}

impl<'a> Job<'a> {
    fn new(
        args: &'a TrainArgs,
        config: &'a Config,
        corpus: &'a Corpus,
        run: &'a RunDirectory,
        device: &'a Device,
    ) -> Result<Self, Report> {
        let (Some(batches), Some(training)) = (&config.batches, &config.training) else {
            return Err(Report::usage(
                "a neural model needs `batches` and `training`",
            ));
        };
        Ok(Self {
            args,
            config,
            batches,
            training,
            corpus,
            run,
            device,
        })
    }

    fn train<M: NeuralLanguageModel + 'static>(
        &self,
        model: M,
    ) -> Result<(RunResult, Losses), Report> {
        let evaluation = &self.config.evaluation;
        let train = Windows::train(&self.corpus.train, self.batches)?;
        let valid = Windows::evaluation("validation", &self.corpus.valid, evaluation)?;
        let learner = Learner::new(model, self.batches.loss);
        let outcome = Training::new(self.run, self.training, learner, train, valid)
            .with_progress(self.args.progress())
            .launch()?;
        self.run.save_model(&outcome.model.model)?;
        let losses = evaluate::neural(&outcome.model, self.corpus, evaluation, false)?;
        let result =
            RunResult::new(RECIPE.name, self.training.seed, self.device).with_training(&outcome);
        Ok((result, losses))
    }
}

/// An n-gram model is not trained but counted.
fn count(
    config: &NgramConfig,
    corpus: &Corpus,
    run: &RunDirectory,
    device: &Device,
) -> Result<(RunResult, Losses), Report> {
    let started = Instant::now();
    let end = corpus.vocabulary.special(Special::EndOfSentence);
    let model = config
        .train(&corpus.train[1..], corpus.vocabulary.len(), end)
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
    trained::save_ngram(run, &model)?;
    let losses = evaluate::ngram(&model, corpus, false)?;
    let mut result = RunResult::new(RECIPE.name, 0, device);
    result.train_seconds = seconds;
    result.wall_seconds = seconds;
    result.tokens_per_second = corpus.train.len() as f64 / seconds;
    Ok((result, losses))
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
