//! Whatever is wrong is said clearly, with the right exit code, and nothing is lost.

use crate::common::{Bench, CONFIG, Ran, Reversed, flip_a_bit, number};
use std::path::Path;

fn train(bench: &Bench, run: &str) -> Ran {
    bench.train(run, &["--json"])
}

#[test]
fn files_that_are_not_parallel_are_named() {
    let bench = Bench::with_pairs(60);
    bench.write("a.de", "ein\nzwei\ndrei\n");
    bench.write("a.en", "one\ntwo\n");
    let source = "data.source={kind=\"files\", train={source=\"a.de\", target=\"a.en\"}, valid={source=\"a.de\", target=\"a.de\"}}";
    bench
        .train("run", &["--set", source])
        .fails(1, &["a.de has 3 lines", "a.en has 2"]);
    bench.write("train.tsv", "a b\tB A\nc d\n");
    train(&bench, "run").fails(1, &["train.tsv, line 2", "no column 1", "translation"]);
    bench.write("train.tsv", b"a b\tB A\nc \xff\tD C\n");
    train(&bench, "run").fails(1, &["train.tsv", "line 2", "UTF-8"]);
    bench.write("train.tsv", "");
    train(&bench, "run").fails(1, &["train.tsv"]);
    bench.write("train.tsv", "\tA\n \tB\nc\t\n");
    train(&bench, "run").fails(1, &["train.tsv", "all 3 lines have an empty side"]);
    std::fs::remove_file(bench.path("train.tsv")).unwrap();
    train(&bench, "run").fails(1, &["train.tsv"]);
    assert!(!bench.path("run").exists(), "nothing was begun");
}

#[test]
fn empty_and_long_sentences_are_left_out_of_training_and_scored_in_tests() {
    let bench = Bench::with_pairs(60);
    let long = "a ".repeat(300);
    let text = std::fs::read_to_string(bench.path("train.tsv")).unwrap();
    bench.write("train.tsv", format!("{text}\tX\nx\t\n{long}\tA\n"));
    bench.write(
        "test.tsv",
        format!("a b c\tC B A\n\t\n\tX\nx\t\n{}\tA\n", "a ".repeat(600)),
    );
    let ran = train(&bench, "run");
    let result = &ran.json()[0];
    assert!(
        ran.stderr.contains("2 pairs with an empty side"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("1 of 61 training pairs are left out: 1 longer than 100"),
        "{}",
        ran.stderr
    );
    assert!(number(result, "test_bleu") >= 0.0);
    let line = &bench.run(&["evaluate", "--model", "run", "--json"]).json()[0];
    assert_eq!(
        (&line["sentences"], &line["test_bleu"]),
        (&5.into(), &result["test_bleu"])
    );
    bench
        .train("none", &["--set", "tokens.max_source=2"])
        .fails(
            1,
            &[
                "all 61 training pairs are left out",
                "raise `tokens.max_source`",
            ],
        );
}

#[test]
fn tokens_that_there_cannot_be_are_refused() {
    let bench = Bench::with_pairs(60);
    bench
        .train("run", &["--set", "tokens.source={unit=\"bpe\", size=200}"])
        .fails(
            2,
            &[
                "room for 200 tokens",
                "at least 261",
                "raise `size` under `[tokens]`",
            ],
        );
    bench
        .train("run", &["--set", "tokens.target={unit=\"symbol\", size=4}"])
        .fails(2, &["room for 4 tokens", "at least 5"]);
    bench
        .train(
            "run",
            &["--set", "tokens.target={unit=\"symbol\", min_count=100000}"],
        )
        .fails(1, &["train.tsv", "no symbol that occurs 100000 times"]);
    assert!(!bench.path("run").exists(), "nothing was begun");
}

#[test]
fn a_wrong_config_is_named_by_its_key_with_what_is_allowed() {
    let bench = Bench::with_pairs(60);
    let config = |from: &str, to: &str| {
        assert!(CONFIG.contains(from));
        bench.write("config.toml", CONFIG.replace(from, to));
        bench.run(&["train", "config.toml", "--run", "run"])
    };
    config("d_hidden = 32", "d_hiden = 32")
        .fails(2, &["config.toml:11:", "unknown field `d_hiden`"]);
    config("d_hidden = 32", "d_hidden = 0").fails(2, &["config.toml", "`model.d_hidden`"]);
    config("[training]", "[traning]").fails(2, &["config.toml:", "`traning`"]);
    config("unit = \"symbol\"", "unit = \"syllable\"").fails(2, &["syllable", "symbol"]);
    config("d_hidden = 32", "d_hidden = 32\nattention = \"none\"")
        .fails(2, &["`model.input_feeding`", "without attention"]);
    for (line, key) in [
        (
            "source_vocabulary_size = 12",
            "`model.source_vocabulary_size`",
        ),
        (
            "target_vocabulary_size = 12",
            "`model.target_vocabulary_size`",
        ),
        ("tokens = { padding = 9 }", "`model.tokens`"),
    ] {
        config("d_hidden = 32", &format!("d_hidden = 32\n{line}"))
            .fails(2, &["config.toml", key, "decided by the data"]);
    }
    config("valid_bleu", "valid_blue").fails(2, &["`training.monitor.metric`", "valid_bleu"]);
    config("test = \"test.tsv\"", "test = \"test.tsv\", target = 0")
        .fails(2, &["`data.source.target` must be another column"]);
    let set = |set: &str| bench.run(&["train", "--run", "run", "--set", set]);
    set("data.source={kind=\"catalog\", name=\"multi3k\", from=\"de\", to=\"en\"}")
        .fails(1, &["multi3k", "multi30k"]);
    set("data.source={kind=\"catalog\", name=\"multi30k\", from=\"de\", to=\"fr\"}")
        .fails(1, &["fr", "de and en"]);
    set("data.source={kind=\"pronunciations\", name=\"multi30k\"}").fails(1, &["multi30k"]);
    set("search.beam=0").fails(2, &["`search.beam`"]);
    set("training.epoch=1").fails(2, &["epoch", "epochs"]);
    assert!(!bench.path("run").exists(), "nothing was begun");
    bench
        .run(&["train", "huge"])
        .fails(2, &["huge", "multi30k-de-en"]);
    assert_eq!(bench.run(&["translate"]).code, Some(2));
}

#[test]
fn numbers_of_hypotheses_out_of_range_are_refused_by_the_name_of_the_option() {
    let bench = Bench::trained(&[]);
    for (more, messages) in [
        (
            ["--beam", "0"],
            ["`--beam` must be from 1 to 1000", "got 0"],
        ),
        (
            ["--beam", "100000"],
            ["`--beam` must be from 1 to 1000", "got 100000"],
        ),
        (
            ["--nbest", "0"],
            ["`--nbest` must be from 1 to 1000", "got 0"],
        ),
        (
            ["--nbest", "100000"],
            ["`--nbest` must be from 1 to 1000", "got 100000"],
        ),
        (["--length-penalty=-1", "--json"], ["length_penalty", "-1"]),
        (["--coverage-penalty", "NaN"], ["coverage_penalty", "NaN"]),
    ] {
        let ran = bench.translate("run", "a b\n", &more);
        ran.fails(2, &messages);
        assert_eq!(ran.stdout, "");
        if more[0] != "--nbest" {
            let arguments = [&["evaluate", "--model", "run"], &more[..]].concat();
            bench.run(&arguments).fails(2, &messages);
        }
    }
    bench
        .translate("run", "a b\n", &["--beam", "2", "--nbest", "3"])
        .fails(2, &["`--nbest` must be from 1 to", "raise `--beam`"]);
    assert_eq!(
        bench.translate("run", "a b\n", &["--beam", "x"]).code,
        Some(2)
    );
}

#[test]
fn a_model_without_attention_says_what_it_cannot_do() {
    let more = [
        "--set",
        "model.attention=\"none\"",
        "--set",
        "model.input_feeding=false",
    ];
    let bench = Bench::trained(&more);
    assert_eq!(
        bench.translate("run", "a b\n", &[]).stdout.lines().count(),
        1
    );
    for (option, value) in [("--attention", "x.svg"), ("--coverage-penalty", "0.5")] {
        bench
            .translate("run", "a b\n", &[option, value])
            .fails(2, &["attention"]);
    }
    bench
        .translate("run", "a b\n", &["--replace-unknown"])
        .fails(2, &["no attention", "--replace-unknown"]);
}

#[test]
fn invalid_utf_8_is_named_and_what_came_before_it_is_translated() {
    let bench = Bench::trained(&[]);
    let expected = bench.translate("run", "a b\n\nc d\n", &[]).stdout;
    let ran = bench.translate("run", b"a b\n\nc d\ne \xff\nf\n", &[]);
    ran.fails(1, &["standard input", "line 4", "UTF-8"]);
    assert_eq!(ran.stdout, expected);
    bench.write("bad.txt", b"a b\n\nc d\ne \xff\nf\n");
    let ran = bench.run(&["translate", "--model", "run", "bad.txt"]);
    ran.fails(1, &["bad.txt", "line 4", "UTF-8"]);
    assert_eq!(ran.stdout, expected);
    bench
        .run(&["translate", "--model", "run", "no.txt"])
        .fails(1, &["no.txt"]);
}

#[test]
fn a_run_directory_of_another_recipe_or_none_is_refused_and_none_is_overwritten() {
    let bench = Bench::trained(&[]);
    let model = std::fs::read(bench.path("run/model.safetensors")).unwrap();
    train(&bench, "run").fails(2, &["run", "--resume"]);
    assert!(std::fs::read(bench.path("run/model.safetensors")).unwrap() == model);
    let manifest = std::fs::read_to_string(bench.path("run/run.json")).unwrap();
    bench.write(
        "run/run.json",
        manifest.replace("translation", "sequence-tagging"),
    );
    for verb in ["evaluate", "translate"] {
        bench
            .run(&[verb, "--model", "run"])
            .fails(2, &["translation", "sequence-tagging"]);
        bench
            .run(&[verb, "--model", "nowhere"])
            .fails(2, &["nowhere"]);
    }
    bench
        .run(&["train", "--run", "run", "--resume"])
        .fails(2, &["sequence-tagging"]);
}

#[test]
fn damaged_or_exchanged_files_of_a_run_are_named() {
    let bench = Bench::trained(&[]);
    for file in [
        "model.safetensors",
        "vocabulary/source.json",
        "vocabulary/target.json",
    ] {
        flip_a_bit(&bench.path("run").join(file));
        let name = Path::new(file).file_name().unwrap().to_str().unwrap();
        let part = name.trim_end_matches(".json");
        for verb in ["evaluate", "translate"] {
            bench.run(&[verb, "--model", "run"]).fails(1, &[part]);
        }
        flip_a_bit(&bench.path("run").join(file));
    }
    // Whole, but of another run.
    let text = Reversed::tsv(&Reversed::pairs(40, 5)).replace('a', "z");
    bench.write("train.tsv", text);
    assert_eq!(train(&bench, "other").code, Some(0));
    for name in ["source", "target"] {
        let file = format!("vocabulary/{name}.json");
        let own = std::fs::read(bench.path("run").join(&file)).unwrap();
        let from = match name {
            "source" => "other/vocabulary/source.json",
            _ => "run/vocabulary/source.json",
        };
        std::fs::copy(bench.path(from), bench.path("run").join(&file)).unwrap();
        bench
            .run(&["translate", "--model", "run"])
            .fails(1, &[name, "trained with"]);
        bench.write(&format!("run/{file}"), own);
    }
    // Other training pairs than those that the run began with.
    for arguments in [
        &["train", "--run", "run", "--resume"][..],
        &["evaluate", "--model", "run", "--split", "valid"],
    ] {
        bench.run(arguments).fails(1, &["train data", "began with"]);
    }
    // To translate, no data is needed.
    std::fs::remove_file(bench.path("train.tsv")).unwrap();
    assert_eq!(bench.translate("run", "a b\n", &[]).code, Some(0));
    // A run that has not ended says so.
    for file in ["model.json", "model.safetensors"] {
        std::fs::remove_file(bench.path("run").join(file)).unwrap();
    }
    bench
        .translate("run", "a b\n", &[])
        .fails(1, &["has not ended", "--resume"]);
}

#[test]
fn a_split_that_there_is_not_is_answered_with_those_there_are() {
    let bench = Bench::with_pairs(60);
    bench.write("config.toml", CONFIG.replace(", test = \"test.tsv\"", ""));
    let result = train(&bench, "run").json().remove(0);
    assert!(result.get("test_bleu").is_none() && number(&result, "valid_chrf") >= 0.0);
    bench
        .run(&["evaluate", "--model", "run"])
        .fails(2, &["no test split", "--split valid"]);
    bench
        .run(&["evaluate", "--model", "run", "--split", "dev"])
        .fails(2, &["dev", "train, valid"]);
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_says_what_to_change() {
    let bench = Bench::with_pairs(60);
    let more = [
        "--set",
        "training.learning_rate=1e38",
        "--set",
        "training.optimizer={kind=\"sgd\"}",
    ];
    bench
        .train("run", &more)
        .fails(1, &["epoch 1", "learning_rate"]);
    assert!(!bench.path("run/model.safetensors").exists());
}

#[test]
fn a_learning_rate_that_destroys_the_model_ends_the_run() {
    let bench = Bench::with_pairs(60);
    for optimizer in ["sgd", "adam"] {
        let optimizer = format!("training.optimizer={{kind=\"{optimizer}\"}}");
        let more = ["--set", "training.learning_rate=1e30", "--set", &optimizer];
        let ran = bench.train("run", &more);
        ran.fails(1, &["loss, in nats a token", "training.learning_rate"]);
        assert!(!bench.path("run/result.json").exists());
        std::fs::remove_dir_all(bench.path("run")).unwrap();
    }
}

#[test]
fn a_translator_that_cannot_be_in_memory_is_refused_by_the_setting_that_asks_for_most() {
    let bench = Bench::with_pairs(60);
    for (set, named) in [
        ("model.d_hidden=100000000", "`model.d_hidden = 100000000`"),
        ("model.d_attention=9000000000000", "`model.d_attention"),
        (
            "model.encoder_layers=1000000000",
            "`model.encoder_layers = 1000000000`",
        ),
    ] {
        let ran = bench.train("run", &["--set", set]);
        ran.fails(2, &[named, "of memory", "B are free"]);
    }
    // A batch has no more than the sentences.
    let all = ["--set", "batches.tokens=1000000000000"];
    let ran = bench.train("all", &all);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!bench.path("run").exists(), "nothing was begun");
}
