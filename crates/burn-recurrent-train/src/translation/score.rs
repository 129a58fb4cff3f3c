//! The metrics of translations: BLEU and chrF, or word and phoneme error.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use burn_recurrent_datasets::ParallelPart;
use burn_recurrent_text::{
    Bleu, BleuCounts, Chrf, ChrfCounts, PronunciationCounts, PronunciationScore, edit_distance,
};
use serde::Serialize;

use super::task::TranslationTask;
use crate::Figures;

/// The metrics of a split's translations.
#[derive(Debug)]
pub struct Score {
    measured: Measured,
    /// Every sentence, in order.
    pub sentences: Vec<ScoredSentence>,
    /// How fast they were translated.
    pub sentences_per_second: f64,
}

#[derive(Debug)]
enum Measured {
    Text {
        mixed: BleuCounts,
        lowercase: BleuCounts,
        chrf: ChrfCounts,
    },
    Pronunciation(PronunciationScore),
}

/// One sentence, what was made of it, and what should have been.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScoredSentence {
    /// Its place among the split's, from 0.
    pub place: usize,
    /// The sentence.
    pub source: String,
    /// What the model made of it.
    pub translation: String,
    /// What is right.
    pub references: Vec<String>,
    /// How good it is by itself: sentence BLEU, from 0 to 100, or the phoneme error, negative.
    pub score: f64,
}

const LOWERCASE: Bleu = Bleu {
    tokenizer: burn_recurrent_text::BleuTokenizer::V13a,
    smoothing: burn_recurrent_text::BleuSmoothing::Exponential,
    lowercase: true,
    effective_order: false,
};

impl Score {
    /// Lets `translate` translate the sentences of a split, and compares. `translate` gets all of them and returns as many.
    ///
    /// # Panics
    ///
    /// If `translate` returns another number.
    pub fn of(
        task: TranslationTask,
        part: &ParallelPart,
        translate: impl FnOnce(&[&str]) -> Vec<String>,
    ) -> Self {
        let sources: Vec<&str> = part.pairs.iter().map(|pair| pair.source.as_str()).collect();
        let started = Instant::now();
        let translations = translate(&sources);
        let seconds = started.elapsed().as_secs_f64();
        assert_eq!(
            translations.len(),
            sources.len(),
            "there must be a translation for each sentence"
        );
        let mut measured = Measured::new(task);
        let pairs = part.pairs.iter().zip(translations).enumerate();
        let sentences = pairs
            .map(|(place, (pair, translation))| {
                let references: Vec<String> = pair.targets().map(String::from).collect();
                ScoredSentence {
                    place,
                    source: pair.source.clone(),
                    score: measured.add(&translation, &references),
                    translation,
                    references,
                }
            })
            .collect();
        Self {
            measured,
            sentences,
            sentences_per_second: sources.len() as f64 / seconds.max(1e-9),
        }
    }

    /// The names of the validation figures for a task, those of [`figures`](Self::figures) that an epoch can be chosen by.
    pub fn valid_metrics(task: TranslationTask) -> &'static [&'static str] {
        match task {
            TranslationTask::Text => &["valid_bleu", "valid_bleu_lowercase", "valid_chrf"],
            TranslationTask::Pronunciation => &["valid_word_error", "valid_phoneme_error"],
        }
    }

    /// The figures by name: `{split}_bleu`, `{split}_bleu_lowercase` and `{split}_chrf`, from 0 to 100, or
    /// `{split}_word_error` and `{split}_phoneme_error`, from 0 to 1, with stress, and the same `_without_stress`.
    pub fn figures(&self, split: &str) -> Figures {
        let figures: Vec<(&str, f64)> = match &self.measured {
            Measured::Text {
                mixed,
                lowercase,
                chrf,
            } => vec![
                ("bleu", Bleu::default().score(mixed).score),
                ("bleu_lowercase", LOWERCASE.score(lowercase).score),
                ("chrf", Chrf::default().score(chrf).score),
            ],
            Measured::Pronunciation(score) => {
                let errors = |counts: &PronunciationCounts| {
                    let (word, phoneme) = (counts.word_error(), counts.phoneme_error());
                    (word.unwrap_or_default(), phoneme.unwrap_or_default())
                };
                let (word, phoneme) = errors(&score.with_stress);
                let (plain_word, plain_phoneme) = errors(&score.without_stress);
                vec![
                    ("word_error", word),
                    ("phoneme_error", phoneme),
                    ("word_error_without_stress", plain_word),
                    ("phoneme_error_without_stress", plain_phoneme),
                ]
            }
        };
        let named = figures.into_iter();
        named
            .map(|(name, value)| (format!("{split}_{name}"), value))
            .collect()
    }

    /// What the scores depend on, in sacreBLEU's form, by the names of the figures.
    pub fn signatures(&self, split: &str) -> BTreeMap<String, String> {
        match &self.measured {
            Measured::Text {
                mixed,
                lowercase,
                chrf,
            } => BTreeMap::from([
                (format!("{split}_bleu"), Bleu::default().signature(mixed)),
                (
                    format!("{split}_bleu_lowercase"),
                    LOWERCASE.signature(lowercase),
                ),
                (format!("{split}_chrf"), Chrf::default().signature(chrf)),
            ]),
            Measured::Pronunciation(_) => BTreeMap::new(),
        }
    }

    /// The sentences that were translated worst, the worst first.
    pub fn worst(&self, count: usize) -> Vec<&ScoredSentence> {
        let mut sentences: Vec<&ScoredSentence> = self.sentences.iter().collect();
        sentences.sort_by(|one, other| one.score.total_cmp(&other.score));
        sentences.truncate(count);
        sentences
    }
}

impl Measured {
    fn new(task: TranslationTask) -> Self {
        match task {
            TranslationTask::Text => Self::Text {
                mixed: BleuCounts::default(),
                lowercase: BleuCounts::default(),
                chrf: ChrfCounts::default(),
            },
            TranslationTask::Pronunciation => Self::Pronunciation(PronunciationScore::default()),
        }
    }

    /// Counts a sentence, and says how good it is by itself.
    fn add(&mut self, translation: &str, references: &[String]) -> f64 {
        const ONE: &str = "a pair has at least one reference";
        match self {
            Self::Text {
                mixed,
                lowercase,
                chrf,
            } => {
                Bleu::default()
                    .add(mixed, translation, references)
                    .expect(ONE);
                LOWERCASE
                    .add(lowercase, translation, references)
                    .expect(ONE);
                Chrf::default()
                    .add(chrf, translation, references)
                    .expect(ONE);
                let alone = LOWERCASE.sentence(translation, references).expect(ONE);
                alone.score
            }
            Self::Pronunciation(score) => {
                let predicted: Vec<&str> = translation.split_whitespace().collect();
                let references: Vec<Vec<&str>> = references
                    .iter()
                    .map(|reference| reference.split_whitespace().collect())
                    .collect();
                score.add(&predicted, &references).expect(ONE);
                let nearest = references
                    .iter()
                    .map(|reference| {
                        let edits = edit_distance(&predicted, reference);
                        edits as f64 / reference.len().max(1) as f64
                    })
                    .fold(f64::INFINITY, f64::min);
                -nearest
            }
        }
    }
}

/// A line or two for a person.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, rate) = (self.sentences.len(), self.sentences_per_second);
        match &self.measured {
            Measured::Text {
                mixed,
                lowercase,
                chrf,
            } => {
                let bleu = Bleu::default();
                writeln!(f, "{} {}", bleu.score(mixed), bleu.signature(mixed))?;
                let score = LOWERCASE.score(lowercase).score;
                writeln!(
                    f,
                    "lower-cased BLEU = {score:.2} {}",
                    LOWERCASE.signature(lowercase)
                )?;
                let score = Chrf::default().score(chrf);
                writeln!(f, "{score} {}", Chrf::default().signature(chrf))?;
            }
            Measured::Pronunciation(score) => {
                let percent = |value: Option<f64>| 100.0 * value.unwrap_or_default();
                for (name, counts) in [
                    ("with stress", &score.with_stress),
                    ("without stress", &score.without_stress),
                ] {
                    writeln!(
                        f,
                        "{name}: word error {:.2}%, phoneme error {:.2}%",
                        percent(counts.word_error()),
                        percent(counts.phoneme_error())
                    )?;
                }
            }
        }
        writeln!(f, "{count} sentences, translated at {rate:.0} a second")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_recurrent_datasets::SentencePair;

    fn part(pairs: &[(&str, &[&str])]) -> ParallelPart {
        let pair = |(source, targets): &(&str, &[&str])| {
            let mut pair = SentencePair::new(*source, targets[0]);
            pair.other_targets = targets[1..].iter().map(|t| t.to_string()).collect();
            pair
        };
        ParallelPart {
            path: "test".into(),
            pairs: pairs.iter().map(pair).collect(),
            empty: None,
        }
    }

    fn score(task: TranslationTask, part: &ParallelPart, translations: &[&str]) -> Score {
        Score::of(task, part, |sources| {
            let expected: Vec<&str> = part.pairs.iter().map(|p| p.source.as_str()).collect();
            assert_eq!(sources, expected);
            translations.iter().map(|t| t.to_string()).collect()
        })
    }

    /// The figures are those of sacreBLEU 2.6.0: `corpus_bleu` with `lowercase` and without, and `corpus_chrf`.
    #[test]
    fn text_has_bleu_in_both_cases_and_chrf() {
        let part = part(&[
            ("eins", &["The dog runs over the meadow."]),
            ("zwei", &["A cat sleeps in the garden."]),
            ("drei", &["Where is the house?"]),
        ]);
        let translations = ["the dog runs over the meadow.", "A cat sleeps.", ""];
        let score = score(TranslationTask::Text, &part, &translations);
        let figures = score.figures("test");
        let names: Vec<&str> = figures.keys().map(String::as_str).collect();
        assert_eq!(names, ["test_bleu", "test_bleu_lowercase", "test_chrf"]);
        for (name, expected) in [
            ("test_bleu", 35.852_626_988_920_335),
            ("test_bleu_lowercase", 42.696_977_877_013_964),
            ("test_chrf", 56.607_059_873_574_926),
        ] {
            assert!(
                (figures[name] - expected).abs() < 1e-9,
                "{name} {}",
                figures[name]
            );
        }
        let signatures = score.signatures("test");
        assert_eq!(
            signatures.keys().collect::<Vec<_>>(),
            figures.keys().collect::<Vec<_>>()
        );
        assert!(signatures["test_bleu"].contains("case:mixed"));
        assert!(signatures["test_bleu_lowercase"].contains("case:lc"));

        // The worst first, by itself: nothing, then too little, then all but a capital, which does not count.
        let worst: Vec<usize> = score
            .worst(2)
            .iter()
            .map(|sentence| sentence.place)
            .collect();
        assert_eq!(worst, [2, 1]);
        assert_eq!(score.worst(100).len(), 3);
        assert!((score.sentences[0].score - 100.0).abs() < 1e-9);
        assert_eq!(score.sentences[2].score, 0.0);
        let printed = score.to_string();
        for text in ["BLEU = ", "lower-cased BLEU = ", "chrF2 = ", "3 sentences"] {
            assert!(printed.contains(text), "no {text} in {printed}");
        }
        let valid = score.figures("valid");
        for name in Score::valid_metrics(TranslationTask::Text) {
            assert!(valid.contains_key(*name), "{name}");
        }
    }

    #[test]
    fn a_word_is_right_where_one_of_its_pronunciations_is_met() {
        let part = part(&[
            ("read", &["R EH1 D", "R IY1 D"]),
            ("cat", &["K AE1 T"]),
            ("dog", &["D AO1 G"]),
            ("about", &["AH0 B AW1 T"]),
        ]);
        // Right by the second one; two phonemes wrong; another stress; right.
        let translations = ["R IY1 D", "K AH0 K", "D AO0 G", "AH0 B AW1 T"];
        let score = score(TranslationTask::Pronunciation, &part, &translations);
        let figures = score.figures("test");
        // Of 13 phonemes in the nearest pronunciations.
        for (name, expected) in [
            ("test_word_error", 2.0 / 4.0),
            ("test_phoneme_error", 3.0 / 13.0),
            ("test_word_error_without_stress", 1.0 / 4.0),
            ("test_phoneme_error_without_stress", 2.0 / 13.0),
        ] {
            assert!(
                (figures[name] - expected).abs() < 1e-12,
                "{name} {}",
                figures[name]
            );
        }
        assert!(score.signatures("test").is_empty());
        let worst: Vec<usize> = score
            .worst(3)
            .iter()
            .map(|sentence| sentence.place)
            .collect();
        assert_eq!(worst, [1, 2, 0], "equals in their order");
        assert!((score.sentences[1].score + 2.0 / 3.0).abs() < 1e-12);
        assert!(
            score.to_string().contains("with stress: word error 50.00%"),
            "{score}"
        );
        let valid = score.figures("valid");
        for name in Score::valid_metrics(TranslationTask::Pronunciation) {
            assert!(valid.contains_key(*name), "{name}");
        }
    }

    #[test]
    #[should_panic(expected = "a translation for each sentence")]
    fn there_is_a_translation_for_each_sentence() {
        let part = part(&[("eins", &["one"]), ("zwei", &["two"])]);
        Score::of(TranslationTask::Text, &part, |_| vec!["one".to_string()]);
    }
}
