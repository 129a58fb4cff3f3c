//! The recipe from end to end, through its binary.

use crate::common::{Bench, Ran, TINY, number, read_json, train};
use burn::tensor::Device;
use burn_recurrent_zoo::{Sampler, SamplerConfig, TrainedLanguageModel};
use std::time::Instant;

#[test]
fn a_run_trains_evaluates_samples_and_scores() {
    let bench = Bench::new();
    let more = [
        "--json",
        "--set",
        "model.dropout=0.2",
        "--set",
        "data.source.train_lines=600",
        "--set",
        "training.learning_rate=0.02",
    ];
    let trained = bench.run(&train("run", &more));
    let result = &trained.json()[0];
    assert_eq!(*result, read_json(&bench.path("run/result.json")));
    for key in [
        "test_perplexity",
        "valid_perplexity",
        "test_nats_per_token",
        "source_perplexity",
        "tokens_per_second",
        "wall_seconds",
        "seed",
    ] {
        assert!(number(result, key) > 0.0, "{key}");
    }
    let perplexity = number(result, "test_perplexity");
    assert!((number(result, "test_nats_per_token").exp() / perplexity - 1.0).abs() < 1e-9);
    assert!(perplexity > number(result, "source_perplexity"));
    for name in ["train", "valid", "test"] {
        assert_eq!(result["datasets"][name].as_str().unwrap().len(), 64);
    }
    for file in [
        "config.toml",
        "vocabulary.json",
        "model.safetensors",
        "curves.svg",
    ] {
        assert!(bench.path("run").join(file).is_file(), "{file}");
    }
    let metrics = std::fs::read_to_string(bench.path("run/metrics.jsonl")).unwrap();
    assert_eq!(metrics.lines().count(), 2);

    let evaluated = bench.run(&["evaluate", "--model", "run", "--json"]);
    let line = &evaluated.json()[0];
    for key in ["test_perplexity", "source_perplexity"] {
        let (found, expected) = (number(line, key), number(result, key));
        assert!(
            (found / expected - 1.0).abs() < 1e-6,
            "{key}: {found}, {expected}"
        );
    }
    assert!(number(line, "tokens_per_second") > 0.0);
    assert!(
        line.get("valid_perplexity").is_none(),
        "only what is asked for: {line}"
    );
    let arguments = ["evaluate", "--model", "run", "--json", "--split", "valid"];
    let on_valid = &bench.run(&arguments).json()[0];
    let (found, expected) = (
        number(on_valid, "valid_perplexity"),
        number(result, "valid_perplexity"),
    );
    assert!((found / expected - 1.0).abs() < 1e-6, "{found}, {expected}");
    for key in ["test_perplexity", "source_perplexity"] {
        assert!(on_valid.get(key).is_none(), "{key}: {on_valid}");
    }
    let on_train = bench.run(&["evaluate", "--model", "run", "--json", "--split", "train"]);
    assert!(number(&on_train.json()[0], "train_perplexity") > 1.0);

    let sample = |seed: &str| {
        let arguments = [
            "sample", "--model", "run", "--prompt", "tom", "--seed", seed, "--json",
        ];
        bench.run(&arguments).json()[0]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(sample("5"), sample("5"));
    assert_ne!(sample("5"), sample("6"));
    let arguments = ["sample", "--model", "run", "--prompt", "tom", "--seed", "5"];
    let shown = bench.run(&arguments).stdout;
    assert_eq!(shown, format!("tom {}\n", sample("5")));

    let scored = bench.run(&[
        "score",
        "--model",
        "run",
        "--json",
        ". river the near lived tom",
        "tom lived near the river .",
    ]);
    let scored = scored.json();
    assert_eq!(
        (&scored[0]["rank"], &scored[1]["rank"]),
        (&2.into(), &1.into())
    );
    assert_eq!(scored[1]["tokens"], 7, "six words and the end of the line");
}

#[test]
fn the_number_of_lanes_and_steps_of_the_evaluation_loses_no_token() {
    let bench = Bench::new();
    assert_eq!(bench.run(&train("run", &[])).code, Some(0));
    let config = std::fs::read_to_string(bench.path("run/config.toml")).unwrap();
    let evaluate = |lanes: usize, steps: usize| {
        let mut table: toml::Table = config.parse().unwrap();
        let evaluation = toml::toml! { lanes = 1 steps = 1 };
        table.insert("evaluation".into(), evaluation.into());
        table["evaluation"]["lanes"] = (lanes as i64).into();
        table["evaluation"]["steps"] = (steps as i64).into();
        bench.write("run/config.toml", table.to_string());
        let line = bench.run(&["evaluate", "--model", "run", "--json"]).json();
        (
            line[0]["tokens"].as_u64().unwrap(),
            number(&line[0], "test_nats_per_token"),
        )
    };
    let (tokens, nats) = evaluate(1, 100);
    for (lanes, steps) in [(1, 7), (1, 100_000), (3, 11), (7, 64)] {
        let (other_tokens, other_nats) = evaluate(lanes, steps);
        assert_eq!(other_tokens, tokens);
        // More lanes begin without a past, which costs a little; the rest is rounding.
        let tolerance = if lanes == 1 { 1e-5 } else { 0.05 };
        assert!(
            (other_nats - nats).abs() < tolerance,
            "{other_nats}, {nats}"
        );
    }
}

#[test]
fn every_kind_of_model_trains() {
    let bench = Bench::new();
    for (index, model) in [
        r#"model={kind="recurrent", cell="rnn", d_embedding=8, d_hidden=8}"#,
        r#"model={kind="recurrent", cell="gru", d_embedding=8, d_hidden=12, num_layers=2, weight_drop=0.2}"#,
        r#"model={kind="window", window=3, d_embedding=8, d_hidden=8}"#,
        r#"model={kind="window", window=1, d_embedding=8, d_hidden=8, direct=false}"#,
    ]
    .into_iter()
    .enumerate()
    {
        let run = format!("run-{index}");
        // A line of the config is replaced whole, so the file is written first.
        let config = format!(
            "{model}\n[data]\nunit = \"word\"\nunknown = true\nsource = {{ kind = \"stories\", seed = 1, \
             train_lines = 60, valid_lines = 10, test_lines = 10 }}\n[batches]\nlanes = 4\nsteps = 20\n\
             [training]\nepochs = 1\nlearning_rate = 0.01\noptimizer = {{ kind = \"adam\" }}\n"
        );
        let config = bench.write("config.toml", config);
        let config = config.to_str().unwrap();
        let ran = bench.run(&["train", config, "--run", &run, "--json", "--quiet"]);
        let perplexity = number(&ran.json()[0], "test_perplexity");
        assert!(perplexity < 500.0, "{model}: {perplexity}");
        let sampled = bench.run(&["sample", "--model", &run, "--max-tokens", "5"]);
        assert_eq!(sampled.code, Some(0), "{}", sampled.stderr);
    }
}

#[test]
fn characters_and_bytes_of_ones_own_file_train() {
    let bench = Bench::new();
    let text = "Die Straße ist naß.\nDer Fluß fließt.\n".repeat(40);
    bench.write("text.txt", text);
    for unit in ["character", "byte"] {
        let config = format!(
            "[data]\nunit = \"{unit}\"\nsource = {{ kind = \"file\", path = \"text.txt\", valid = 0.1, test = 0.1 }}\n\
             [model]\nkind = \"recurrent\"\ncell = \"lstm\"\nd_embedding = 8\nd_hidden = 32\nnum_layers = 1\n\
             [batches]\nlanes = 4\nsteps = 20\n\
             [training]\nepochs = 30\nlearning_rate = 0.01\noptimizer = {{ kind = \"adam\" }}\n"
        );
        let path = bench.write("config.toml", config);
        let path = path.to_str().unwrap();
        let result = bench.run(&["train", path, "--run", unit, "--json", "--quiet"]);
        let perplexity = number(&result.json()[0], "test_perplexity");
        assert!(perplexity < 2.0, "{unit}: {perplexity}");
        let written = bench.run(&[
            "sample",
            "--model",
            unit,
            "--prompt",
            "Die Stra",
            "--temperature",
            "0",
            "--max-tokens",
            "12",
        ]);
        assert!(
            written.stdout.starts_with("Die Straße"),
            "{unit}: {}",
            written.stdout
        );
    }
}

#[test]
fn an_ngram_model_is_counted_evaluated_and_sampled() {
    let bench = Bench::new();
    let config = "[data]\nunit = \"word\"\nunknown = true\nsource = { kind = \"stories\", seed = 1, train_lines = 2000, \
                  valid_lines = 50, test_lines = 100 }\n[model]\nkind = \"ngram\"\norder = 4\nsmoothing = \"kneser-ney\"\n";
    bench.write("ngram.toml", config);
    let trained = bench.run(&["train", "ngram.toml", "--run", "run", "--json", "--quiet"]);
    let result = &trained.json()[0];
    let (test, source) = (
        number(result, "test_perplexity"),
        number(result, "source_perplexity"),
    );
    assert!(
        test > source && test < 3.0 * source,
        "{test}, the grammar's own {source}"
    );
    let evaluated = bench.run(&["evaluate", "--model", "run", "--json"]);
    assert_eq!(number(&evaluated.json()[0], "test_perplexity"), test);
    for (name, smoothing) in [
        ("katz", "model.smoothing={katz={threshold=5}}"),
        ("add-k", "model.smoothing={add-k={k=0.01}}"),
        ("backoff", "model.smoothing={stupid-backoff={alpha=0.4}}"),
    ] {
        let trained = bench.run(&[
            "train",
            "ngram.toml",
            "--run",
            name,
            "--json",
            "--quiet",
            "--set",
            smoothing,
        ]);
        let other = number(&trained.json()[0], "test_perplexity");
        assert!(other > source, "{name}: {other}");
    }
    let sampled = bench
        .run(&["sample", "--model", "run", "--count", "2", "--json"])
        .json();
    assert_eq!(sampled.len(), 2);
    assert_ne!(sampled[0]["text"], sampled[1]["text"]);
}

#[cfg(unix)]
#[test]
fn killed_at_any_moment_and_resumed_a_run_ends_with_the_same_weights() {
    for optimizer in ["{kind=\"adam\"}", "{kind=\"sgd\", momentum=0.9}"] {
        let bench = Bench::new();
        let optimizer = format!("training.optimizer={optimizer}");
        let more = [
            "--set",
            "data.source.train_lines=500",
            "--set",
            "training.epochs=3",
            "--set",
            "model.dropout=0.3",
            "--set",
            "training.checkpoint.every_steps=13",
            "--set",
            &optimizer,
        ];
        let started = Instant::now();
        assert_eq!(bench.run(&train("whole", &more)).code, Some(0));
        let whole = started.elapsed();
        let kills = bench.train_killed(&train("killed", &more), whole);
        assert!(kills > 0, "the run was over before it could be killed");
        let read = |name: &str| std::fs::read(bench.path(name)).unwrap();
        assert!(
            read("whole/model.safetensors") == read("killed/model.safetensors"),
            "the weights differ after {kills} kills"
        );
        assert!(read("whole/model.json") == read("killed/model.json"));
        let perplexity = |run: &str| {
            number(
                &read_json(&bench.path(run).join("result.json")),
                "test_perplexity",
            )
        };
        assert_eq!(perplexity("whole"), perplexity("killed"));
        let epochs = |run: &str| {
            let text = std::fs::read_to_string(bench.path(run).join("metrics.jsonl")).unwrap();
            let losses: Vec<(f64, f64)> = text
                .lines()
                .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
                .map(|line| {
                    (
                        number(&line, "train_nats_per_token"),
                        number(&line, "valid_nats_per_token"),
                    )
                })
                .collect();
            losses
        };
        assert_eq!(epochs("whole"), epochs("killed"));
    }
}

#[test]
fn a_finished_run_resumed_stays_as_it_is() {
    let bench = Bench::new();
    assert_eq!(bench.run(&train("run", &[])).code, Some(0));
    let before = std::fs::read(bench.path("run/model.safetensors")).unwrap();
    let resumed = bench.run(&["train", "--run", "run", "--resume", "--json"]);
    assert_eq!(resumed.json().len(), 1);
    assert!(std::fs::read(bench.path("run/model.safetensors")).unwrap() == before);
}

#[test]
fn progress_goes_to_standard_error_and_the_result_to_standard_output() {
    let bench = Bench::new();
    let arguments = [&["train", "--run", "run", "--json"], TINY].concat();
    let ran = bench.run(&arguments);
    assert_eq!(ran.stdout.lines().count(), 1);
    for text in ["epoch 1", "epoch 2", "tokens to train on"] {
        assert!(ran.stderr.contains(text), "no `{text}` in: {}", ran.stderr);
    }
}

#[test]
fn ndarray_trains_and_evaluates() {
    let bench = Bench::new();
    let mut command = bench.command(&train("run", &["--json"]));
    let ran = Ran::new(command.env("BURN_DEVICE", "ndarray").output().unwrap());
    let result = &ran.json()[0];
    assert!(
        result["device"]
            .as_str()
            .unwrap()
            .to_lowercase()
            .contains("ndarray"),
        "{result}"
    );
    let evaluated = bench.run(&["evaluate", "--model", "run", "--json"]);
    let on_flex = number(&evaluated.json()[0], "test_perplexity");
    assert!((on_flex / number(result, "test_perplexity") - 1.0).abs() < 1e-4);
}

#[test]
fn the_penn_treebank_ngram_is_the_published_one() {
    let Some(ptb) = burn_recurrent_tests::data_set("ptb") else {
        return;
    };
    let bench = Bench::new();
    let mut command = bench.command(&["train", "ptb-ngram", "--run", "run", "--json", "--quiet"]);
    let output = command
        .env("BURN_RECURRENT_DATA", ptb.parent().unwrap())
        .output()
        .unwrap();
    let result = &Ran::new(output).json()[0];
    // 141.2: the 5-gram Kneser-Ney baseline of Mikolov et al.
    let perplexity = number(result, "test_perplexity");
    assert!((138.0..144.0).contains(&perplexity), "{perplexity}");
}

/// What another project does with a run directory, and what the recipe's own commands say.
#[test]
fn a_run_is_loaded_without_the_recipe_as_the_recipe_loads_it() {
    let bench = Bench::new();
    let window = "model={kind=\"window\", window=3, d_embedding=8, d_hidden=8}";
    for (run, more) in [("lstm", &[][..]), ("window", &["--set", window])] {
        let mut arguments = train(run, &[]);
        if !more.is_empty() {
            // The keys of the recurrent model have no place in another.
            arguments.retain(|argument| !argument.starts_with("model."));
            arguments.dedup();
        }
        arguments.extend(more);
        let ran = bench.run(&arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let device = Device::flex();
        let model = TrainedLanguageModel::load(bench.path(run), &device).unwrap();
        let sentence = "tom is happy .";
        let scored = &bench
            .run(&["score", "--model", run, "--json", sentence])
            .json()[0];
        let score = model.score(sentence).unwrap();
        assert_eq!(
            number(scored, "log_probability"),
            score.log_probability,
            "{run}"
        );
        let arguments = [
            "sample", "--model", run, "--json", "--seed", "5", "--prompt", "tom",
        ];
        let sampled = &bench.run(&arguments).json()[0];
        let sampler = Sampler::new(SamplerConfig::default(), 5).unwrap();
        assert_eq!(
            sampled["text"],
            model.write("tom", 200, sampler).unwrap(),
            "{run}"
        );
    }
}

#[test]
fn a_run_of_an_earlier_version_is_described_at_first_use() {
    let bench = Bench::new();
    assert_eq!(bench.run(&train("run", &[])).code, Some(0));
    let ngram = [
        "train",
        "ptb-ngram",
        "--quiet",
        "--run",
        "ngram",
        "--set",
        "data.unknown=true",
        "--set",
        "data.source={kind=\"stories\", seed=1, train_lines=60, valid_lines=10, test_lines=10}",
    ];
    let ran = bench.run(&ngram);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for run in ["run", "ngram"] {
        let scored = |bench: &Bench| {
            bench
                .run(&["score", "--model", run, "--json", "tom is happy ."])
                .json()
                .remove(0)
        };
        let path = bench.path(run).join("model.json");
        let (before, written) = (scored(&bench), std::fs::read(&path).unwrap());
        // Earlier versions wrote no description.
        std::fs::remove_file(&path).unwrap();
        let error = TrainedLanguageModel::load(bench.path(run), &Device::flex()).unwrap_err();
        assert!(error.to_string().contains("evaluate --model"), "{error}");
        assert_eq!(scored(&bench), before);
        assert!(std::fs::read(&path).unwrap() == written, "{run}");
        // One with an older number is written again, one with a newer is not touched.
        let text = String::from_utf8(written.clone()).unwrap();
        let version =
            |number: u32| text.replace("\"version\": 1", &format!("\"version\": {number}"));
        std::fs::write(&path, version(0)).unwrap();
        assert_eq!(scored(&bench), before);
        assert!(std::fs::read(&path).unwrap() == written, "{run}");
        std::fs::write(&path, version(2)).unwrap();
        let ran = bench.run(&["score", "--model", run, "tom"]);
        ran.fails(
            1,
            &["model.json", "version 2", "update burn-recurrent-models"],
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), version(2));
    }
}

#[test]
fn a_run_of_version_1_is_evaluated_and_resumed_on_the_data_that_it_began_with() {
    let bench = Bench::new();
    bench.copy_version_1("language-model");
    let evaluated = &bench.run(&["evaluate", "--model", "run", "--json"]).json()[0];
    // What this model had when the test was written. Processors round differently.
    let perplexity = number(evaluated, "test_perplexity");
    assert!((perplexity / 41.644 - 1.0).abs() < 1e-3, "{evaluated}");
    let read = |file: &str| std::fs::read(bench.path("run").join(file)).unwrap();
    let before = [read("data.json"), read("vocabulary.json")];
    let resumed = bench.run(&["train", "--run", "run", "--resume", "--json", "--quiet"]);
    let again = number(&resumed.json()[0], "test_perplexity");
    assert!(
        (again / perplexity - 1.0).abs() < 0.01,
        "{again}, {perplexity}"
    );
    assert!([read("data.json"), read("vocabulary.json")] == before);

    let train = &read_json(&bench.path("run/data.json"))["splits"]["train"];
    let data = String::from_utf8(before[0].clone()).unwrap();
    bench.write("run/data.json", data.replace(train.as_str().unwrap(), "0"));
    bench
        .run(&["evaluate", "--model", "run"])
        .fails(1, &["train data is not what", "began with"]);
}
