//! `evaluate --mix`, through the binary.

use crate::common::{Bench, number, train};
use burn::tensor::Device;
use burn_recurrent_models::LanguageModel;
use burn_recurrent_text::boundary;
use burn_recurrent_zoo::TrainedLanguageModel;

const TRAIN: &str =
    "the cat sat near the river .\nthe dog saw the cat .\na cat saw a dog near the river .\n";
const VALID: &str = "the dog sat near the river .\na cat saw the dog .\n";
const TEST: &str = "a dog saw the river .\nthe cat sat .\n";

/// A bench with three texts.
fn bench() -> Bench {
    let bench = Bench::new();
    // Often enough to fill the windows of a training.
    bench.write("train.txt", TRAIN.repeat(20));
    bench.write("valid.txt", VALID);
    bench.write("test.txt", TEST);
    bench
}

const SOURCE: &str =
    "data.source={kind=\"files\", train=\"train.txt\", valid=\"valid.txt\", test=\"test.txt\"}";

fn train_recurrent(bench: &Bench) {
    let more = [
        "--set",
        SOURCE,
        "--set",
        "evaluation.lanes=1",
        "--set",
        "data.unknown=true",
    ];
    let ran = bench.run(&train("lstm", &more));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

/// Counts an n-gram model of order 2, of this table of data.
fn count(bench: &Bench, run: &str, data: &str) {
    let config = format!(
        "[data]\n{data}\n[model]\nkind = \"ngram\"\norder = 2\nsmoothing = {{ add-k = {{ k = 0.1 }} }}\n"
    );
    bench.write("ngram.toml", config);
    let ran = bench.run(&["train", "ngram.toml", "--quiet", "--run", run]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

fn files(unit: &str, train: &str, valid: &str) -> String {
    format!(
        "unit = \"{unit}\"\nunknown = true\n\
         source = {{ kind = \"files\", train = \"{train}\", valid = \"{valid}\", test = \"test.txt\" }}"
    )
}

#[test]
fn two_models_are_mixed_by_the_weight_that_is_best_on_validation_data() {
    let bench = bench();
    train_recurrent(&bench);
    count(&bench, "ngram", &files("word", "train.txt", "valid.txt"));
    let mixed = bench.run(&["evaluate", "--model", "ngram", "--mix", "lstm", "--json"]);
    let line = &mixed.json()[0];
    let weight = number(line, "weight");
    assert!((0.0..=1.0).contains(&weight), "{line}");
    assert_eq!(line["weight_chosen_on"], "valid");
    let best = number(line, "valid_perplexity");
    for part in ["model", "mix"] {
        assert!(
            best <= number(line, &format!("{part}_valid_perplexity")),
            "{line}"
        );
    }
    // The parts are what `evaluate` makes of each.
    for (part, run) in [("model", "ngram"), ("mix", "lstm")] {
        for split in ["valid", "test"] {
            let alone = bench.run(&["evaluate", "--model", run, "--split", split, "--json"]);
            let expected = number(&alone.json()[0], &format!("{split}_perplexity"));
            let found = number(line, &format!("{part}_{split}_perplexity"));
            assert!((found / expected - 1.0).abs() < 1e-6, "{found}, {expected}");
        }
    }

    // The mixture by the definition, and no other weight is better on the validation text.
    let device = Device::flex();
    let models =
        ["ngram", "lstm"].map(|run| TrainedLanguageModel::load(bench.path(run), &device).unwrap());
    let perplexity = |text: &str, weight: f64| {
        let [p, q] = models.each_ref().map(|model| {
            let vocabulary = model.vocabulary();
            let context = [boundary(vocabulary).unwrap()];
            let tokens = vocabulary.encode(text).unwrap();
            model.model().log_probabilities(&context, &tokens)
        });
        let mixed = p.iter().zip(&q);
        let mixed = mixed.map(|(p, q)| (weight * p.exp() + (1.0 - weight) * q.exp()).ln());
        (-mixed.sum::<f64>() / p.len() as f64).exp()
    };
    for (key, text) in [("valid_perplexity", VALID), ("test_perplexity", TEST)] {
        let (found, expected) = (number(line, key), perplexity(text, weight));
        assert!(
            (found / expected - 1.0).abs() < 1e-6,
            "{key}: {found}, {expected}"
        );
    }
    for step in 0..=20 {
        let other = perplexity(VALID, f64::from(step) / 20.0);
        assert!(best <= other * (1.0 + 1e-9), "{step}: {other}, {line}");
    }

    let shown = bench
        .run(&["evaluate", "--model", "ngram", "--mix", "lstm"])
        .stdout;
    for part in [
        "of ngram",
        "of lstm",
        "of the mixture",
        "weights, chosen on the validation split",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(shown.lines().count(), 7, "{shown}");
    let on_valid = [
        "evaluate", "--model", "ngram", "--mix", "lstm", "--split", "valid",
    ];
    assert_eq!(bench.run(&on_valid).stdout.lines().count(), 4);
}

#[test]
fn models_of_other_tokens_or_texts_are_not_mixed() {
    let bench = bench();
    bench.write("fewer.txt", "the cat sat near the river .\n");
    bench.write("other.txt", TRAIN.replace("dog", "fox"));
    count(&bench, "a", &files("word", "train.txt", "valid.txt"));
    let refused = |run: &str, data: &str, messages: &[&str]| {
        count(&bench, run, data);
        let ran = bench.run(&["evaluate", "--model", "a", "--mix", run]);
        ran.fails(2, &[&["`a`", run, "`[data]`"], messages].concat());
    };
    refused(
        "characters",
        &files("character", "train.txt", "valid.txt"),
        &["one is of words, the other of characters"],
    );
    let fewer = files("word", "fewer.txt", "valid.txt");
    refused("fewer", &fewer, &["one has", "the other"]);
    let other = files("word", "other.txt", "valid.txt");
    refused("other", &other, &["\"dog\", and \"fox\""]);
    let known = files("word", "train.txt", "train.txt")
        .replace("unknown = true\n", "")
        .replace("test.txt", "train.txt");
    refused("known", &known, &["<unk>"]);
    let valid = files("word", "train.txt", "test.txt");
    refused("valid", &valid, &["the valid split", "SHA-256"]);
    let ran = bench.run(&["evaluate", "--model", "a", "--mix", "nowhere"]);
    ran.fails(2, &["`nowhere`"]);
}
