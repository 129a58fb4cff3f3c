//! n-gram models against an independent implementation, against what must hold for any stream, and on real text.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use burn_recurrent_models::ngram::{
    NgramConfig, NgramError, NgramModel, NgramRecord, OrderRecord, Smoothing,
};
use proptest::prelude::*;

/// Three sentences over `<eos>`, "a", "b" and a type that is never seen.
const TINY: [u32; 9] = [1, 2, 0, 1, 1, 2, 0, 2, 0];

fn tiny(order: usize, smoothing: Smoothing) -> NgramModel {
    NgramConfig::new(order, smoothing)
        .train(&TINY, 4, Some(0))
        .unwrap()
}

fn assert_close(actual: &[f64], expected: &[f64], what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!(
            (a - e).abs() <= 1e-12 * e.abs() + 1e-15,
            "{what}, token {i}: {a} instead of {e}"
        );
    }
}

#[test]
fn kneser_ney_of_three_sentences_is_what_one_gets_by_hand() {
    let model = tiny(2, Smoothing::KneserNey);
    // Tokens seen before: 1 before 0, 2 before 1 and before 2 (the start of a sentence is one), none before 3. No
    // count of counts reaches 4, so the discounts are 0.5, 1 and 1.5; they free 2.5 of 5.
    let unigrams = [
        0.5 / 5.0 + 0.5 / 4.0,
        1.0 / 5.0 + 0.5 / 4.0,
        1.0 / 5.0 + 0.5 / 4.0,
        0.5 / 4.0,
    ];
    assert_close(&model.distribution(&[]), &unigrams, "no context");
    // After 1: once 1, twice 2. The discounts free 0.5 + 1 of 3.
    let after_1 = [
        0.5 * unigrams[0],
        0.5 / 3.0 + 0.5 * unigrams[1],
        1.0 / 3.0 + 0.5 * unigrams[2],
        0.5 * unigrams[3],
    ];
    assert_close(&model.distribution(&[1]), &after_1, "after 1");
    // Nothing ever followed 3.
    assert_close(&model.distribution(&[3]), &unigrams, "after 3");
}

#[test]
fn stupid_backoff_pays_for_each_token_that_the_context_loses() {
    let model = tiny(3, Smoothing::StupidBackoff { alpha: 0.4 });
    assert_eq!(model.probability(&[1, 1], 2), 1.0);
    let values = [model.probability(&[2, 2], 1), model.probability(&[3, 1], 2)];
    assert_close(&values, &[0.4 * 0.4 * 3.0 / 9.0, 0.4 * 2.0 / 3.0], "scores");
    assert_eq!(model.log_probability(&[1, 1], 3), f64::NEG_INFINITY);
}

#[test]
fn stupid_backoff_gives_no_cross_entropy() {
    let model = tiny(3, Smoothing::StupidBackoff { alpha: 0.4 });
    assert!(matches!(
        model.cross_entropy(&TINY),
        Err(NgramError::NotNormalised)
    ));
    // But one can draw from it.
    let sum: f64 = model.distribution(&[2, 2]).iter().sum();
    assert!((sum - 1.0).abs() < 1e-12);
}

#[test]
fn values_are_those_of_the_definitions() {
    let mut streams = HashMap::new();
    let mut model = None;
    let mut num_checked = 0;
    for (number, line) in include_str!("fixtures/ngram.tsv").lines().enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        let ids = |field: &str| -> Vec<u32> {
            field
                .split_whitespace()
                .map(|id| id.parse().unwrap())
                .collect()
        };
        match fields[0] {
            "stream" => {
                let vocabulary: usize = fields[3].parse().unwrap();
                streams.insert(
                    fields[1],
                    (fields[2].parse().ok(), vocabulary, ids(fields[4])),
                );
            }
            "model" => {
                let (eos, vocabulary, tokens) = &streams[fields[1]];
                let parameter: f64 = fields[3].parse().unwrap();
                let smoothing = match fields[2] {
                    "add-k" => Smoothing::AddK { k: parameter },
                    "stupid-backoff" => Smoothing::StupidBackoff { alpha: parameter },
                    "katz" => Smoothing::Katz {
                        threshold: parameter as u32,
                    },
                    "kneser-ney" => Smoothing::KneserNey,
                    other => panic!("smoothing {other}"),
                };
                let config = NgramConfig::new(fields[4].parse().unwrap(), smoothing)
                    .with_min_counts(ids(fields[5]));
                model = Some(config.train(tokens, *vocabulary, *eos).unwrap());
            }
            _ => {
                let model = model.as_ref().unwrap();
                let context = ids(fields[1]);
                let expected: Vec<f64> = fields[2].split(' ').map(|v| v.parse().unwrap()).collect();
                let values: Vec<f64> = (0..expected.len() as u32)
                    .map(|token| model.probability(&context, token))
                    .collect();
                let what = format!("line {}, {model}", number + 1);
                assert_close(&values, &expected, &what);
                num_checked += 1;
            }
        }
    }
    assert!(
        num_checked > 900,
        "only {num_checked} contexts in the fixture"
    );
}

#[test]
fn all_predicted_tokens_are_counted_and_no_other() {
    let model = tiny(3, Smoothing::KneserNey);
    let score = model.cross_entropy(&TINY).unwrap();
    assert_eq!(score.tokens, 9);
    let by_hand = -[
        (&[0][..], 1),
        (&[0, 1], 2),
        (&[1, 2], 0),
        (&[0], 1),
        (&[0, 1], 1),
        (&[1, 1], 2),
        (&[1, 2], 0),
        (&[0], 2),
        (&[0, 2], 0),
    ]
    .map(|(context, token)| model.log_probability(context, token))
    .iter()
    .sum::<f64>();
    assert!((score.nats - by_hand).abs() < 1e-12);

    // In two parts, the second after the first.
    let first = model.cross_entropy(&TINY[..4]).unwrap();
    let second = model.cross_entropy_after(&TINY[..4], &TINY[4..]).unwrap();
    assert_eq!(first.tokens + second.tokens, 9);
    assert!((first.nats + second.nats - by_hand).abs() < 1e-12);

    let nothing = model.cross_entropy(&[]).unwrap();
    assert_eq!((nothing.tokens, nothing.perplexity()), (0, None));
}

#[test]
fn nothing_before_the_last_end_of_sentence_matters() {
    let model = tiny(4, Smoothing::Katz { threshold: 5 });
    assert_eq!(
        model.distribution(&[1, 0, 1]),
        model.distribution(&[2, 0, 1])
    );
    assert_eq!(model.distribution(&[1, 2, 0]), model.distribution(&[0]));
    // The start of a sentence is not the empty context.
    assert_ne!(model.distribution(&[0]), model.distribution(&[]));
}

#[test]
fn a_likely_sentence_scores_above_an_unlikely_one() {
    let model = tiny(3, Smoothing::KneserNey);
    let likely = model.cross_entropy(&[1, 1, 2, 0]).unwrap();
    let unlikely = model.cross_entropy(&[2, 1, 1, 0]).unwrap();
    assert!(likely.nats < unlikely.nats);
}

#[test]
fn the_number_of_ngrams_is_that_of_the_different_ones() {
    // <s>1 12 20 11 <s>2 and <s>12 120 <s>11 112 <s>20.
    assert_eq!(tiny(3, Smoothing::KneserNey).num_ngrams(), [3, 5, 5]);
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let refused = |config: NgramConfig| config.train(&TINY, 4, Some(0)).unwrap_err().to_string();
    let order = |order| refused(NgramConfig::new(order, Smoothing::KneserNey));
    assert_eq!(
        order(0),
        "n-gram setting `order` is 0, expected a number from 1 to 32"
    );
    assert_eq!(
        order(33),
        "n-gram setting `order` is 33, expected a number from 1 to 32"
    );
    for k in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(refused(NgramConfig::new(2, Smoothing::AddK { k })).contains("`k`"));
        let backoff = Smoothing::StupidBackoff { alpha: k };
        assert!(refused(NgramConfig::new(2, backoff)).contains("`alpha`"));
    }
    for threshold in [0, 1001] {
        assert!(
            refused(NgramConfig::new(2, Smoothing::Katz { threshold })).contains("`threshold`")
        );
    }
    for min_counts in [vec![1, 0], vec![1, 1, 1]] {
        let config = NgramConfig::new(2, Smoothing::KneserNey).with_min_counts(min_counts);
        assert!(refused(config).contains("`min_counts`"));
    }
}

#[test]
fn streams_that_cannot_be_counted_are_refused() {
    let config = NgramConfig::new(2, Smoothing::KneserNey);
    assert!(matches!(
        config.train(&[], 4, None),
        Err(NgramError::EmptyStream)
    ));
    assert!(matches!(
        config.train(&[0, 4], 4, None),
        Err(NgramError::OutOfVocabulary {
            token: 4,
            position: 1,
            vocabulary_size: 4
        })
    ));
    assert!(matches!(
        config.train(&TINY, 4, Some(4)),
        Err(NgramError::EndOfSentence { eos: 4, .. })
    ));
    assert!(matches!(
        config.train(&TINY, 0, None),
        Err(NgramError::VocabularySize { size: 0, .. })
    ));
    assert!(matches!(
        tiny(2, Smoothing::KneserNey).cross_entropy(&[1, 2, 9]),
        Err(NgramError::OutOfVocabulary {
            token: 9,
            position: 2,
            ..
        })
    ));
}

#[test]
#[should_panic(expected = "token 4 is not in the vocabulary, expected an id below 4")]
fn asking_for_an_unknown_token_panics() {
    tiny(2, Smoothing::KneserNey).probability(&[1], 4);
}

#[test]
fn records_that_no_stream_can_give_are_refused() {
    let record = tiny(3, Smoothing::KneserNey).to_record();
    assert_eq!(record.unigrams, [3, 3, 3, 0, 3]);
    assert!(NgramModel::from_record(record.clone()).is_ok());

    let refused = |change: &dyn Fn(&mut NgramRecord)| {
        let mut changed = record.clone();
        change(&mut changed);
        NgramModel::from_record(changed).unwrap_err().to_string()
    };
    assert!(refused(&|r| r.config.order = 4).contains("expected 3 for order 4"));
    assert!(refused(&|r| r.config.order = 0).contains("`order`"));
    assert!(refused(&|r| r.unigrams.clear()).contains("vocabulary"));
    assert!(refused(&|r| r.eos = Some(4)).contains("end-of-sentence"));
    assert!(refused(&|r| r.eos = Some(1)).contains("order 1"));
    assert!(refused(&|r| r.unigrams[3] = 1).contains("n-gram 3 of order 1"));
    assert!(refused(&|r| r.orders[0].counts[0] += 1).contains("order 1"));
    assert!(refused(&|r| r.orders[1].counts[0] += 1).contains("order 2"));
    assert!(refused(&|r| r.orders[0].counts[0] = 0).contains("never seen"));
    assert!(refused(&|r| r.orders[0].counts.truncate(1)).contains("counts"));
    assert!(refused(&|r| r.orders[0].starts.truncate(1)).contains("starts"));
    assert!(refused(&|r| r.orders[0].starts[1] = 99).contains("do not rise"));
    assert!(refused(&|r| r.orders[1].tokens[0] = 4).contains("expected ids below 4"));
    assert!(refused(&|r| r.orders[0].tokens.swap(0, 1)).contains("ascending"));
    assert!(refused(&|r| r.orders[1].tokens[0] = 3).contains("lacks"));
    assert!(refused(&|r| r.orders[1] = OrderRecord::default()).contains("starts"));
}

#[test]
fn a_stored_model_is_read_back_and_a_damaged_one_is_not() {
    for smoothing in [
        Smoothing::AddK { k: 0.1 },
        Smoothing::StupidBackoff { alpha: 0.4 },
        Smoothing::Katz { threshold: 5 },
        Smoothing::KneserNey,
    ] {
        let config = NgramConfig::new(3, smoothing).with_min_counts(vec![1, 1, 2]);
        for eos in [Some(0), None] {
            let record = config.train(&TINY, 4, eos).unwrap().to_record();
            let mut bytes = Vec::new();
            record.write_to(&mut bytes).unwrap();
            assert_eq!(NgramRecord::read_from(&bytes[..]).unwrap(), record);

            for i in 0..bytes.len() {
                let cut = NgramRecord::read_from(&bytes[..i]).unwrap_err();
                assert!(matches!(cut, NgramError::Format(_)), "cut at {i}: {cut}");
                for bit in [0x01, 0x80] {
                    let mut damaged = bytes.clone();
                    damaged[i] ^= bit;
                    let error = NgramRecord::read_from(&damaged[..]).unwrap_err();
                    assert!(matches!(error, NgramError::Format(_)), "byte {i}: {error}");
                }
            }
        }
    }
    let other = NgramRecord::read_from(&b"something else altogether"[..]).unwrap_err();
    assert_eq!(
        other.to_string(),
        "not a stored n-gram model: it does not begin with the mark of one"
    );
}

fn smoothing() -> impl Strategy<Value = Smoothing> {
    prop_oneof![
        (1e-3..3.0).prop_map(|k| Smoothing::AddK { k }),
        (0.1..1.0).prop_map(|alpha| Smoothing::StupidBackoff { alpha }),
        (1u32..8).prop_map(|threshold| Smoothing::Katz { threshold }),
        Just(Smoothing::KneserNey),
    ]
}

prop_compose! {
    /// A model of a random stream with few types, so that contexts repeat and some have seen all of them.
    fn trained()(
        (vocabulary, eos) in (1u32..6).prop_flat_map(|size| (Just(size), prop::option::of(0..size))),
        order in 1usize..6,
        smoothing in smoothing(),
        cuts in prop::collection::vec(1u32..4, 0..6),
        raw in prop::collection::vec(any::<u32>(), 1..300),
    ) -> (NgramModel, Vec<u32>) {
        // The smaller of two draws, so that some types are frequent and some rare.
        let tokens: Vec<u32> = raw.iter().map(|x| (x % vocabulary).min((x >> 16) % vocabulary)).collect();
        let cuts = cuts.into_iter().take(order).collect();
        let config = NgramConfig::new(order, smoothing).with_min_counts(cuts);
        (config.train(&tokens, vocabulary as usize, eos).unwrap(), tokens)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_distribution_sums_to_one_and_is_the_probabilities(
        (model, tokens) in trained(),
        contexts in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..7), 8),
    ) {
        let size = model.vocabulary_size() as u32;
        let seen = tokens.windows(4).take(20).map(<[u32]>::to_vec);
        let drawn = contexts.into_iter().map(|c| c.iter().map(|t| t % size).collect::<Vec<_>>());
        for context in seen.chain(drawn) {
            let distribution = model.distribution(&context);
            let sum: f64 = distribution.iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-9, "{model} sums to {sum} after {context:?}");
            let values: Vec<f64> = (0..size).map(|t| model.probability(&context, t)).collect();
            if model.config().smoothing.is_normalised() {
                for (p, v) in distribution.iter().zip(&values) {
                    prop_assert!(*v > 0.0 && (p - v).abs() <= 1e-12 * v, "{p} and {v}");
                }
            }
        }
    }

    #[test]
    fn a_record_gives_the_same_model((model, tokens) in trained()) {
        let record = model.to_record();
        let again = NgramModel::from_record(record.clone()).unwrap();
        prop_assert_eq!(again.to_record(), record);
        for context in tokens.windows(3).take(10) {
            prop_assert_eq!(again.distribution(context), model.distribution(context));
        }
    }

    #[test]
    fn a_changed_record_is_refused_or_still_a_model(
        (model, _) in trained(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0u32..8, any::<bool>()), 1..4),
    ) {
        let mut record = model.to_record();
        for (index, value, in_last) in changes {
            let mut arrays = vec![&mut record.unigrams];
            for order in &mut record.orders {
                arrays.extend([&mut order.starts, &mut order.tokens, &mut order.counts]);
            }
            let array = if in_last { arrays.pop().unwrap() } else { arrays.swap_remove(index.index(arrays.len())) };
            if !array.is_empty() {
                let at = index.index(array.len());
                array[at] = value;
            }
        }
        if let Ok(model) = NgramModel::from_record(record) {
            let sum: f64 = model.distribution(&[0]).iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-9, "{}", sum);
        }
    }
}

/// The three parts of the Penn Treebank text, each line ended by 0, `<eos>`, or `None` where the data is not there.
fn penn_treebank() -> Option<([Vec<u32>; 3], usize)> {
    let Some(folder) = std::env::var_os("BURN_RECURRENT_DATA") else {
        println!(
            "skipped: BURN_RECURRENT_DATA is not set, so there is no Penn Treebank text to train on"
        );
        return None;
    };
    let folder = Path::new(&folder).join("ptb");
    if !folder.is_dir() {
        let line = format!("skipped: {} is not there\n", folder.display());
        // Past the test runner, which keeps what a passing test prints to itself.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return None;
    }
    let mut ids = HashMap::from([("<eos>".to_string(), 0)]);
    let parts = ["train", "valid", "test"].map(|part| {
        let path = folder.join(format!("ptb.{part}.txt"));
        let text = std::fs::read_to_string(&path).unwrap();
        let mut tokens = Vec::new();
        for word in text
            .lines()
            .flat_map(|line| line.split_whitespace().chain(["<eos>"]))
        {
            let next = ids.len() as u32;
            tokens.push(*ids.entry(word.to_string()).or_insert(next));
        }
        tokens
    });
    Some((parts, ids.len()))
}

/// Test perplexities of SRILM's models in T. Mikolov et al., *Empirical Evaluation and Combination of Advanced Language
/// Modeling Techniques* (Interspeech 2011): Kneser-Ney 148.3 (3-gram) and 141.2 (5-gram), Good-Turing 165.2 and 162.3.
#[test]
fn perplexities_on_the_penn_treebank_are_the_published_ones() {
    let Some(([train, valid, test], vocabulary)) = penn_treebank() else {
        return;
    };
    let sizes = (train.len(), valid.len(), test.len(), vocabulary);
    assert_eq!(sizes, (929_589, 73_760, 82_430, 10_000));

    // Kneser-Ney with every n-gram; Good-Turing with SRILM's defaults, which discount counts up to 7 and leave out
    // n-grams of order 3 and more that were seen once.
    let good_turing = |order| {
        NgramConfig::new(order, Smoothing::Katz { threshold: 7 })
            .with_min_counts(vec![1, 1, 2, 2, 2][..order].to_vec())
    };
    for (config, published) in [
        (NgramConfig::new(3, Smoothing::KneserNey), 148.3),
        (NgramConfig::new(5, Smoothing::KneserNey), 141.2),
        (good_turing(3), 165.2),
        (good_turing(5), 162.3),
    ] {
        let model = config.train(&train, vocabulary, Some(0)).unwrap();
        let score = model.cross_entropy(&test).unwrap();
        assert_eq!(score.tokens, 82_430);
        let perplexity = score.perplexity().unwrap();
        let on_valid = model.cross_entropy(&valid).unwrap().perplexity().unwrap();
        println!("{model}: valid {on_valid:.2}, test {perplexity:.2}, published {published}");
        assert!(
            (perplexity - published).abs() < 0.1,
            "{model}: {perplexity}"
        );
    }
}
