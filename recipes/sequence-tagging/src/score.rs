//! How well labels were predicted.

use crate::corpus::Split;
use burn_recurrent_text::{Confusions, SpanScore, TaggingTask};
use burn_recurrent_zoo::TrainedTagger;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

/// So many places of each confusion are remembered.
const MOST_EXAMPLES: usize = 100;

/// How well the labels of a split were predicted.
pub struct Score {
    /// Where labels mark spans.
    pub spans: Option<SpanScore>,
    /// Of labels as they are written, token by token.
    pub confusions: Confusions,
    pub tokens_per_second: f64,
}

/// How well one label was predicted: a kind of spans, or a tag of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelScore {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// How often it is in the data.
    pub count: u64,
}

impl Score {
    /// Tags a split and compares.
    pub fn of(tagger: &TrainedTagger, split: &Split) -> Self {
        let words = split.words();
        let started = Instant::now();
        let predicted = tagger.tag(&words);
        let seconds = started.elapsed().as_secs_f64();
        let mut spans = SpanScore::default();
        let mut confusions = Confusions::new(MOST_EXAMPLES);
        for (sentence, (gold, predicted)) in split.gold.iter().zip(&predicted).enumerate() {
            spans.add(gold, predicted);
            confusions.add(sentence, gold, predicted);
        }
        Self {
            spans: (tagger.task() != TaggingTask::Tags {}).then_some(spans),
            tokens_per_second: confusions.tokens() as f64 / seconds.max(1e-9),
            confusions,
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

    /// The figures by name.
    pub fn figures(&self, split: &str) -> Vec<(String, f64)> {
        let mut figures = vec![(format!("{split}_accuracy"), self.accuracy())];
        if let Some(spans) = &self.spans {
            figures.push((format!("{split}_f1"), spans.overall.f1()));
            figures.push((format!("{split}_precision"), spans.overall.precision()));
            figures.push((format!("{split}_recall"), spans.overall.recall()));
        }
        figures
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

/// A table of the labels' figures, the most frequent first.
pub struct LabelTable<'a>(pub &'a BTreeMap<String, LabelScore>);

impl fmt::Display for LabelTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows: Vec<_> = self.0.iter().collect();
        rows.sort_by_key(|(_, score)| std::cmp::Reverse(score.count));
        let width = rows.iter().map(|(label, _)| label.chars().count());
        let width = width.max().unwrap_or(0).max("label".len());
        writeln!(f, "{:width$}  precision  recall      F1   count", "label")?;
        for (label, score) in rows {
            writeln!(
                f,
                "{label:width$}  {:9.2}  {:6.2}  {:6.2}  {:6}",
                100.0 * score.precision,
                100.0 * score.recall,
                100.0 * score.f1,
                score.count
            )?;
        }
        Ok(())
    }
}
