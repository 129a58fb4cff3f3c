//! Constraints on transitions between labels.

use super::CrfError;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Constraints: which labels may start a sentence, follow each other, and end a sentence.
///
/// ```
/// use burn_recurrent_models::TransitionConstraints;
///
/// // O, B, I: an I stands only after a B or an I.
/// let constraints = TransitionConstraints::from_fn(
///     3,
///     |first| first != 2,
///     |from, to| to != 2 || from != 0,
///     |_last| true,
/// );
/// assert!(constraints.allows(&[0, 1, 2, 2, 0]));
/// assert!(!constraints.allows(&[0, 2]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitionConstraints {
    /// Whether a label may come first, `[labels]`.
    pub start: Vec<bool>,
    /// Whether a label (the row) may be followed by another (the column), `[labels][labels]`.
    pub transitions: Vec<Vec<bool>>,
    /// Whether a label may come last, `[labels]`.
    pub end: Vec<bool>,
}

impl TransitionConstraints {
    /// Asks for every entry of the tables.
    pub fn from_fn(
        num_labels: usize,
        start: impl Fn(usize) -> bool,
        transition: impl Fn(usize, usize) -> bool,
        end: impl Fn(usize) -> bool,
    ) -> Self {
        let row = |from| (0..num_labels).map(|to| transition(from, to)).collect();
        Self {
            start: (0..num_labels).map(start).collect(),
            transitions: (0..num_labels).map(row).collect(),
            end: (0..num_labels).map(end).collect(),
        }
    }

    /// From tables, the one of the transitions row by row, `[labels * labels]`.
    ///
    /// # Panics
    ///
    /// If the number of transitions is not the number of labels times itself, or there is another
    /// number of last labels than of first.
    pub fn from_tables(start: &[bool], transitions: &[bool], end: &[bool]) -> Self {
        let num_labels = start.len();
        assert!(
            transitions.len() == num_labels * num_labels && end.len() == num_labels,
            "the tables of {num_labels} labels have {} transitions and {} last labels",
            transitions.len(),
            end.len(),
        );
        Self::from_fn(
            num_labels,
            |first| start[first],
            |from, to| transitions[from * num_labels + to],
            |last| end[last],
        )
    }

    /// Whether a sentence may have these labels; one without words may.
    ///
    /// # Panics
    ///
    /// If a label is not below the number of labels.
    pub fn allows(&self, labels: &[usize]) -> bool {
        let (Some(first), Some(last)) = (labels.first(), labels.last()) else {
            return true;
        };
        let follows = |pair: &[usize]| self.transitions[pair[0]][pair[1]];
        self.start[*first] && labels.windows(2).all(follows) && self.end[*last]
    }

    /// Checks that the tables are for so many labels, and that there is an allowed sequence of
    /// every length.
    ///
    /// # Errors
    ///
    /// Names the table, or the shortest length of which there is none. Constraints with so many
    /// cycles of different lengths that this cannot be seen from the first `4 * num_labels + 16`
    /// lengths are refused too; those of span schemes show it after three.
    pub fn validate(&self, num_labels: usize) -> Result<(), CrfError> {
        let check = |table, place: String, found: usize| match found == num_labels {
            true => Ok(()),
            false => Err(CrfError::Constraints {
                table,
                place,
                expected: num_labels,
                found,
            }),
        };
        check("start", String::new(), self.start.len())?;
        check("transitions", String::new(), self.transitions.len())?;
        for (label, row) in self.transitions.iter().enumerate() {
            check("transitions", format!(" in row {label}"), row.len())?;
        }
        check("end", String::new(), self.end.len())?;

        // The labels that an allowed sequence may have at its n-th place. From the first set that
        // was there before, they repeat for ever.
        let mut reachable = self.start.clone();
        let mut seen = HashSet::new();
        for length in 1..=4 * num_labels + 16 {
            if !reachable.iter().zip(&self.end).any(|(at, end)| *at && *end) {
                return Err(CrfError::NoSequence { length });
            }
            let next = (0..num_labels)
                .map(|to| (0..num_labels).any(|from| reachable[from] && self.transitions[from][to]))
                .collect();
            if !seen.insert(core::mem::replace(&mut reachable, next)) {
                return Ok(());
            }
        }
        Err(CrfError::Irregular)
    }
}
