//! The recipe from end to end, through its binary.

use crate::common::{Bench, CONFIG, Chunks, Ran, number, read_json};
use burn::tensor::Device;
use burn_recurrent_zoo::TrainedTagger;
use serde_json::Value;
use std::time::Instant;

#[test]
fn a_run_trains_evaluates_and_tags() {
    let bench = Bench::with_chunks();
    let trained = bench.train("run", &["--json", "--set", "training.epochs=6"]);
    let result = &trained.json()[0];
    assert_eq!(*result, read_json(&bench.path("run/result.json")));
    for key in [
        "test_accuracy",
        "test_f1",
        "test_precision",
        "test_recall",
        "valid_f1",
        "valid_accuracy",
        "valid_nats_per_token",
        "tokens_per_second",
        "tagging_tokens_per_second",
        "wall_seconds",
        "seed",
    ] {
        assert!(number(result, key) > 0.0, "{key}");
    }
    assert!(number(result, "test_f1") > 0.9, "{result}");
    for kind in ["NP", "VP", "PP"] {
        let label = &result["labels"][kind];
        for key in ["precision", "recall", "f1", "count"] {
            assert!(number(label, key) > 0.0, "{kind} {key}");
        }
    }
    for name in ["train", "valid", "test"] {
        assert_eq!(result["datasets"][name].as_str().unwrap().len(), 64);
    }
    for file in [
        "config.toml",
        "model.safetensors",
        "data.json",
        "metrics.jsonl",
    ] {
        assert!(bench.path("run").join(file).is_file(), "{file}");
    }
    let picture = std::fs::read_to_string(bench.path("run/confusion.svg")).unwrap();
    assert!(picture.contains("B-NP") && picture.contains("predicted"));
    let curves = std::fs::read_to_string(bench.path("run/curves.svg")).unwrap();
    assert!(curves.contains("f1") && curves.contains("best:"));

    let line = &bench.run(&["evaluate", "--model", "run", "--json"]).json()[0];
    for key in ["test_accuracy", "test_f1", "test_precision", "test_recall"] {
        assert_eq!(line[key], result[key], "{key}");
    }
    assert_eq!(line["labels"], result["labels"]);
    let valid = &bench
        .run(&["evaluate", "--model", "run", "--json", "--split", "valid"])
        .json()[0];
    for key in ["valid_accuracy", "valid_f1"] {
        assert_eq!(valid[key], result[key], "{key}");
    }

    let tagged = bench.tag("run", "The cat sees a small dog.\n", &["--format", "json"]);
    let line = &tagged.json()[0];
    assert_eq!(line["tokens"][6], ".");
    assert_eq!(line["labels"].as_array().unwrap().len(), 7);
    let spans = line["spans"].as_array().unwrap();
    assert!(
        spans
            .iter()
            .any(|span| span["label"] == "VP" && span["tokens"] == serde_json::json!([2, 3])),
        "{line}"
    );
    let shown = bench.tag(
        "run",
        "the cat sees a small dog .\n",
        &["--format", "terminal"],
    );
    assert!(shown.stdout.contains("[VP sees]"), "{}", shown.stdout);
    let mut command = bench.command(&["tag", "--model", "run", "--format", "terminal", "to-tag"]);
    let coloured = Ran::new(command.env("CLICOLOR_FORCE", "1").output().unwrap());
    assert!(coloured.stdout.contains("\u{1b}["), "{}", coloured.stdout);
}

#[test]
fn evaluate_shows_the_worst_confusions_in_context() {
    let bench = Bench::with_chunks();
    // A label that cannot be learned: the same words, another label.
    let text = Chunks::text(&Chunks::sentences(12, 0)).replace("sat B-VP", "sat B-NP");
    bench.write("test.txt", text);
    let train = bench.train("run", &["--set", "training.epochs=4"]);
    assert_eq!(train.code, Some(0), "{}", train.stderr);
    let shown = bench.run(&["evaluate", "--model", "run"]).stdout;
    for text in ["F1", "precision", "B-NP taken for B-VP", "[sat]", "line "] {
        assert!(shown.contains(text), "no `{text}` in {shown}");
    }
    let line = &bench
        .run(&["evaluate", "--model", "run", "--json", "--confusions", "1"])
        .json()[0];
    let worst = line["confusions"].as_array().unwrap();
    assert_eq!(
        (worst.len(), &worst[0]["gold"]),
        (1, &"B-NP".into()),
        "{line}"
    );
}

#[test]
fn every_kind_of_model_trains() {
    let bench = Bench::with_chunks();
    bench.write(
        "vectors.txt",
        "3 8\nthe 1 2 3 4 5 6 7 8\nhorse 8 7 6 5 4 3 2 1\nx 0 0 0 0 0 0 0 0\n",
    );
    let characters = "characters = { kind = \"cnn\", d_embedding = 4, num_filters = 4, width = 3 }";
    let output = "output = { kind = \"crf\" }";
    for (index, (from, to)) in [
        (characters, ""),
        (characters, "characters = { kind = \"bi-lstm\", d_embedding = 4, d_hidden = 3 }"),
        (output, "output = { kind = \"crf\", constrained = false }\nd_projection = 5"),
        (output, "output = { kind = \"softmax\" }\ncell = \"gru\"\nnum_layers = 2\ndropout_layers = 0.2"),
        (output, "cell = \"rnn\"\nbidirectional = false\nvariational_dropout = true\ndropout_output = 0.2"),
        ("d_shape = 4", "weight_drop = 0.2\nfreeze_words = true"),
        ("[model]", "[words]\nvectors = \"vectors.txt\"\nlowercase = true\ndigits = true\nmin_count = 3\n[model]"),
        ("tokens = 60", "tokens = 60\nsentences = 2\nloss = \"per-sentence\""),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(CONFIG.contains(from), "{from}");
        bench.write("config.toml", CONFIG.replace(from, to));
        let run = format!("run-{index}");
        let ran = bench.train(&run, &["--json", "--set", "training.epochs=1"]);
        assert!(number(&ran.json()[0], "test_accuracy") > 0.0, "{to}");
        let tagged = bench.tag(&run, "the cat\n", &[]);
        assert_eq!(tagged.stdout.lines().count(), 3, "{to}: {}", tagged.stderr);
    }
}

#[test]
fn tags_of_conllu_are_learned_and_written_into_their_column() {
    let bench = Bench::with_chunks();
    let conllu = "# text = Dogs don't.\n1\tDogs\tdog\tNOUN\tNNS\t_\t2\tnsubj\t_\t_\n\
                  2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n2\tdo\tdo\tAUX\tVBP\t_\t0\troot\t_\t_\n\
                  3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t_\t_\n3.1\tbark\tbark\tVERB\tVB\t_\t_\t_\t0:root\t_\n\
                  4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_\n\n";
    bench.write("train.conllu", conllu.repeat(40));
    let source = "source = { kind = \"files\", train = \"train.conllu\", valid = \"train.conllu\", \
                  test = \"train.conllu\", format = { kind = \"conllu\" } }";
    let config: String = CONFIG
        .lines()
        .map(|line| match line {
            line if line.starts_with("source") => format!("{source}\n"),
            line if line.starts_with("task") || line.starts_with("monitor") => String::new(),
            line => format!("{line}\n"),
        })
        .collect();
    bench.write("config.toml", config);
    let result = &bench.train("run", &["--json"]).json()[0];
    assert_eq!(number(result, "test_accuracy"), 1.0);
    assert!(result.get("test_f1").is_none() && result["labels"]["AUX"]["f1"] == 1.0);

    // Comments, multi-word tokens, empty nodes and the other columns are as they were.
    let untagged = conllu.replace("NOUN", "_").replace("PART", "_");
    let tagged = bench.tag("run", &untagged, &["--input", "conllu"]);
    assert_eq!(tagged.stdout, conllu);
    // A block of comments is no sentence, and is not lost.
    let with_more = format!("# newdoc\n\n{untagged}\n\n# the end\n");
    let tagged = bench.tag("run", &with_more, &["--input", "conllu"]);
    assert_eq!(
        tagged.stdout,
        format!("# newdoc\n\n{conllu}\n\n# the end\n")
    );
    let shown = bench.tag("run", "Dogs do .\n", &["--format", "terminal"]);
    assert_eq!(shown.stdout, "Dogs/NOUN do/AUX ./PUNCT\n");
    let line = &bench
        .tag("run", "Dogs do .\n", &["--format", "json"])
        .json()[0];
    assert!(line.get("spans").is_none());

    // The column is the model's: it does not take the training's data to find it.
    let (path, config) = (bench.path("run/model.json"), bench.path("run/config.toml"));
    let mut description = read_json(&path);
    assert_eq!(description["text"]["settings"]["column"], "upos");
    let own = std::fs::read_to_string(&config).unwrap();
    let other = own.replace("\"upos\"", "\"xpos\"");
    assert_ne!(own, other);
    bench.write("run/config.toml", other);
    let tagged = bench.tag("run", &untagged, &["--input", "conllu"]);
    assert_eq!(tagged.stdout, conllu);
    // Earlier versions left it to the config.
    bench.write("run/config.toml", own);
    let settings = description["text"]["settings"].as_object_mut().unwrap();
    settings.remove("column");
    bench.write("run/model.json", description.to_string());
    let tagged = bench.tag("run", &untagged, &["--input", "conllu"]);
    assert_eq!(tagged.stdout, conllu);
}

#[test]
fn what_is_tagged_is_always_valid_in_its_scheme() {
    let bench = Bench::with_chunks();
    for (run, output) in [("crf", "{kind=\"crf\"}"), ("softmax", "{kind=\"softmax\"}")] {
        let output = format!("model.output={output}");
        // Hardly trained, so that without constraints all kinds of sequences would be chosen.
        let more = [
            "--set",
            &output,
            "--set",
            "training.epochs=1",
            "--set",
            "training.learning_rate=0.0001",
            "--set",
            "data.task={kind=\"spans\", learn=\"bio\", write=\"bio\"}",
        ];
        assert_eq!(bench.train(run, &more).code, Some(0));
        let text = "a b c d e f g the cat saw the dog near Tom\n".repeat(20);
        for line in bench.tag(run, &text, &["--format", "json"]).json() {
            let mut before = "O".to_string();
            for label in line["labels"].as_array().unwrap() {
                let label = label.as_str().unwrap();
                if let Some(kind) = label.strip_prefix("I-") {
                    assert!(before.len() > 1 && &before[2..] == kind, "{run}: {line}");
                }
                before = label.to_string();
            }
        }
    }
}

/// A line of figures without those that say how fast it went.
fn without_times(mut line: Value) -> Value {
    let fields = line.as_object_mut().unwrap();
    for key in [
        "seconds",
        "tokens_per_second",
        "tagging_tokens_per_second",
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
    let bench = Bench::with_chunks();
    let text = Chunks::text(&Chunks::sentences(400, 0));
    bench.write("train.txt", text);
    bench.write(
        "config.toml",
        CONFIG
            .replace("epochs = 2", "epochs = 3\ncheckpoint = { every_steps = 7 }\nclip = { global_norm = 1.0 }\nschedule = { kind = \"plateau\", factor = 0.5, patience = 1 }")
            .replace("dropout_input = 0.1", "dropout_input = 0.3\ndropout_output = 0.3"),
    );
    let started = Instant::now();
    assert_eq!(bench.train("whole", &[]).code, Some(0));
    let whole = started.elapsed();
    let arguments = ["train", "config.toml", "--quiet", "--run", "killed"];
    let kills = bench.train_killed(&arguments, whole);
    assert!(kills > 0, "the run was over before it could be killed");
    for file in [
        "model.safetensors",
        "model.json",
        "confusion.svg",
        "curves.svg",
        "data.json",
        "config.toml",
    ] {
        let read = |run: &str| std::fs::read(bench.path(run).join(file)).unwrap();
        assert!(
            read("whole") == read("killed"),
            "{file} differs after {kills} kills"
        );
    }
    let metrics = |run: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(bench.path(run).join("metrics.jsonl")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.map(without_times).collect()
    };
    assert_eq!(metrics("whole"), metrics("killed"));
    let result = |run: &str| without_times(read_json(&bench.path(run).join("result.json")));
    assert_eq!(result("whole"), result("killed"));

    // One that has ended stays as it is.
    let before = std::fs::read(bench.path("whole/model.safetensors")).unwrap();
    let resumed = bench.run(&["train", "--run", "whole", "--resume", "--json"]);
    assert_eq!(resumed.json().len(), 1);
    assert!(std::fs::read(bench.path("whole/model.safetensors")).unwrap() == before);
}

#[test]
fn progress_goes_to_standard_error_and_the_result_to_standard_output() {
    let bench = Bench::with_chunks();
    let ran = bench.run(&["train", "config.toml", "--run", "run", "--json"]);
    assert_eq!(ran.stdout.lines().count(), 1);
    for text in [
        "epoch 1",
        "epoch 2",
        "f1 0.",
        "accuracy 0.",
        "sentences",
        "labels",
    ] {
        assert!(ran.stderr.contains(text), "no `{text}` in: {}", ran.stderr);
    }
}

#[test]
fn validation_sentences_are_trained_on_where_that_is_asked_for() {
    let bench = Bench::with_chunks();
    // The sentences to train and to validate on.
    let counts = |run: &str, more: &[&str]| -> [usize; 2] {
        let more = [
            &[
                "--set",
                "training.epochs=1",
                "--set",
                "training.keep_weights=last",
            ],
            more,
        ]
        .concat();
        let ran = bench.run(&[&["train", "config.toml", "--run", run], &more[..]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let words: Vec<&str> = ran.stderr.split_whitespace().collect();
        let before = words.windows(2).filter(|pair| pair[1] == "sentences");
        let counts: Vec<usize> = before.filter_map(|pair| pair[0].parse().ok()).collect();
        [counts[0], counts[1]]
    };
    let [train, valid] = counts("own", &[]);
    let all = counts("all", &["--set", "data.train_on_valid=true"]);
    assert_eq!(all, [train + valid, valid]);
    let config = std::fs::read_to_string(bench.path("all/config.toml")).unwrap();
    assert!(config.contains("train_on_valid = true"), "{config}");
}

#[test]
fn ndarray_trains_and_what_it_trained_works_on_flex() {
    let bench = Bench::with_chunks();
    let mut command = bench.command(&["train", "config.toml", "--run", "run", "--json", "--quiet"]);
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
    let evaluated = &bench.run(&["evaluate", "--model", "run", "--json"]).json()[0];
    let (flex, ndarray) = (
        number(evaluated, "test_accuracy"),
        number(result, "test_accuracy"),
    );
    assert!((flex - ndarray).abs() < 0.02, "{flex}, {ndarray}");
}

/// What another project does with a run directory, and what the recipe's own `tag` says.
#[test]
fn a_run_is_loaded_without_the_recipe_as_the_recipe_loads_it() {
    let bench = Bench::with_chunks();
    for (run, output) in [("crf", "{kind=\"crf\"}"), ("softmax", "{kind=\"softmax\"}")] {
        let output = format!("model.output={output}");
        let more = ["--set", &output, "--set", "training.epochs=1"];
        assert_eq!(bench.train(run, &more).code, Some(0));
        let text = "The cat sees a small dog.\nTom ran near the river!\n\n";
        let tagged = bench.tag(run, text, &["--format", "json"]).json();
        let tagger = TrainedTagger::load(bench.path(run), &Device::flex()).unwrap();
        let sentences: Vec<Vec<String>> = text.lines().map(|line| tagger.words(line)).collect();
        for (line, labels) in tagged.iter().zip(tagger.tag(&sentences)) {
            assert_eq!(line["labels"], serde_json::json!(labels), "{run}");
        }
        assert_eq!(tagged.len(), 3);
    }
}

#[test]
fn a_run_of_an_earlier_version_is_described_at_first_use() {
    let bench = Bench::with_chunks();
    assert_eq!(
        bench.train("run", &["--set", "training.epochs=1"]).code,
        Some(0)
    );
    let tagged = |bench: &Bench| bench.tag("run", "the cat sat\n", &[]).stdout;
    let path = bench.path("run/model.json");
    let (before, written) = (tagged(&bench), std::fs::read(&path).unwrap());
    // Earlier versions wrote no description.
    std::fs::remove_file(&path).unwrap();
    let error = TrainedTagger::load(bench.path("run"), &Device::flex()).unwrap_err();
    assert!(error.to_string().contains("evaluate --model"), "{error}");
    assert_eq!(tagged(&bench), before);
    assert!(std::fs::read(&path).unwrap() == written);
    // One of a newer version is not touched.
    let newer = String::from_utf8(written)
        .unwrap()
        .replace("\"version\": 1", "\"version\": 2");
    std::fs::write(&path, &newer).unwrap();
    bench.tag("run", "the cat\n", &[]).fails(
        1,
        &["model.json", "version 2", "update burn-recurrent-models"],
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), newer);
    // A run that has not ended says so.
    for file in ["model.json", "model.safetensors"] {
        std::fs::remove_file(bench.path("run").join(file)).unwrap();
    }
    bench
        .tag("run", "the cat\n", &[])
        .fails(1, &["has not ended", "--resume"]);
}

#[test]
fn a_run_of_version_1_is_evaluated_on_the_data_that_it_began_with() {
    let bench = Bench::new();
    bench.copy_version_1("tagger");
    let evaluated = &bench.run(&["evaluate", "--model", "run", "--json"]).json()[0];
    assert!(number(evaluated, "test_f1") > 0.5, "{evaluated}");
    let data = std::fs::read_to_string(bench.path("run/data.json")).unwrap();
    let splits = &read_json(&bench.path("run/data.json"))["splits"];
    bench.write(
        "run/data.json",
        data.replace(splits["valid"].as_str().unwrap(), "0"),
    );
    bench
        .run(&["evaluate", "--model", "run"])
        .fails(1, &["valid data is not what", "began with"]);
}
