//! Scores equal those of the real sacreBLEU, and those that follow from their definitions.
//!
//! The expected numbers are in `fixtures/sacrebleu.json`, made by `fixtures/make_sacrebleu_fixtures.py`.

use std::collections::HashSet;

use burn_recurrent_text::{
    Bleu, BleuCounts, BleuSmoothing, BleuTokenizer, Chrf, ChrfCounts, PronunciationScore,
    edit_distance, replace_unknown,
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixtures {
    sacrebleu: String,
    bleu_settings: Vec<BleuSettings>,
    chrf_settings: Vec<ChrfSettings>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct BleuSettings {
    tokenize: BleuTokenizer,
    smooth_method: String,
    smooth_value: Option<f64>,
    lowercase: bool,
    effective_order: bool,
}

#[derive(Deserialize)]
struct ChrfSettings {
    word_order: usize,
    char_order: usize,
    beta: u32,
    lowercase: bool,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    sentences: Vec<Sentence>,
    bleu: Vec<Expected>,
    chrf: Vec<Expected>,
}

#[derive(Deserialize)]
struct Sentence {
    hypothesis: String,
    references: Vec<String>,
}

#[derive(Deserialize)]
struct Expected {
    settings: usize,
    score: f64,
    #[serde(default)]
    precisions: Vec<f64>,
    text: String,
    signature: String,
    sentences: Vec<f64>,
}

fn fixtures() -> Fixtures {
    serde_json::from_str(include_str!("../fixtures/sacrebleu.json")).unwrap()
}

impl BleuSettings {
    fn bleu(&self) -> Bleu {
        let smoothing = match self.smooth_method.as_str() {
            "none" => BleuSmoothing::None,
            "exp" => BleuSmoothing::Exponential,
            "floor" => BleuSmoothing::Floor(self.smooth_value.unwrap_or(0.1)),
            "add-k" => BleuSmoothing::AddK(self.smooth_value.unwrap_or(1.0)),
            other => panic!("no smoothing {other:?}"),
        };
        Bleu {
            tokenizer: self.tokenize,
            smoothing,
            lowercase: self.lowercase,
            effective_order: self.effective_order,
        }
    }
}

impl ChrfSettings {
    fn chrf(&self) -> Chrf {
        Chrf {
            character_order: self.char_order,
            word_order: self.word_order,
            beta: self.beta,
            lowercase: self.lowercase,
        }
    }
}

/// The logarithms are added in the same order, so that only the last bits may differ.
fn assert_near(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() <= 1e-11 * (1.0 + expected),
        "{what}: {found}, sacreBLEU has {expected}"
    );
}

/// A signature with the other program's version in place of ours.
fn with_version(signature: &str, version: &str) -> String {
    let (settings, ours) = signature.split_once("|version:").unwrap();
    assert_eq!(
        ours,
        concat!("burn-recurrent-text-", env!("CARGO_PKG_VERSION"))
    );
    format!("{settings}|version:{version}")
}

#[test]
fn bleu_equals_sacrebleu() {
    let fixtures = fixtures();
    let mut used = HashSet::new();
    for case in &fixtures.cases {
        for expected in &case.bleu {
            used.insert(expected.settings);
            let bleu = fixtures.bleu_settings[expected.settings].bleu();
            let mut counts = BleuCounts::default();
            for sentence in &case.sentences {
                bleu.add(&mut counts, &sentence.hypothesis, &sentence.references)
                    .unwrap();
            }
            let score = bleu.score(&counts);
            let what = format!("{}, {bleu:?}", case.name);
            assert_near(score.score, expected.score, &what);
            for (found, expected) in score.precisions.iter().zip(&expected.precisions) {
                assert_near(*found, *expected, &what);
            }
            assert_eq!(score.to_string(), expected.text, "{what}");
            let signature = with_version(&bleu.signature(&counts), &fixtures.sacrebleu);
            assert_eq!(signature, expected.signature, "{what}");
            for (sentence, &expected) in case.sentences.iter().zip(&expected.sentences) {
                let found = bleu.sentence(&sentence.hypothesis, &sentence.references);
                assert_near(found.unwrap().score, expected, &what);
            }
        }
    }
    assert_eq!(used.len(), fixtures.bleu_settings.len());
}

#[test]
fn chrf_equals_sacrebleu() {
    let fixtures = fixtures();
    for case in &fixtures.cases {
        assert_eq!(case.chrf.len(), fixtures.chrf_settings.len());
        for expected in &case.chrf {
            let chrf = fixtures.chrf_settings[expected.settings].chrf();
            let mut counts = ChrfCounts::default();
            for sentence in &case.sentences {
                chrf.add(&mut counts, &sentence.hypothesis, &sentence.references)
                    .unwrap();
            }
            let score = chrf.score(&counts);
            let what = format!("{}, {chrf:?}", case.name);
            assert_near(score.score, expected.score, &what);
            assert_eq!(score.to_string(), expected.text, "{what}");
            let signature = with_version(&chrf.signature(&counts), &fixtures.sacrebleu);
            assert_eq!(signature, expected.signature, "{what}");
            for (sentence, &expected) in case.sentences.iter().zip(&expected.sentences) {
                let found = chrf.sentence(&sentence.hypothesis, &sentence.references);
                assert_near(found.unwrap().score, expected, &what);
            }
        }
    }
}

#[test]
fn counts_of_parts_add_up_to_those_of_the_whole() {
    let fixtures = fixtures();
    let (bleu, chrf) = (Bleu::default(), Chrf::plus_plus());
    let (mut whole, mut parts) = (BleuCounts::default(), Vec::new());
    let (mut whole_chrf, mut parts_chrf) = (ChrfCounts::default(), Vec::new());
    for sentence in fixtures.cases.iter().flat_map(|case| &case.sentences) {
        let (hypothesis, references) = (&sentence.hypothesis, &sentence.references);
        bleu.add(&mut whole, hypothesis, references).unwrap();
        chrf.add(&mut whole_chrf, hypothesis, references).unwrap();
        let (mut part, mut part_chrf) = Default::default();
        bleu.add(&mut part, hypothesis, references).unwrap();
        chrf.add(&mut part_chrf, hypothesis, references).unwrap();
        parts.push(part);
        parts_chrf.push(part_chrf);
    }
    assert!(whole.sentences > 100);
    assert_eq!(parts.into_iter().sum::<BleuCounts>(), whole);
    assert_eq!(parts_chrf.into_iter().sum::<ChrfCounts>(), whole_chrf);
}

#[test]
fn no_sentence_scores_nothing_and_no_reference_is_an_error() {
    let none: [(&str, &[&str]); 0] = [];
    assert_eq!(Bleu::default().corpus(none).unwrap().score, 0.0);
    assert_eq!(Chrf::default().corpus(none).unwrap().score, 0.0);

    let sentences: [(&str, &[&str]); 2] = [("a b", &["a b"]), ("c d", &[])];
    let error = Bleu::default().corpus(sentences).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sentence 2 has no reference, expected at least one"
    );
    assert_eq!(Chrf::default().corpus(sentences).unwrap_err(), error);
    let mut score = PronunciationScore::default();
    let none: [Vec<&str>; 0] = [];
    assert!(score.add(&["AH0"], &none).is_err());
    assert_eq!(score, PronunciationScore::default());
}

#[test]
fn the_nearest_pronunciation_is_the_one_that_edits_are_counted_against() {
    let tomato = [
        vec!["T", "AH0", "M", "EY1", "T", "OW2"],
        vec!["T", "AH0", "M", "AA1", "T", "OW2"],
    ];
    let mut score = PronunciationScore::default();
    score
        .add(&["T", "AH0", "M", "AA1", "T", "OW0"], &tomato)
        .unwrap();
    let with_stress = score.with_stress;
    assert_eq!(
        (
            with_stress.wrong_words,
            with_stress.edits,
            with_stress.phonemes
        ),
        (1, 1, 6)
    );
    assert_eq!(score.without_stress.word_error(), Some(0.0));

    // Nothing predicted: all phonemes are missing, and the shortest pronunciation is the nearest.
    let nothing: [&str; 0] = [];
    score
        .add(&nothing, &[vec!["K", "AE1", "T"], vec!["K", "T"]])
        .unwrap();
    assert_eq!(
        (score.with_stress.edits, score.with_stress.phonemes),
        (3, 8)
    );
    assert_eq!(score.with_stress.phoneme_error(), Some(3.0 / 8.0));
    assert_eq!(score.without_stress.word_error(), Some(0.5));
    assert_eq!(PronunciationScore::default().with_stress.word_error(), None);
    assert_eq!(
        PronunciationScore::default().with_stress.phoneme_error(),
        None
    );
}

#[test]
fn unknown_words_are_the_source_words_with_the_most_attention() {
    let translation = ["Mrs", "<unk>", "met", "<unk>", "."];
    let source = ["Frau", "Müller", "traf", "Jörg", "."];
    #[rustfmt::skip]
    let attention = [
        0.9, 0.1, 0.0, 0.0, 0.0, 0.0,
        0.1, 0.8, 0.0, 0.1, 0.0, 0.0,
        0.0, 0.0, 1.0, 0.0, 0.0, 0.0,
        // The mark at the end of the source has the most, but it is no word; of the equal ones the first counts.
        0.0, 0.0, f32::NAN, 0.2, 0.2, 0.6,
        0.0, 0.0, 0.0, 0.0, 0.0, 1.0,
    ];
    let replaced = replace_unknown(&translation, "<unk>", &source, &attention, 6);
    assert_eq!(replaced, ["Mrs", "Müller", "met", "Jörg", "."]);

    let nothing: [&str; 0] = [];
    let replaced = replace_unknown(&["<unk>"], "<unk>", &nothing, &[1.0], 1);
    assert_eq!(replaced, ["<unk>"]);
    assert!(replace_unknown(&nothing, "<unk>", &source, &[], 5).is_empty());
}

/// The recursive definition of the Levenshtein distance.
fn by_definition(one: &[u8], other: &[u8]) -> usize {
    match (one, other) {
        ([], rest) | (rest, []) => rest.len(),
        ([a, one @ ..], [b, other @ ..]) if a == b => by_definition(one, other),
        ([_, one_rest @ ..], [_, other_rest @ ..]) => {
            1 + by_definition(one_rest, other)
                .min(by_definition(one, other_rest))
                .min(by_definition(one_rest, other_rest))
        }
    }
}

fn line() -> impl Strategy<Value = String> {
    proptest::collection::vec("[a-zA-Z0-9äß.,!?$&'\"-]{1,6}", 0..12)
        .prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn edit_distance_is_a_distance(
        a in proptest::collection::vec(0u8..3, 0..7),
        b in proptest::collection::vec(0u8..3, 0..7),
        c in proptest::collection::vec(0u8..3, 0..7),
    ) {
        prop_assert_eq!(edit_distance(&a, &b), by_definition(&a, &b));
        prop_assert_eq!(edit_distance(&a, &b), edit_distance(&b, &a));
        prop_assert_eq!(edit_distance(&a, &b) == 0, a == b);
        prop_assert!(edit_distance(&a, &c) <= edit_distance(&a, &b) + edit_distance(&b, &c));
    }

    #[test]
    fn a_text_scores_100_against_itself_and_never_more(
        lines in proptest::collection::vec(line(), 1..6),
        others in proptest::collection::vec(line(), 6),
    ) {
        let references: Vec<[&String; 1]> = lines.iter().map(|line| [line]).collect();
        let itself = || lines.iter().zip(references.iter().map(|one| one.as_slice()));
        let bleu = Bleu::default().corpus(itself()).unwrap();
        if bleu.counts.total[3] > 0 {
            prop_assert!((bleu.score - 100.0).abs() < 1e-9, "{}", bleu);
        }
        let chrf = Chrf::plus_plus().corpus(itself()).unwrap();
        let empty = lines.iter().all(String::is_empty);
        prop_assert!((chrf.score - if empty { 0.0 } else { 100.0 }).abs() < 1e-9, "{}", chrf);

        let other = others.iter().zip(references.iter().map(|one| one.as_slice()));
        for score in [
            Bleu::default().corpus(other.clone()).unwrap().score,
            Chrf::default().corpus(other).unwrap().score,
        ] {
            prop_assert!((0.0..=100.0 + 1e-9).contains(&score), "{}", score);
        }
    }
}
