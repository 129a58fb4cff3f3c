//! `evaluate`: the perplexity of a trained model.

use crate::config::{Config, EvaluationConfig, LossConfig, RECIPE};
use crate::corpus::Corpus;
use crate::learner::{Learner, Windows};
use crate::trained;
use burn::train::InferenceStep;
use burn_recurrent_models::ngram::NgramModel;
use burn_recurrent_models::{AnyLanguageModel, LanguageModel, NeuralLanguageModel};
use burn_recurrent_text::Window;
use burn_recurrent_train::{
    EvaluateArgs, LossSum, RecurrentLearner, Report, RunResult, default_device, print_json,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
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
    /// The only split that is shown to a person; all, where it is `None`.
    shown: Option<String>,
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
            shown: None,
        })
    }

    /// Adds the figures to a run's result.
    pub fn report(&self, result: RunResult) -> RunResult {
        let figures = self.figures();
        figures.into_iter().fold(result, |result, (name, value)| {
            result.with_metric(&name, value)
        })
    }

    /// The same, of which a person is shown one split.
    fn only(mut self, split: &str) -> Self {
        self.shown = Some(split.to_string());
        self
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
        let is_shown = |split: &str| self.shown.as_deref().is_none_or(|shown| shown == split);
        for (split, loss) in self.splits() {
            if !is_shown(split) {
                continue;
            }
            writeln!(
                f,
                "{split} perplexity {:.3} ({:.4} nats a token over {} tokens)",
                loss.perplexity(),
                loss.nats_per_token(),
                loss.tokens
            )?;
        }
        if let (Some(source), Some(test), true) = (self.source, self.test, is_shown("test")) {
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
        let log_probabilities = model.log_probabilities(context, predicted);
        Ok(LossSum {
            nats: -log_probabilities.iter().sum::<f64>(),
            tokens: predicted.len() as u64,
        })
    })
}

/// The line of `evaluate --json`.
#[derive(Serialize)]
struct Line {
    model: String,
    /// The split asked for, and the tokens predicted in it.
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
    let trained = trained::load(&run, &device)?;
    let corpus = trained::load_corpus(&run, &config, trained.vocabulary())?;
    corpus.split(&args.split)?;

    let started = Instant::now();
    let with_train = args.split == "train";
    let evaluation = &config.evaluation;
    let losses = match trained.model() {
        AnyLanguageModel::Ngram(model) => ngram(model, &corpus, with_train)?,
        AnyLanguageModel::Window(model) => {
            let learner = Learner::new(model.model().clone(), LossConfig::default());
            neural(&learner, &corpus, evaluation, with_train)?
        }
        AnyLanguageModel::Recurrent(model) => {
            let learner = Learner::new(model.model().clone(), LossConfig::default());
            neural(&learner, &corpus, evaluation, with_train)?
        }
    };
    let seconds = started.elapsed().as_secs_f64();
    let splits = losses.splits();
    let all: u64 = splits.iter().map(|(_, loss)| loss.tokens).sum();
    if args.json {
        let split = splits.into_iter().find(|(split, _)| *split == args.split);
        print_json(&Line {
            model: args.model.display().to_string(),
            split: args.split.clone(),
            tokens: split.map_or(0, |(_, loss)| loss.tokens),
            figures: losses.figures().into_iter().collect(),
            tokens_per_second: all as f64 / seconds,
        })
    } else {
        write!(std::io::stdout(), "{}", losses.only(&args.split))?;
        Ok(())
    }
}
