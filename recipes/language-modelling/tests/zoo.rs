//! `export` and the use of models by name, through the binary.

use crate::common::{Bench, Ran, number, read_json, train};

/// Runs with the folder `zoo` of the bench as the zoo.
fn with_zoo(bench: &Bench, arguments: &[&str]) -> Ran {
    let mut command = bench.command(arguments);
    command.env("BURN_RECURRENT_ZOO", bench.path("zoo"));
    Ran::new(command.output().unwrap())
}

fn export(bench: &Bench, model: &str, to: &str) {
    let ran = bench.run(&["export", "--model", model, "--to", to]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn a_language_model_is_exported_and_used_by_name() {
    let bench = Bench::new();
    assert_eq!(bench.run(&train("run", &[])).code, Some(0));
    export(&bench, "run", "zoo/tiny");
    let card = read_json(&bench.path("zoo/tiny/zoo.json"));
    let result = read_json(&bench.path("run/result.json"));
    let (shipped, trained) = (
        number(&card["figures"], "test_perplexity"),
        number(&result, "test_perplexity"),
    );
    assert!(
        shipped != trained && (shipped / trained - 1.0).abs() < 1e-3,
        "{shipped}, {trained}"
    );
    let line = &with_zoo(&bench, &["evaluate", "--model", "tiny", "--json"]).json()[0];
    assert_eq!(line["test_perplexity"], card["figures"]["test_perplexity"]);

    // The command that trains it again.
    let readme = std::fs::read_to_string(bench.path("zoo/tiny/README.md")).unwrap();
    let command = readme
        .lines()
        .find(|line| line.contains(" -- train "))
        .unwrap();
    let arguments = command.split_once(" -- ").unwrap().1.replace('\'', "");
    let mut arguments: Vec<&str> = arguments.split(' ').collect();
    arguments.extend(["--quiet", "--run", "again"]);
    assert!(arguments.contains(&"sample"), "{command}");
    assert_eq!(bench.run(&arguments).code, Some(0), "{command}");
    let again = read_json(&bench.path("again/result.json"));
    assert_eq!(again["test_perplexity"], result["test_perplexity"]);

    // The card's example is what `sample` writes.
    let card = ["card", "--model", "tiny", "--example", "tom"];
    assert_eq!(with_zoo(&bench, &card).code, Some(0));
    let written = with_zoo(&bench, &["sample", "--model", "tiny", "--prompt", "tom"]).stdout;
    let card = read_json(&bench.path("zoo/tiny/zoo.json"));
    assert_eq!(card["examples"][0]["output"], written);

    let sample = |model: &str| with_zoo(&bench, &["sample", "--model", model, "--max-tokens", "9"]);
    let text = sample("tiny");
    assert_eq!(text.code, Some(0), "{}", text.stderr);
    assert_eq!(text.stdout, sample("zoo/tiny").stdout);
    let score = with_zoo(&bench, &["score", "--model", "tiny", "--json", "the cat"]);
    assert!(number(&score.json()[0], "perplexity") > 1.0);
    // The folder `zoo` is found without being named, too.
    let mut command = bench.command(&["score", "--model", "tiny", "the cat"]);
    command.env_remove("BURN_RECURRENT_ZOO");
    assert_eq!(Ran::new(command.output().unwrap()).code, Some(0));
    with_zoo(&bench, &["score", "--model", "huge", "the cat"]).fails(2, &["`huge`", "has tiny"]);
}

#[test]
fn counts_are_exported_as_they_are() {
    let bench = Bench::new();
    let config = "[data]\nunit = \"word\"\nunknown = true\nsource = { kind = \"stories\", seed = 1, train_lines = 60, valid_lines = 10, \
                  test_lines = 10 }\n[model]\nkind = \"ngram\"\norder = 3\nsmoothing = { add-k = { k = 0.01 } }\n";
    bench.write("ngram.toml", config);
    let trained = bench.run(&["train", "ngram.toml", "--quiet", "--run", "run"]);
    assert_eq!(trained.code, Some(0), "{}", trained.stderr);
    export(&bench, "run", "zoo/counts");
    let counts = |folder: &str| std::fs::read(bench.path(folder).join("model.ngrams")).unwrap();
    assert_eq!(counts("run"), counts("zoo/counts"));
    let card = read_json(&bench.path("zoo/counts/zoo.json"));
    assert!(card["parameters"].is_null() && card["weights_type"].is_null());
    assert_eq!(card["main_figure"], "test_perplexity");
    let line = &with_zoo(&bench, &["evaluate", "--model", "counts", "--json"]).json()[0];
    assert_eq!(line["test_perplexity"], card["figures"]["test_perplexity"]);
    let listed = with_zoo(&bench, &["models"]).stdout;
    assert!(listed.contains("counts") && listed.contains("test perplexity"));
}
