//! Precision, recall and F1 of each label.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Precision, recall and F1 of one label: a kind of spans, or a tag of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelScore {
    /// The share of the predicted that are right.
    pub precision: f64,
    /// The share of those in the data that were predicted.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// How often it is in the data.
    pub count: u64,
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
