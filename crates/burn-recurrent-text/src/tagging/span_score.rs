//! Precision, recall and F1 of spans.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::span::spans;

/// The numbers of gold, predicted and correct spans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanCounts {
    /// Spans that there are.
    pub gold: u64,
    /// Spans that were predicted.
    pub predicted: u64,
    /// Predicted spans that are there, with the same first token, last token and kind.
    pub correct: u64,
}

impl SpanCounts {
    /// The share of the predicted spans that is right; 0 when none was predicted.
    pub fn precision(&self) -> f64 {
        ratio(self.correct, self.predicted)
    }

    /// The share of the spans that was found; 0 when there is none.
    pub fn recall(&self) -> f64 {
        ratio(self.correct, self.gold)
    }

    /// The harmonic mean of precision and recall; 0 when both are.
    pub fn f1(&self) -> f64 {
        ratio(2 * self.correct, self.gold + self.predicted)
    }
}

/// Precision, recall and F1 of spans over all kinds and by kind, and the accuracy of tokens, added up over sentences.
///
/// Equal to what the CoNLL shared tasks' script `conlleval` prints, but that values are shares of one, not percentages:
/// see [`spans`] for what is a span. A span whose kind training never saw is one that was missed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanScore {
    /// All kinds together.
    pub overall: SpanCounts,
    /// By kind, in the order of their names: every kind that there is or was predicted.
    pub by_kind: BTreeMap<String, SpanCounts>,
    /// How many tokens there are.
    pub tokens: u64,
    /// How many tokens have the predicted label.
    pub correct_tokens: u64,
}

impl SpanScore {
    /// Adds a sentence.
    ///
    /// # Panics
    ///
    /// When there are more or fewer predicted labels than tokens.
    pub fn add<G: AsRef<str>, P: AsRef<str>>(&mut self, gold: &[G], predicted: &[P]) {
        assert_eq!(
            gold.len(),
            predicted.len(),
            "a sentence of {} tokens has {} predicted labels",
            gold.len(),
            predicted.len()
        );
        self.tokens += gold.len() as u64;
        let pairs = gold.iter().zip(predicted);
        self.correct_tokens += pairs.filter(|(g, p)| g.as_ref() == p.as_ref()).count() as u64;
        let (gold, predicted) = (spans(gold), spans(predicted));
        for span in &gold {
            self.count(span.kind, |counts| counts.gold += 1);
        }
        for span in &predicted {
            self.count(span.kind, |counts| counts.predicted += 1);
            // Both are in order of their first tokens, no two of which are the same.
            let at = gold.binary_search_by_key(&span.start, |gold| gold.start);
            if at.is_ok_and(|at| gold[at] == *span) {
                self.count(span.kind, |counts| counts.correct += 1);
            }
        }
    }

    /// The share of the tokens that have the predicted label; 0 when there is none.
    pub fn accuracy(&self) -> f64 {
        ratio(self.correct_tokens, self.tokens)
    }

    fn count(&mut self, kind: &str, mut add: impl FnMut(&mut SpanCounts)) {
        add(&mut self.overall);
        match self.by_kind.get_mut(kind) {
            Some(counts) => add(counts),
            None => add(self.by_kind.entry(kind.to_string()).or_default()),
        }
    }
}

pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
