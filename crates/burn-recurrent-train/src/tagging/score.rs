//! The metrics of predicted labels.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use burn_recurrent_text::{Confusions, SpanScore, TaggingTask};

use super::corpus::Split;
use super::label_score::LabelScore;
use crate::Figures;

/// So many places of each confusion are remembered.
const MOST_EXAMPLES: usize = 100;

/// The metrics of a split's predicted labels: token accuracy, and precision, recall and F1 of spans.
pub struct Score {
    /// Where labels mark spans.
    pub spans: Option<SpanScore>,
    /// Of labels as they are written, token by token.
    pub confusions: Confusions,
    /// How fast they were.
    pub tokens_per_second: f64,
}

impl Score {
    /// Lets `tag` label a split's sentences, and compares. `tag` gets the words of all sentences and returns as many labels
    /// for each, as the task writes them.
    pub fn of(
        task: TaggingTask,
        split: &Split,
        tag: impl FnOnce(&[&[String]]) -> Vec<Vec<String>>,
    ) -> Self {
        let words = split.words();
        let started = Instant::now();
        let predicted = tag(&words);
        let seconds = started.elapsed().as_secs_f64();
        let mut spans = SpanScore::default();
        let mut confusions = Confusions::new(MOST_EXAMPLES);
        for (sentence, (gold, predicted)) in split.gold.iter().zip(&predicted).enumerate() {
            spans.add(gold, predicted);
            confusions.add(sentence, gold, predicted);
        }
        Self {
            spans: (task != TaggingTask::Tags {}).then_some(spans),
            tokens_per_second: confusions.tokens() as f64 / seconds.max(1e-9),
            confusions,
        }
    }

    /// The names of the validation figures for a task, those of [`figures`](Self::figures) that an epoch can be chosen by.
    pub fn valid_metrics(task: TaggingTask) -> &'static [&'static str] {
        match task {
            TaggingTask::Tags {} => &["valid_accuracy"],
            TaggingTask::Spans { .. } => &["valid_f1", "valid_accuracy"],
        }
    }

    /// The share of the tokens whose label was predicted.
    pub fn accuracy(&self) -> f64 {
        self.confusions.accuracy()
    }

    /// The F1 of spans, where labels mark spans.
    pub fn f1(&self) -> Option<f64> {
        self.spans.as_ref().map(|spans| spans.overall.f1())
    }

    /// The figures by name: `{split}_accuracy`, and where labels mark spans `{split}_f1`, `{split}_precision` and
    /// `{split}_recall`.
    pub fn figures(&self, split: &str) -> Figures {
        let mut figures = vec![("accuracy", self.accuracy())];
        if let Some(spans) = &self.spans {
            figures.push(("f1", spans.overall.f1()));
            figures.push(("precision", spans.overall.precision()));
            figures.push(("recall", spans.overall.recall()));
        }
        let named = figures.into_iter();
        named
            .map(|(name, value)| (format!("{split}_{name}"), value))
            .collect()
    }

    /// Each label's figures: each kind of spans, or each tag.
    pub fn labels(&self) -> BTreeMap<String, LabelScore> {
        if let Some(spans) = &self.spans {
            let kinds = spans.by_kind.iter().map(|(kind, counts)| {
                let score = LabelScore {
                    precision: counts.precision(),
                    recall: counts.recall(),
                    f1: counts.f1(),
                    count: counts.gold,
                };
                (kind.clone(), score)
            });
            return kinds.collect();
        }
        let (labels, matrix) = (self.confusions.labels(), self.confusions.matrix());
        let score = |place: usize| {
            let correct = matrix[place][place] as f64;
            let gold: u64 = matrix[place].iter().sum();
            let predicted: u64 = matrix.iter().map(|row| row[place]).sum();
            let share = |part: f64, whole: u64| if whole == 0 { 0.0 } else { part / whole as f64 };
            LabelScore {
                precision: share(correct, predicted),
                recall: share(correct, gold),
                f1: share(2.0 * correct, gold + predicted),
                count: gold,
            }
        };
        let labels = labels.iter().enumerate();
        labels
            .map(|(place, label)| (label.to_string(), score(place)))
            .collect()
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |value: f64| 100.0 * value;
        if let Some(spans) = &self.spans {
            writeln!(
                f,
                "F1 {:.2}% (precision {:.2}%, recall {:.2}%) over {} spans",
                percent(spans.overall.f1()),
                percent(spans.overall.precision()),
                percent(spans.overall.recall()),
                spans.overall.gold
            )?;
        }
        writeln!(
            f,
            "accuracy {:.2}% over {} tokens, tagged at {:.0} tokens a second",
            percent(self.accuracy()),
            self.confusions.tokens(),
            self.tokens_per_second
        )
    }
}
