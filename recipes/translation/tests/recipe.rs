//! The recipe from end to end, through its binary.

use crate::common::{Bench, CONFIG, LONG, Ran, Reversed, number, read_json};
use burn_recurrent_zoo::TrainedTranslator;
use serde_json::Value;
use std::time::Instant;

#[test]
fn a_run_learns_evaluates_and_translates() {
    let bench = Bench::with_pairs(1500);
    let trained = bench.train("run", &[LONG, &["--json"]].concat());
    let result = &trained.json()[0];
    assert_eq!(*result, read_json(&bench.path("run/result.json")));
    for key in [
        "test_bleu",
        "test_bleu_lowercase",
        "test_chrf",
        "test_perplexity",
        "valid_bleu",
        "valid_chrf",
        "tokens_per_second",
        "sentences_per_second",
        "wall_seconds",
        "seed",
    ] {
        assert!(number(result, key) > 0.0, "{key}");
    }
    assert!(number(result, "test_bleu") > 90.0, "{result}");
    let signature = result["signatures"]["test_bleu"].as_str().unwrap();
    for part in ["nrefs:1", "case:mixed", "tok:13a", "smooth:exp"] {
        assert!(signature.contains(part), "no {part} in {signature}");
    }
    let signature = result["signatures"]["test_bleu_lowercase"].as_str();
    assert!(signature.unwrap().contains("case:lc"));
    for name in ["train", "valid", "test"] {
        assert_eq!(result["datasets"][name].as_str().unwrap().len(), 64);
    }
    for file in [
        "config.toml",
        "model.json",
        "model.safetensors",
        "data.json",
        "metrics.jsonl",
        "vocabulary/source.json",
        "vocabulary/target.json",
    ] {
        assert!(bench.path("run").join(file).is_file(), "{file}");
    }
    let curves = std::fs::read_to_string(bench.path("run/curves.svg")).unwrap();
    assert!(curves.contains("bleu"));

    // What was trained is what is evaluated, loaded again.
    let line = &bench
        .run(&["evaluate", "--model", "run", "--json", "--worst", "3"])
        .json()[0];
    for key in ["test_bleu", "test_bleu_lowercase", "test_chrf"] {
        assert_eq!(line[key], result[key], "{key}");
    }
    assert_eq!(line["signatures"], result["signatures"]);
    assert_eq!(line["sentences"], 50);
    let worst = line["worst"].as_array().unwrap();
    let scores: Vec<f64> = worst
        .iter()
        .map(|sentence| number(sentence, "score"))
        .collect();
    assert!(scores.len() == 3 && scores.is_sorted(), "{scores:?}");
    let shown = bench.run(&["evaluate", "--model", "run", "--worst", "1"]);
    for text in ["BLEU = ", "chrF2 = ", "the worst sentences", "should be"] {
        assert!(shown.stdout.contains(text), "{}", shown.stdout);
    }

    // Each word of a translation looks at the word that it is the translation of.
    let source = "a b c d e f g h";
    let more = ["--json", "--attention", "x.svg"];
    let line = &bench.translate("run", format!("{source}\n"), &more).json()[0];
    let best = &line["translations"][0];
    assert_eq!(
        (&line["line"], &line["source"]),
        (&1.into(), &source.into())
    );
    assert_eq!(best["text"], "H G F E D C B A", "{line}");
    assert_eq!(best["tokens"].as_array().unwrap().len(), 8);
    let rows = best["attention"].as_array().unwrap();
    let most: Vec<usize> = rows.iter().map(most_attended).collect();
    let right = most
        .iter()
        .zip((0..8).rev())
        .filter(|(at, word)| *at == word);
    assert!(right.count() >= 6, "{most:?}");
    let picture = std::fs::read_to_string(bench.path("x.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains('H') && picture.contains('h'));

    // Another project does the same with the run directory.
    let device = burn::tensor::Device::flex();
    let translator = TrainedTranslator::load(bench.path("run"), &device).unwrap();
    let sources: Vec<String> = Reversed::pairs(50, 3).into_iter().map(|p| p.0).collect();
    let text = sources.join("\n") + "\n";
    let translated = bench.translate("run", &text, &[]).stdout;
    let expected = translator.translate(&sources);
    assert_eq!(translated.lines().collect::<Vec<_>>(), expected);
    let right = expected
        .iter()
        .zip(&sources)
        .filter(|(found, source)| **found == Reversed::translation(source));
    assert!(right.count() > 40, "{expected:?}");
}

fn most_attended(row: &Value) -> usize {
    let weights: Vec<f64> = row
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w.as_f64().unwrap())
        .collect();
    let most = |best: usize, at: usize| {
        if weights[at] > weights[best] {
            at
        } else {
            best
        }
    };
    (0..weights.len()).reduce(most).unwrap()
}

#[test]
fn the_bundled_sentences_are_trained_on_in_both_directions() {
    let bench = Bench::new();
    for (run, reversed, source) in [
        ("de-en", "", "Der Hund schläft."),
        ("en-de", ", reversed=true", "The dog sleeps."),
    ] {
        let data = format!(
            "data.source={{kind=\"grammar\", seed=1, train_sentences=150, valid_sentences=10, test_sentences=12{reversed}}}"
        );
        let ran = bench.run(&[
            "train",
            "--quiet",
            "--json",
            "--run",
            run,
            "--set",
            &data,
            "--set",
            "model.d_embedding=12",
            "--set",
            "model.d_hidden=16",
            "--set",
            "training.epochs=1",
        ]);
        let result = &ran.json()[0];
        assert!(number(result, "test_perplexity") > 1.0, "{result}");
        let line = &bench.run(&["evaluate", "--model", run, "--json"]).json()[0];
        assert_eq!(line["sentences"], 12);
        assert_eq!(line["test_chrf"], result["test_chrf"]);
        assert_eq!(bench.translate(run, source, &[]).stdout.lines().count(), 1);
    }
}

#[test]
fn every_kind_of_model_trains_and_translates() {
    let bench = Bench::with_pairs(60);
    let model = "d_hidden = 32";
    let plain = "d_hidden = 32\nattention = \"none\"\ninput_feeding = false\nbidirectional = false\nbridge = \"copy\"";
    let tokens = "source = { unit = \"symbol\" }\ntarget = { unit = \"symbol\" }";
    for (index, (from, to)) in [
        (model, format!("{plain}\nencoder_cell = \"lstm\"\ndecoder_cell = \"lstm\"\nencoder_layers = 2\ndecoder_layers = 2\nreverse_source = true")),
        (model, format!("{plain}\nshared_recurrent = true")),
        (model, format!("{plain}\nsummary = true\ntied = false")),
        (model, "d_hidden = 32\nattention = \"dot\"\ninput_feeding = false".to_string()),
        (model, "d_hidden = 32\nattention = \"general\"\nbridge = \"final\"\nd_attended = 12".to_string()),
        (model, "d_hidden = 32\nattention = \"concat\"\nd_attention = 8\nsummary = true\nvariational_dropout = true\ndropout_output = 0.2".to_string()),
        (model, "d_hidden = 32\nlabel_smoothing = 0.1\nword_dropout_source = 0.1\nword_dropout_target = 0.1\nweight_drop = 0.1".to_string()),
        ("[batches]", "[sampling]\nfrom = 0.1\nto = 0.4\nepochs = 3\n[batches]".to_string()),
        ("[batches]", "[search]\nbeam = 3\ncoverage_penalty = 0.2\n[batches]".to_string()),
        ("tokens = 100", "tokens = 100\nsentences = 3\nloss = \"per-sentence\"".to_string()),
        (tokens, "both = { unit = \"word\", lowercase = true }\n[model]\nshared_embeddings = true".to_string()),
        (tokens, "source = { unit = \"character\" }\ntarget = { unit = \"word\", min_count = 2 }".to_string()),
        (tokens, "both = { unit = \"bpe\", size = 280 }".to_string()),
        (tokens, "source = { unit = \"unigram\", size = 280 }\ntarget = { unit = \"bpe\", size = 280, lowercase = true, compose = true }".to_string()),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(CONFIG.contains(from), "{from}");
        let mut config = CONFIG.replace(from, &to);
        if to.contains("[model]") {
            config = config.replacen("\n\n[model]\n", "\n", 1);
        }
        bench.write("config.toml", config);
        let run = format!("run-{index}");
        let ran = bench.train(&run, &["--json"]);
        assert!(number(&ran.json()[0], "test_perplexity") > 1.0, "{to}");
        let translated = bench.translate(&run, "a b c d\nh\n", &["--beam", "2"]);
        assert_eq!(translated.stdout.lines().count(), 2, "{to}: {}", translated.stderr);
    }
}

#[test]
fn files_of_ones_own_are_trained_on_packed_or_not() {
    let bench = Bench::with_pairs(60);
    for name in ["train", "valid"] {
        let pairs = Reversed::pairs(60, 7);
        let side = |of: fn(&(String, String)) -> &String| {
            pairs
                .iter()
                .map(|pair| of(pair).clone() + "\n")
                .collect::<String>()
        };
        bench.write(&format!("{name}.de"), side(|pair| &pair.0));
        bench.write(&format!("{name}.en"), side(|pair| &pair.1));
    }
    let source = "data.source={kind=\"files\", train={source=\"train.de\", target=\"train.en\"}, valid={source=\"valid.de\", target=\"valid.en\"}}";
    let result = &bench.train("files", &["--json", "--set", source]).json()[0];
    // Without test data the validation data stand in for them.
    assert!(result.get("test_bleu").is_none() && result.get("valid_perplexity").is_some());
    // Other columns, with names in the first line.
    let columns = |name: &str, seed: u64| {
        let lines = Reversed::pairs(60, seed).into_iter();
        let lines = lines.map(|(source, target)| format!("x\t{target}\ty\t{source}\n"));
        let text = format!("n\ten\tm\tde\n{}", lines.collect::<String>());
        bench.write(name, text);
    };
    columns("t.tsv", 7);
    columns("v.tsv", 7);
    let source = "data.source={kind=\"tsv\", train=\"t.tsv\", valid=\"v.tsv\", source=3, target=1, header=true}";
    let same = &bench.train("columns", &["--json", "--set", source]).json()[0];
    for key in ["valid_perplexity", "valid_chrf", "datasets"] {
        assert_eq!(same[key], result[key], "{key}");
    }
}

#[test]
fn spelling_is_judged_by_words_and_phonemes() {
    let bench = Bench::with_pairs(60);
    let config = CONFIG
        .replace("[data]", "[data]\ntask = \"pronunciation\"")
        .replace(
            "valid_bleu\", direction = \"maximize",
            "valid_phoneme_error\", direction = \"minimize",
        );
    bench.write("config.toml", config);
    let result = &bench.train("run", &["--json"]).json()[0];
    for key in [
        "test_word_error",
        "test_phoneme_error",
        "test_word_error_without_stress",
        "valid_word_error",
    ] {
        assert!(number(result, key) >= 0.0, "{key}");
    }
    assert!(result.get("test_bleu").is_none());
    let shown = bench.run(&["evaluate", "--model", "run"]).stdout;
    assert!(shown.contains("with stress: word error"), "{shown}");
}

/// A line of figures without those that say how fast it went.
fn without_times(mut line: Value) -> Value {
    let fields = line.as_object_mut().unwrap();
    for key in [
        "seconds",
        "tokens_per_second",
        "sentences_per_second",
        "wall_seconds",
        "train_seconds",
    ] {
        fields.remove(key);
    }
    line
}

#[cfg(unix)]
#[test]
fn killed_at_any_moment_and_resumed_a_run_ends_with_the_same_bytes() {
    let bench = Bench::with_pairs(250);
    bench.write(
        "config.toml",
        CONFIG
            .replace("epochs = 1", "epochs = 3\ncheckpoint = { every_steps = 7 }\nschedule = { kind = \"plateau\", factor = 0.5, patience = 1 }")
            .replace("[batches]", "[sampling]\nto = 0.2\n[batches]")
            .replace("dropout_embedding = 0.05", "dropout_embedding = 0.3\ndropout_output = 0.3\nword_dropout_source = 0.1"),
    );
    let started = Instant::now();
    assert_eq!(bench.train("whole", &[]).code, Some(0));
    let whole = started.elapsed();
    let arguments = ["train", "config.toml", "--quiet", "--run", "killed"];
    let kills = bench.train_killed(&arguments, whole);
    assert!(kills > 0, "the run was over before it could be killed");
    let same = |run: &str| {
        for file in [
            "model.safetensors",
            "model.json",
            "curves.svg",
            "data.json",
            "config.toml",
            "vocabulary/source.json",
        ] {
            let read = |run: &str| std::fs::read(bench.path(run).join(file)).unwrap();
            assert!(
                read("whole") == read(run),
                "{file} differs in {run} after {kills} kills"
            );
        }
        let metrics = |run: &str| -> Vec<Value> {
            let text = std::fs::read_to_string(bench.path(run).join("metrics.jsonl")).unwrap();
            let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
            lines.map(without_times).collect()
        };
        assert_eq!(metrics("whole"), metrics(run));
        let result = |run: &str| without_times(read_json(&bench.path(run).join("result.json")));
        assert_eq!(result("whole"), result(run));
    };
    same("killed");
    // The seed decides everything, whatever the number of threads.
    let mut command = bench.command(&[&arguments[..4], &["again"]].concat());
    command
        .env("BURN_RECURRENT_THREADS", "1")
        .env("RAYON_NUM_THREADS", "1");
    let again = Ran::new(command.output().unwrap());
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    same("again");
    let other = bench.train("other", &["--set", "training.seed=2"]);
    assert_eq!(other.code, Some(0));
    let weights = |run: &str| std::fs::read(bench.path(run).join("model.safetensors")).unwrap();
    assert!(weights("other") != weights("whole"));

    // One that has ended stays as it is.
    let before = weights("whole");
    let resumed = bench.run(&["train", "--run", "whole", "--resume", "--json"]);
    assert_eq!(resumed.json().len(), 1);
    assert!(weights("whole") == before);
}

#[test]
fn progress_goes_to_standard_error_and_the_result_to_standard_output() {
    let bench = Bench::with_pairs(60);
    let ran = bench.run(&["train", "config.toml", "--run", "run", "--json"]);
    assert_eq!(ran.stdout.lines().count(), 1);
    for text in [
        "epoch 1",
        "bleu ",
        "60 pairs",
        "target tokens",
        "to validate on",
    ] {
        assert!(ran.stderr.contains(text), "no `{text}` in: {}", ran.stderr);
    }
}
