//! The losses of a model on the splits.

use crate::corpus::Corpus;
use burn::train::InferenceStep;
use burn_recurrent_models::ngram::NgramModel;
use burn_recurrent_models::{AnyLanguageModel, LanguageModel, NeuralLanguageModel};
use burn_recurrent_text::Window;
use burn_recurrent_train::language_modelling::{EvaluationConfig, Learner, Windows};
use burn_recurrent_train::{Figures, LossSum, RecurrentLearner, Report};
use std::fmt;
use std::sync::Arc;

/// The losses of a model on some of the splits.
pub struct Losses {
    splits: Vec<(&'static str, LossSum)>,
    /// The perplexity of the grammar that wrote the test split, where one did and it is among them.
    source: Option<f64>,
}

impl Losses {
    /// The losses of a model of any kind on the splits of these names.
    pub fn of_model(
        model: &AnyLanguageModel,
        corpus: &Corpus,
        names: &[&str],
        config: &EvaluationConfig,
    ) -> Result<Self, Report> {
        match model {
            AnyLanguageModel::Ngram(model) => Self::ngram(model, corpus, names),
            AnyLanguageModel::Window(model) => {
                Self::neural(&Learner::new(model.model().clone()), corpus, names, config)
            }
            AnyLanguageModel::Recurrent(model) => {
                Self::neural(&Learner::new(model.model().clone()), corpus, names, config)
            }
        }
    }

    /// The losses of a neural model on the splits of these names.
    pub fn neural<M: NeuralLanguageModel>(
        learner: &Learner<M>,
        corpus: &Corpus,
        names: &[&str],
        config: &EvaluationConfig,
    ) -> Result<Self, Report>
    where
        Learner<M>: RecurrentLearner + InferenceStep<Input = Window>,
    {
        Self::of(corpus, names, |name, split| {
            let windows = Windows::evaluation(name, split, config)?;
            Ok(burn_recurrent_train::evaluate(learner, &windows)?)
        })
    }

    /// The losses of an n-gram model on the splits of these names.
    pub fn ngram(model: &NgramModel, corpus: &Corpus, names: &[&str]) -> Result<Self, Report> {
        Self::of(corpus, names, |_, split| {
            let (context, predicted) = split.split_at(1);
            let log_probabilities = model.log_probabilities(context, predicted);
            Ok(LossSum {
                nats: -log_probabilities.iter().sum::<f64>(),
                tokens: predicted.len() as u64,
            })
        })
    }

    fn of(
        corpus: &Corpus,
        names: &[&str],
        loss: impl Fn(&'static str, &Arc<[u32]>) -> Result<LossSum, Report>,
    ) -> Result<Self, Report> {
        let asked = corpus.text.splits.iter();
        let asked = asked.filter(|(name, _)| names.contains(name));
        let splits = asked.map(|(name, split)| Ok((name, loss(name, split)?)));
        let source = corpus.source.as_ref().filter(|_| names.contains(&"test"));
        Ok(Self {
            splits: splits.collect::<Result<_, Report>>()?,
            source: source.map(|source| source.perplexity()),
        })
    }

    /// The tokens predicted in all of them.
    pub fn tokens(&self) -> u64 {
        self.splits.iter().map(|(_, loss)| loss.tokens).sum()
    }

    /// The figures by name.
    pub fn figures(&self) -> Figures {
        let source = self
            .source
            .map(|source| ("source_perplexity".into(), source));
        let splits = self.splits.iter().flat_map(|(split, loss)| {
            [
                (format!("{split}_perplexity"), loss.perplexity()),
                (format!("{split}_nats_per_token"), loss.nats_per_token()),
            ]
        });
        splits.chain(source).collect()
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (split, loss) in &self.splits {
            let (perplexity, nats) = (loss.perplexity(), loss.nats_per_token());
            let tokens = loss.tokens;
            writeln!(
                f,
                "{split} perplexity {perplexity:.3} ({nats:.4} nats a token over {tokens} tokens)"
            )?;
        }
        let test = self.splits.iter().find(|(split, _)| *split == "test");
        if let (Some(source), Some((_, test))) = (self.source, test) {
            let above = 100.0 * (test.perplexity() / source - 1.0);
            writeln!(
                f,
                "source perplexity {source:.3}, the grammar's own on the test split: the model is {above:.2}% above"
            )?;
        }
        Ok(())
    }
}
