//! Confusions of labels, with examples.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::span_score::ratio;

/// The position of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenPlace {
    /// Which sentence, as the caller counts them.
    pub sentence: usize,
    /// Which of its tokens, from zero.
    pub position: usize,
}

/// One label taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confusion<'c> {
    /// The label that the tokens have.
    pub gold: &'c str,
    /// The label that was predicted.
    pub predicted: &'c str,
    /// How often.
    pub count: u64,
    /// The first tokens at which it happened.
    pub examples: &'c [TokenPlace],
}

/// Counts which labels were predicted for which, keeps the first places of each confusion, and gives token accuracy.
///
/// A label that training never saw has a row like any other, all of it wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusions {
    max_examples: usize,
    /// By true label and predicted label.
    cells: BTreeMap<String, BTreeMap<String, Cell>>,
    tokens: u64,
    correct: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Cell {
    count: u64,
    examples: Vec<TokenPlace>,
}

impl Confusions {
    /// Counts that remember at most `max_examples` places of each confusion.
    pub fn new(max_examples: usize) -> Self {
        Self {
            max_examples,
            cells: BTreeMap::new(),
            tokens: 0,
            correct: 0,
        }
    }

    /// Adds a sentence; `sentence` says later which it was.
    ///
    /// # Panics
    ///
    /// When there are more or fewer predicted labels than tokens.
    pub fn add<G: AsRef<str>, P: AsRef<str>>(
        &mut self,
        sentence: usize,
        gold: &[G],
        predicted: &[P],
    ) {
        assert_eq!(
            gold.len(),
            predicted.len(),
            "a sentence of {} tokens has {} predicted labels",
            gold.len(),
            predicted.len()
        );
        for (position, (gold, predicted)) in gold.iter().zip(predicted).enumerate() {
            let (gold, predicted) = (gold.as_ref(), predicted.as_ref());
            let cell = entry(entry(&mut self.cells, gold), predicted);
            cell.count += 1;
            self.tokens += 1;
            if gold == predicted {
                self.correct += 1;
            } else if cell.examples.len() < self.max_examples {
                cell.examples.push(TokenPlace { sentence, position });
            }
        }
    }

    /// How many tokens were counted.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The share of the tokens that have the predicted label; 0 when there is none.
    pub fn accuracy(&self) -> f64 {
        ratio(self.correct, self.tokens)
    }

    /// How often `predicted` was predicted for `gold`.
    pub fn count(&self, gold: &str, predicted: &str) -> u64 {
        let cell = self.cells.get(gold).and_then(|row| row.get(predicted));
        cell.map_or(0, |cell| cell.count)
    }

    /// All labels that a token has or was given, the most frequent true ones first.
    pub fn labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = self
            .cells
            .iter()
            .flat_map(|(gold, row)| row.keys().chain([gold]))
            .map(String::as_str)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let total = |label: &str| -> u64 {
            let row = self.cells.get(label);
            row.map_or(0, |row| row.values().map(|cell| cell.count).sum())
        };
        labels.sort_by_cached_key(|label| Reverse(total(label)));
        labels
    }

    /// `[labels, labels]`: the counts, a row for each true label and a column for each predicted one, both in the order
    /// of [`labels`](Self::labels).
    pub fn matrix(&self) -> Vec<Vec<u64>> {
        let labels = self.labels();
        let row = |gold: &&str| labels.iter().map(|p| self.count(gold, p)).collect();
        labels.iter().map(row).collect()
    }

    /// The most frequent confusions, at most `max` of them; where counts are equal, in the order of their labels.
    pub fn worst(&self, max: usize) -> Vec<Confusion<'_>> {
        let mut wrong: Vec<Confusion<'_>> = self
            .cells
            .iter()
            .flat_map(|(gold, row)| {
                row.iter()
                    .map(move |(predicted, cell)| (gold, predicted, cell))
            })
            .filter(|(gold, predicted, _)| gold != predicted)
            .map(|(gold, predicted, cell)| Confusion {
                gold,
                predicted,
                count: cell.count,
                examples: &cell.examples,
            })
            .collect();
        wrong.sort_by_key(|confusion| Reverse(confusion.count));
        wrong.truncate(max);
        wrong
    }
}

/// The value of a key, which is made where it is new; known keys are not copied.
fn entry<'m, V: Default>(map: &'m mut BTreeMap<String, V>, key: &str) -> &'m mut V {
    if !map.contains_key(key) {
        map.insert(key.to_string(), V::default());
    }
    map.get_mut(key).expect("the key was put there")
}
