//! BLEU: how many n-grams a translation shares with its references.

use std::collections::HashMap;
use std::fmt;
use std::iter::Sum;
use std::ops::AddAssign;

use super::bleu_tokenizer::BleuTokenizer;
use super::python_text;
use super::references::{IMPLEMENTATION, NoReferenceError, NumReferences};

/// The longest n-grams that are counted.
const MAX_ORDER: usize = 4;

/// BLEU (Papineni et al. 2002), equal to sacreBLEU (Post 2018) with the same settings.
///
/// The default is sacreBLEU's: tokeniser `13a`, exponential smoothing, mixed case. Translations and references are plain
/// text, as a person would write it.
///
/// ```
/// use burn_recurrent_text::{Bleu, BleuCounts};
///
/// let bleu = Bleu::default();
/// let mut counts = BleuCounts::default();
/// bleu.add(&mut counts, "The dog bit the man.", &["The dog bit the man.", "The dog had bit the man."])?;
/// bleu.add(&mut counts, "It was not unexpected.", &["It wasn't surprising.", "No one was surprised."])?;
/// bleu.add(&mut counts, "The man bit him first.", &["The man had just bitten him.", "The man bit the dog."])?;
/// let score = bleu.score(&counts);
/// assert_eq!(
///     score.to_string(),
///     "BLEU = 51.47 82.4/50.0/45.5/37.5 (BP = 1.000 ratio = 1.000 hyp_len = 17 ref_len = 17)"
/// );
/// assert!(bleu.signature(&counts).starts_with("nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:"));
/// # Ok::<(), burn_recurrent_text::NoReferenceError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bleu {
    /// What a word is.
    pub tokenizer: BleuTokenizer,
    /// What is done where no n-gram of a length is right.
    pub smoothing: BleuSmoothing,
    /// Whether upper and lower case are the same.
    pub lowercase: bool,
    /// Whether lengths of n-grams that no translation has are left out of the mean, which would be zero with them. For
    /// single sentences; [`sentence`](Self::sentence) does it anyway.
    pub effective_order: bool,
}

/// The smoothing of the precision of n-gram orders without a match, so that the score is not zero at once (Chen and
/// Cherry 2014).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum BleuSmoothing {
    /// Nothing: the score is zero.
    None,
    /// So many count as right; 0.1 is usual.
    Floor(f64),
    /// So many are added to what is right and to what there is, for n-grams of two words or more; 1 is usual.
    AddK(f64),
    /// 1/2 counts as right for the shortest such n-grams, 1/4 for the next, and so on, as `mteval-v13a` does.
    #[default]
    Exponential,
}

/// The sufficient statistics of BLEU. Counts of sentences, or of parts of a text, add up to those of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BleuCounts {
    /// How many sentences were counted.
    pub sentences: usize,
    /// How many references each of them has.
    pub references: NumReferences,
    /// How many words the translations have.
    pub hypothesis_length: u64,
    /// How many words the references have: of several, the one whose length is nearest, the shorter of two as near.
    pub reference_length: u64,
    /// How many n-grams of one to four words are right: each as often as it stands in one reference at most.
    pub correct: [u64; MAX_ORDER],
    /// How many n-grams of one to four words there are.
    pub total: [u64; MAX_ORDER],
}

/// BLEU and what it was computed from. As text, as sacreBLEU prints it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BleuScore {
    /// From 0 to 100.
    pub score: f64,
    /// Of 100 n-grams of one to four words, how many are right, smoothed; 0 where no word is right.
    pub precisions: [f64; MAX_ORDER],
    /// By what a text is worth less because it is shorter than its references; 1 where it is not.
    pub brevity_penalty: f64,
    /// What the score was computed from.
    pub counts: BleuCounts,
}

impl Bleu {
    /// Counts a translation.
    ///
    /// # Errors
    ///
    /// When it has no reference. An empty reference is one.
    pub fn add<R: AsRef<str>>(
        &self,
        counts: &mut BleuCounts,
        hypothesis: &str,
        references: &[R],
    ) -> Result<(), NoReferenceError> {
        let hypothesis = self.prepare(hypothesis);
        let hypothesis: Vec<&str> = python_text::split(&hypothesis).collect();
        let references: Vec<String> = references
            .iter()
            .map(|reference| self.prepare(reference.as_ref()))
            .collect();
        let references: Vec<Vec<&str>> = references
            .iter()
            .map(|reference| python_text::split(reference).collect())
            .collect();

        let lengths = references.iter().map(Vec::len);
        let nearest = lengths.min_by_key(|&length| (length.abs_diff(hypothesis.len()), length));
        let Some(reference_length) = nearest else {
            let sentence = counts.sentences;
            return Err(NoReferenceError { sentence });
        };
        let mut sentence = BleuCounts {
            sentences: 1,
            references: NumReferences::Same(references.len()),
            hypothesis_length: hypothesis.len() as u64,
            reference_length: reference_length as u64,
            ..BleuCounts::default()
        };
        for order in 1..=MAX_ORDER {
            let mut allowed: HashMap<&[&str], u64> = HashMap::new();
            for reference in &references {
                for (ngram, count) in ngrams(reference, order) {
                    let most = allowed.entry(ngram).or_default();
                    *most = count.max(*most);
                }
            }
            for (ngram, count) in ngrams(&hypothesis, order) {
                sentence.total[order - 1] += count;
                sentence.correct[order - 1] +=
                    allowed.get(ngram).map_or(0, |&most| count.min(most));
            }
        }
        *counts += sentence;
        Ok(())
    }

    /// The score of what was counted.
    pub fn score(&self, counts: &BleuCounts) -> BleuScore {
        let (hypothesis, reference) = (counts.hypothesis_length, counts.reference_length);
        let brevity_penalty = match hypothesis {
            0 if reference > 0 => 0.0,
            _ if hypothesis < reference => (1.0 - reference as f64 / hypothesis as f64).exp(),
            _ => 1.0,
        };
        let mut score = BleuScore {
            score: 0.0,
            precisions: [0.0; MAX_ORDER],
            brevity_penalty,
            counts: *counts,
        };
        if counts.correct == [0; MAX_ORDER] {
            return score;
        }
        let mut orders = MAX_ORDER;
        let mut halves = 1.0;
        for order in 1..=MAX_ORDER {
            let mut correct = counts.correct[order - 1] as f64;
            let mut total = counts.total[order - 1] as f64;
            if let BleuSmoothing::AddK(k) = self.smoothing
                && order > 1
            {
                correct += k;
                total += k;
            }
            if total == 0.0 {
                break;
            }
            if self.effective_order {
                orders = order;
            }
            score.precisions[order - 1] = if correct > 0.0 {
                100.0 * correct / total
            } else {
                match self.smoothing {
                    BleuSmoothing::Exponential => {
                        halves *= 2.0;
                        100.0 / (halves * total)
                    }
                    BleuSmoothing::Floor(floor) => 100.0 * floor / total,
                    BleuSmoothing::None | BleuSmoothing::AddK(_) => 0.0,
                }
            };
        }
        // The logarithm of zero is minus infinity, and the score zero then.
        let logarithms: f64 = score.precisions[..orders].iter().map(|p| p.ln()).sum();
        score.score = brevity_penalty * (logarithms / orders as f64).exp();
        score
    }

    /// The score of a text: translations, each with its references.
    ///
    /// # Errors
    ///
    /// When a translation has no reference.
    pub fn corpus<'r, H: AsRef<str>, R: AsRef<str> + 'r>(
        &self,
        sentences: impl IntoIterator<Item = (H, &'r [R])>,
    ) -> Result<BleuScore, NoReferenceError> {
        let mut counts = BleuCounts::default();
        for (hypothesis, references) in sentences {
            self.add(&mut counts, hypothesis.as_ref(), references)?;
        }
        Ok(self.score(&counts))
    }

    /// The score of one translation, with the effective order, as sacreBLEU's `sentence_bleu` has it.
    ///
    /// # Errors
    ///
    /// When there is no reference.
    pub fn sentence<R: AsRef<str>>(
        &self,
        hypothesis: &str,
        references: &[R],
    ) -> Result<BleuScore, NoReferenceError> {
        let bleu = Self {
            effective_order: true,
            ..*self
        };
        bleu.corpus([(hypothesis, references)])
    }

    /// What the score depends on, as sacreBLEU prints it, with this crate's name and version in place of its own.
    pub fn signature(&self, counts: &BleuCounts) -> String {
        let smoothing = match self.smoothing {
            BleuSmoothing::None => "none".to_string(),
            BleuSmoothing::Floor(floor) => format!("floor[{floor:.2}]"),
            BleuSmoothing::AddK(k) => format!("add-k[{k:.2}]"),
            BleuSmoothing::Exponential => "exp".to_string(),
        };
        format!(
            "nrefs:{}|case:{}|eff:{}|tok:{}|smooth:{smoothing}|version:{IMPLEMENTATION}",
            counts.references,
            if self.lowercase { "lc" } else { "mixed" },
            if self.effective_order { "yes" } else { "no" },
            self.tokenizer.name(),
        )
    }

    /// The words of a line, white space between them.
    fn prepare(&self, line: &str) -> String {
        if self.lowercase {
            let line = line.to_lowercase();
            self.tokenizer.apply(python_text::trim_end(&line))
        } else {
            self.tokenizer.apply(python_text::trim_end(line))
        }
    }
}

/// How often each n-gram of `order` items is there.
fn ngrams<'w, 't>(words: &'w [&'t str], order: usize) -> HashMap<&'w [&'t str], u64> {
    let mut counts = HashMap::new();
    for ngram in words.windows(order) {
        *counts.entry(ngram).or_default() += 1;
    }
    counts
}

impl AddAssign for BleuCounts {
    fn add_assign(&mut self, other: Self) {
        self.sentences += other.sentences;
        self.references = self.references.and(other.references);
        self.hypothesis_length += other.hypothesis_length;
        self.reference_length += other.reference_length;
        for order in 0..MAX_ORDER {
            self.correct[order] += other.correct[order];
            self.total[order] += other.total[order];
        }
    }
}

impl Sum for BleuCounts {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |mut sum, part| {
            sum += part;
            sum
        })
    }
}

impl BleuScore {
    /// The translations' length as a part of the references'; 0 where these have no word.
    pub fn length_ratio(&self) -> f64 {
        let BleuCounts {
            hypothesis_length,
            reference_length,
            ..
        } = self.counts;
        match reference_length {
            0 => 0.0,
            length => hypothesis_length as f64 / length as f64,
        }
    }
}

impl fmt::Display for BleuScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, two, three, four] = self.precisions;
        write!(
            f,
            "BLEU = {:.2} {one:.1}/{two:.1}/{three:.1}/{four:.1} (BP = {:.3} ratio = {:.3} hyp_len = {} ref_len = {})",
            self.score,
            self.brevity_penalty,
            self.length_ratio(),
            self.counts.hypothesis_length,
            self.counts.reference_length,
        )
    }
}
