//! chrF: how many n-grams of characters a translation shares with its reference.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::iter::Sum;
use std::ops::AddAssign;

use super::python_text;
use super::references::{IMPLEMENTATION, NoReferenceError, NumReferences};

/// chrF (Popović 2015) and, with n-grams of words beside those of characters, chrF++ (Popović 2017), equal to sacreBLEU.
///
/// Precision and recall are means over the lengths of n-grams, and the score is their F-measure; lengths that the
/// translation or the reference has no n-gram of are left out. White space does not count.
///
/// ```
/// use burn_recurrent_text::Chrf;
///
/// let references = ["The dog bit the man."];
/// let score = Chrf::default().sentence("The dog bit the man", &references)?;
/// assert_eq!(score.to_string(), "chrF2 = 93.88");
/// # Ok::<(), burn_recurrent_text::NoReferenceError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chrf {
    /// The longest n-grams of characters that are counted.
    pub character_order: usize,
    /// The longest n-grams of words that are counted: 0 is chrF, 2 is chrF++.
    pub word_order: usize,
    /// How many times as much as precision recall counts.
    pub beta: u32,
    /// Whether upper and lower case are the same.
    pub lowercase: bool,
}

impl Default for Chrf {
    /// chrF2 as sacreBLEU has it: n-grams of six characters and fewer, recall counting twice, mixed case.
    fn default() -> Self {
        Self {
            character_order: 6,
            word_order: 0,
            beta: 2,
            lowercase: false,
        }
    }
}

/// The sufficient statistics of chrF. Counts of sentences, or of parts of a text, add up to those of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChrfCounts {
    /// How many sentences were counted.
    pub sentences: usize,
    /// How many references each of them has.
    pub references: NumReferences,
    /// For each length of n-grams, characters first and then words.
    pub orders: Vec<ChrfOrder>,
}

/// The n-grams of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChrfOrder {
    /// How many the translations have; those of a sentence whose reference has none are not counted.
    pub hypothesis: u64,
    /// How many the references have: of several, the one that gives the sentence the best score.
    pub reference: u64,
    /// How many are in both.
    pub shared: u64,
}

/// chrF with its name. As text, as sacreBLEU prints it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChrfScore {
    /// From 0 to 100.
    pub score: f64,
    /// What was computed.
    pub metric: Chrf,
}

impl Chrf {
    /// chrF++: n-grams of one and two words too.
    pub fn plus_plus() -> Self {
        Self {
            word_order: 2,
            ..Self::default()
        }
    }

    /// Counts a translation.
    ///
    /// # Errors
    ///
    /// When it has no reference. An empty reference is one.
    pub fn add<R: AsRef<str>>(
        &self,
        counts: &mut ChrfCounts,
        hypothesis: &str,
        references: &[R],
    ) -> Result<(), NoReferenceError> {
        let hypothesis = self.prepare(hypothesis);
        let hypothesis = Ngrams::of(self, &hypothesis);
        let mut best: Option<(f64, Vec<ChrfOrder>)> = None;
        for reference in references {
            let reference = self.prepare(reference.as_ref());
            let orders = hypothesis.compare(&Ngrams::of(self, &reference));
            let score = self.f_score(&orders);
            // The first of several as good.
            if best.as_ref().is_none_or(|(least, _)| score > *least) {
                best = Some((score, orders));
            }
        }
        let Some((_, orders)) = best else {
            let sentence = counts.sentences;
            return Err(NoReferenceError { sentence });
        };
        *counts += ChrfCounts {
            sentences: 1,
            references: NumReferences::Same(references.len()),
            orders,
        };
        Ok(())
    }

    /// The score of what was counted.
    pub fn score(&self, counts: &ChrfCounts) -> ChrfScore {
        ChrfScore {
            score: self.f_score(&counts.orders),
            metric: *self,
        }
    }

    /// The score of a text: translations, each with its references.
    ///
    /// # Errors
    ///
    /// When a translation has no reference.
    pub fn corpus<'r, H: AsRef<str>, R: AsRef<str> + 'r>(
        &self,
        sentences: impl IntoIterator<Item = (H, &'r [R])>,
    ) -> Result<ChrfScore, NoReferenceError> {
        let mut counts = ChrfCounts::default();
        for (hypothesis, references) in sentences {
            self.add(&mut counts, hypothesis.as_ref(), references)?;
        }
        Ok(self.score(&counts))
    }

    /// The score of one translation.
    ///
    /// # Errors
    ///
    /// When there is no reference.
    pub fn sentence<R: AsRef<str>>(
        &self,
        hypothesis: &str,
        references: &[R],
    ) -> Result<ChrfScore, NoReferenceError> {
        self.corpus([(hypothesis, references)])
    }

    /// What the score depends on, as sacreBLEU prints it, with this crate's name and version in place of its own.
    pub fn signature(&self, counts: &ChrfCounts) -> String {
        format!(
            "nrefs:{}|case:{}|eff:yes|nc:{}|nw:{}|space:no|version:{IMPLEMENTATION}",
            counts.references,
            if self.lowercase { "lc" } else { "mixed" },
            self.character_order,
            self.word_order,
        )
    }

    fn prepare(&self, line: &str) -> String {
        if self.lowercase {
            line.to_lowercase()
        } else {
            line.to_string()
        }
    }

    fn f_score(&self, orders: &[ChrfOrder]) -> f64 {
        let (mut precision, mut recall, mut effective) = (0.0, 0.0, 0u32);
        for order in orders {
            if order.hypothesis > 0 && order.reference > 0 {
                precision += order.shared as f64 / order.hypothesis as f64;
                recall += order.shared as f64 / order.reference as f64;
                effective += 1;
            }
        }
        // What is shared has n-grams on both sides.
        if precision + recall == 0.0 {
            return 0.0;
        }
        precision /= f64::from(effective);
        recall /= f64::from(effective);
        let factor = f64::from(self.beta).powi(2);
        100.0 * ((1.0 + factor) * precision * recall / (factor * precision + recall))
    }
}

/// How often each n-gram of a line is there, a map for each length.
struct Ngrams {
    characters: Vec<HashMap<Vec<char>, u64>>,
    words: Vec<HashMap<Vec<String>, u64>>,
}

impl Ngrams {
    fn of(metric: &Chrf, line: &str) -> Self {
        let characters = python_text::visible_characters(line);
        let words = match metric.word_order {
            0 => Vec::new(),
            _ => words(line),
        };
        Self {
            characters: (1..=metric.character_order)
                .map(|order| count(&characters, order))
                .collect(),
            words: (1..=metric.word_order)
                .map(|order| count(&words, order))
                .collect(),
        }
    }

    fn compare(&self, reference: &Self) -> Vec<ChrfOrder> {
        let characters = self.characters.iter().zip(&reference.characters);
        let words = self.words.iter().zip(&reference.words);
        characters
            .map(|(ours, theirs)| compare(ours, theirs))
            .chain(words.map(|(ours, theirs)| compare(ours, theirs)))
            .collect()
    }
}

fn count<T: Clone + Eq + Hash>(items: &[T], order: usize) -> HashMap<Vec<T>, u64> {
    let mut counts = HashMap::new();
    for ngram in items.windows(order) {
        *counts.entry(ngram.to_vec()).or_default() += 1;
    }
    counts
}

fn compare<N: Eq + Hash>(ours: &HashMap<N, u64>, theirs: &HashMap<N, u64>) -> ChrfOrder {
    if theirs.is_empty() {
        return ChrfOrder::default();
    }
    let shared = ours.iter().map(|(ngram, &count)| {
        let there = theirs.get(ngram).copied().unwrap_or(0);
        count.min(there)
    });
    ChrfOrder {
        hypothesis: ours.values().sum(),
        reference: theirs.values().sum(),
        shared: shared.sum(),
    }
}

/// What stands between white space, with one ASCII punctuation mark apart: the last character, else the first.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in python_text::split(line) {
        let mark = |c: &char| c.is_ascii_punctuation();
        let first = word.chars().next().filter(mark);
        let last = word.chars().next_back().filter(mark);
        match (first, last) {
            _ if word.chars().nth(1).is_none() => words.push(word.to_string()),
            (_, Some(last)) => {
                words.push(word[..word.len() - last.len_utf8()].to_string());
                words.push(last.to_string());
            }
            (Some(first), None) => {
                words.push(first.to_string());
                words.push(word[first.len_utf8()..].to_string());
            }
            (None, None) => words.push(word.to_string()),
        }
    }
    words
}

impl AddAssign for ChrfCounts {
    fn add_assign(&mut self, other: Self) {
        self.sentences += other.sentences;
        self.references = self.references.and(other.references);
        if self.orders.len() < other.orders.len() {
            self.orders.resize(other.orders.len(), ChrfOrder::default());
        }
        for (sum, part) in self.orders.iter_mut().zip(&other.orders) {
            sum.hypothesis += part.hypothesis;
            sum.reference += part.reference;
            sum.shared += part.shared;
        }
    }
}

impl Sum for ChrfCounts {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |mut sum, part| {
            sum += part;
            sum
        })
    }
}

impl fmt::Display for ChrfScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pluses = "+".repeat(self.metric.word_order);
        write!(f, "chrF{}{pluses} = {:.2}", self.metric.beta, self.score)
    }
}
