//! `evaluate`: the perplexity of a trained model.

use crate::config::{Config, EvaluationConfig, LossConfig, RECIPE};
use crate::corpus::Corpus;
use crate::learner::{Learner, Windows};
use crate::trained::{self, Trained};
use burn::train::InferenceStep;
use burn_recurrent_models::NeuralLanguageModel;
use burn_recurrent_models::ngram::NgramModel;
use burn_recurrent_text::Window;
use burn_recurrent_train::{
    EvaluateArgs, LossSum, RecurrentLearner, Report, RunResult, default_device, print_json,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// What a model makes of the splits.
pub struct Losses {
    /// Only where it is asked for.
    train: Option<LossSum>,
    valid: LossSum,
    test: Option<LossSum>,
    /// The perplexity of the grammar that wrote the test split, where one did.
    source: Option<f64>,
}

impl Losses {
    /// Computes the loss of the validation and test splits, and of the training split where it is asked for.
    fn of(
        corpus: &Corpus,
        with_train: bool,
        loss: impl Fn(&str, &Arc<[u32]>) -> Result<LossSum, Report>,
    ) -> Result<Self, Report> {
        Ok(Self {
            train: with_train
                .then(|| loss("training", &corpus.train))
                .transpose()?,
            valid: loss("validation", &corpus.valid)?,
            test: corpus
                .test
                .as_ref()
                .map(|test| loss("test", test))
                .transpose()?,
            source: corpus.source.as_ref().map(|source| source.perplexity()),
        })
    }

    /// Adds the figures to a run's result.
    pub fn report(&self, result: RunResult) -> RunResult {
        let figures = self.figures();
        figures.into_iter().fold(result, |result, (name, value)| {
            result.with_metric(&name, value)
        })
    }

    /// The number of tokens predicted.
    fn tokens(&self) -> u64 {
        self.splits().iter().map(|(_, loss)| loss.tokens).sum()
    }

    fn splits(&self) -> Vec<(&'static str, LossSum)> {
        let train = self.train.map(|loss| ("train", loss));
        let test = self.test.map(|loss| ("test", loss));
        train
            .into_iter()
            .chain([("valid", self.valid)])
            .chain(test)
            .collect()
    }

    fn figures(&self) -> Vec<(String, f64)> {
        let mut figures = Vec::new();
        for (split, loss) in self.splits() {
            figures.push((format!("{split}_perplexity"), loss.perplexity()));
            figures.push((format!("{split}_nats_per_token"), loss.nats_per_token()));
        }
        figures.extend(
            self.source
                .map(|source| ("source_perplexity".to_string(), source)),
        );
        figures
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (split, loss) in self.splits() {
            writeln!(
                f,
                "{split} perplexity {:.3} ({:.4} nats a token over {} tokens)",
                loss.perplexity(),
                loss.nats_per_token(),
                loss.tokens
            )?;
        }
        if let (Some(source), Some(test)) = (self.source, self.test) {
            let above = 100.0 * (test.perplexity() / source - 1.0);
            writeln!(
                f,
                "source perplexity {source:.3}, the grammar's own on the test split: the model is {above:.2}% above"
            )?;
        }
        Ok(())
    }
}

/// The losses of a neural model.
pub fn neural<M: NeuralLanguageModel>(
    learner: &Learner<M>,
    corpus: &Corpus,
    config: &EvaluationConfig,
    with_train: bool,
) -> Result<Losses, Report>
where
    Learner<M>: RecurrentLearner + InferenceStep<Input = Window>,
{
    Losses::of(corpus, with_train, |name, split| {
        let windows = Windows::evaluation(name, split, config)?;
        Ok(burn_recurrent_train::evaluate(learner, &windows)?)
    })
}

/// The losses of an n-gram model.
pub fn ngram(model: &NgramModel, corpus: &Corpus, with_train: bool) -> Result<Losses, Report> {
    Losses::of(corpus, with_train, |_, split| {
        let (context, predicted) = split.split_at(1);
        let score = model.cross_entropy_after(context, predicted)?;
        Ok(LossSum {
            nats: score.nats,
            tokens: score.tokens,
        })
    })
}

/// The line of `evaluate --json`.
#[derive(Serialize)]
struct Line {
    model: String,
    split: String,
    tokens: u64,
    #[serde(flatten)]
    figures: BTreeMap<String, f64>,
    tokens_per_second: f64,
}

pub fn evaluate(args: &EvaluateArgs) -> Result<(), Report> {
    let run = args.run_directory(&RECIPE)?;
    let config: Config = run.config()?;
    let device = default_device()?;
    let vocabulary = trained::load_vocabulary(&run)?;
    let model = Trained::load(&run, &config, &vocabulary, &device)?;
    let corpus = Corpus::load_for(&config.data, &vocabulary)?;
    corpus.split(&args.split)?;

    let started = Instant::now();
    let with_train = args.split == "train";
    let evaluation = &config.evaluation;
    let losses = match model {
        Trained::Ngram(model) => ngram(&model, &corpus, with_train)?,
        Trained::Window(model) => {
            let learner = Learner::new(model.model().clone(), LossConfig::default());
            neural(&learner, &corpus, evaluation, with_train)?
        }
        Trained::Recurrent(model) => {
            let learner = Learner::new(model.model().clone(), LossConfig::default());
            neural(&learner, &corpus, evaluation, with_train)?
        }
    };
    let seconds = started.elapsed().as_secs_f64();
    let tokens = losses.tokens();
    if args.json {
        let figures = losses.figures().into_iter();
        print_json(&Line {
            model: args.model.display().to_string(),
            split: args.split.clone(),
            tokens,
            figures: figures.collect(),
            tokens_per_second: tokens as f64 / seconds,
        })?;
    } else {
        print!("{losses}");
    }
    Ok(())
}
