//! `export` and the use of models by name, through the binary.

use crate::common::{Bench, Ran, number, read_json};
use std::path::Path;

/// Runs with the folder `zoo` of the bench as the zoo.
fn with_zoo(bench: &Bench, arguments: &[&str]) -> Ran {
    let mut command = bench.command(arguments);
    command.env("BURN_RECURRENT_ZOO", bench.path("zoo"));
    Ran::new(command.output().unwrap())
}

fn export(bench: &Bench, to: &str, more: &[&str]) -> Ran {
    bench.run(&[&["export", "--model", "run", "--to", to], more].concat())
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_tagger_is_exported_and_used_by_name() {
    let bench = Bench::with_chunks();
    assert_eq!(bench.train("run", &[]).code, Some(0));
    let exported = export(&bench, "zoo/chunks", &[]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    assert_eq!(
        entries(&bench.path("zoo/chunks")),
        [
            "README.md",
            "config.toml",
            "data.json",
            "model.json",
            "model.safetensors",
            "vocabulary",
            "zoo.json"
        ]
    );

    // The card's figures are those of what is shipped, and near those of the run.
    let card = read_json(&bench.path("zoo/chunks/zoo.json"));
    let result = read_json(&bench.path("run/result.json"));
    assert_eq!(card["main_figure"], "test_f1");
    assert_eq!(card["weights_type"], "f16");
    assert_eq!(card["run_figures"]["test_f1"], result["test_f1"]);
    let shipped = number(&card["figures"], "test_f1");
    assert!((shipped - number(&result, "test_f1")).abs() < 0.02);
    let arguments = ["evaluate", "--json", "--model"];
    for model in ["chunks", "zoo/chunks"] {
        let line = &with_zoo(&bench, &[&arguments[..], &[model]].concat()).json()[0];
        for figure in ["test_f1", "test_accuracy", "test_precision", "test_recall"] {
            assert_eq!(line[figure], card["figures"][figure], "{figure}");
        }
    }
    let size = |path: &str| bench.path(path).metadata().unwrap().len();
    let weights = size("zoo/chunks/model.safetensors");
    assert!(weights < size("run/model.safetensors"));
    assert!(number(&card, "parameters") * 2.0 < weights as f64);

    let readme = std::fs::read_to_string(bench.path("zoo/chunks/README.md")).unwrap();
    let revision = result["git_revision"].as_str().unwrap();
    let device = result["device"].as_str().unwrap();
    for part in [
        "# chunks",
        "tag --model chunks",
        "| figure | as shipped | before rounding |",
        "**test f1**",
        "train zoo/chunks/config.toml",
        "epochs: 2",
        "seed: ",
        revision,
        device,
    ] {
        assert!(readme.contains(part), "no {part} in {readme}");
    }
    // Nothing of the machine.
    let folder = bench.path("");
    for file in ["README.md", "zoo.json", "config.toml"] {
        let text = std::fs::read_to_string(bench.path("zoo/chunks").join(file)).unwrap();
        assert!(!text.contains(folder.to_str().unwrap()), "{file}: {text}");
    }

    // A folder like `tag` needs no data, nor any run.
    std::fs::remove_file(bench.path("train.txt")).unwrap();
    bench.write("to-tag.txt", "the cat sat near a river .\n");
    let tag = |model: &str| with_zoo(&bench, &["tag", "--model", model, "to-tag.txt"]);
    let of_run = tag("run");
    assert_eq!(of_run.stdout.lines().count(), 8);
    for model in ["chunks", "zoo/chunks"] {
        let ran = tag(model);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(ran.stdout, of_run.stdout);
    }
    with_zoo(&bench, &["evaluate", "--model", "chunks"]).fails(1, &["train.txt"]);

    let listed = with_zoo(&bench, &["models"]);
    let line = listed.stdout.lines().nth(1).unwrap();
    for part in ["chunks", "MB", "test f1", "spans"] {
        assert!(line.contains(part), "{line}");
    }
    let listed = &with_zoo(&bench, &["models", "--json"]).json()[0];
    assert_eq!(listed["name"], "chunks");
    assert_eq!(listed["figures"], card["figures"]);

    // Without its data it is shipped with the figures of the run, and says so.
    let again = export(&bench, "zoo/unmeasured", &[]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(again.stderr.contains("train.txt"), "{}", again.stderr);
    let readme = std::fs::read_to_string(bench.path("zoo/unmeasured/README.md")).unwrap();
    assert!(readme.contains("before they were rounded to f16"));
    let card = read_json(&bench.path("zoo/unmeasured/zoo.json"));
    assert_eq!(card["figures"], card["run_figures"]);
    assert_eq!(with_zoo(&bench, &["models", "--json"]).json().len(), 2);
}

#[test]
fn what_cannot_be_exported_or_found_is_refused() {
    let bench = Bench::with_chunks();
    assert_eq!(bench.train("run", &[]).code, Some(0));
    std::fs::create_dir_all(bench.path("zoo/mine")).unwrap();
    bench.write("zoo/mine/thesis.txt", "words");
    export(&bench, "zoo/mine", &[]).fails(2, &["zoo/mine", "not an empty folder", "--to"]);
    assert_eq!(entries(&bench.path("zoo/mine")), ["thesis.txt"]);
    export(&bench, "zoo/..", &[]).fails(2, &["does not end in a name"]);
    assert_eq!(export(&bench, "zoo/a", &["--type", "f8"]).code, Some(2));

    // An empty folder is used.
    std::fs::create_dir(bench.path("zoo/a")).unwrap();
    let exported = export(&bench, "zoo/a/", &["--type", "f32"]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    let weights = |folder: &str| std::fs::read(bench.path(folder).join("model.safetensors"));
    assert_eq!(weights("zoo/a").unwrap(), weights("run").unwrap());
    let readme = std::fs::read_to_string(bench.path("zoo/a/README.md")).unwrap();
    assert!(readme.contains("What is shipped is what was trained"));

    with_zoo(&bench, &["tag", "--model", "nowhere"]).fails(2, &["`nowhere`", "has a", "models"]);
    bench
        .run(&["export", "--model", "zoo/a", "--to", "zoo/b"])
        .fails(2, &["not a run directory"]);
    // A model of another recipe, and a run that has not ended.
    let card = std::fs::read_to_string(bench.path("zoo/a/zoo.json")).unwrap();
    bench.write(
        "zoo/a/zoo.json",
        card.replace("sequence-tagging", "translation"),
    );
    with_zoo(&bench, &["tag", "--model", "a"]).fails(2, &["translation"]);
    assert!(
        with_zoo(&bench, &["models"])
            .stderr
            .contains("no models of sequence-tagging")
    );
    bench.write("zoo/a/zoo.json", "{");
    with_zoo(&bench, &["models"]).fails(1, &["zoo.json", "export"]);
    std::fs::remove_file(bench.path("run/result.json")).unwrap();
    export(&bench, "zoo/b", &[]).fails(1, &["has not ended", "--resume"]);
    bench.write("run/result.json", "{}");
    export(&bench, "zoo/b", &[]).fails(1, &["result.json"]);
    // Nothing half-made is left.
    assert_eq!(entries(&bench.path("zoo")), ["a", "mine"]);
}

#[test]
fn a_card_has_examples_published_figures_and_notes_and_is_written_again() {
    let bench = Bench::with_chunks();
    assert_eq!(bench.train("run", &[]).code, Some(0));
    let text = [
        "--example",
        "the cat's nose",
        "--example",
        "the cat sat .",
        "--published",
        "test f1: 94.13 (Huang et al. 2015)",
        "--note",
        "Of a few\nsentences.",
    ];
    let exported = export(&bench, "zoo/chunks", &text);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    let read = |file: &str| std::fs::read_to_string(bench.path("zoo/chunks").join(file)).unwrap();
    let files = || ["README.md", "zoo.json"].map(read);
    let [readme, json] = files();
    bench.write("line.txt", "the cat sat .\n");
    let arguments = [
        "tag", "--model", "chunks", "--format", "terminal", "line.txt",
    ];
    let tagged = with_zoo(&bench, &arguments).stdout;
    for part in [
        "echo 'the cat sat .' | cargo run --release -p sequence-tagging -- tag --model chunks --format terminal",
        r"echo 'the cat'\''s nose' |",
        &format!("```text\n{tagged}```"),
        "| figure | as shipped | before rounding | published |\n| --- | ---: | ---: | --- |",
        " | 94.13 (Huang et al. 2015) |\n",
        "- Of a few sentences.\n",
    ] {
        assert!(readme.contains(part), "no {part} in {readme}");
    }
    let card = read_json(&bench.path("zoo/chunks/zoo.json"));
    assert_eq!(card["examples"][1]["output"], tagged);
    assert_eq!(card["published"]["test_f1"], "94.13 (Huang et al. 2015)");

    // Written again it says the same to the bit, and without them nothing of them is left.
    let again = |text: &[&str]| with_zoo(&bench, &[&["card", "--model", "chunks"], text].concat());
    let ran = again(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("examples on the card: 0, in place of 2"),
        "{}",
        ran.stderr
    );
    let [without, _] = files();
    assert!(!without.contains("## Examples") && !without.contains("## Notes"));
    assert!(
        without.contains("| figure | as shipped | before rounding |\n"),
        "{without}"
    );
    assert_eq!(again(&text).code, Some(0));
    assert_eq!(files(), [readme, json]);

    again(&["--published", "bleu: 3"]).fails(2, &["`bleu`", "test_f1"]);
    again(&["--published", "94.13"]).fails(2, &["a colon"]);
    bench
        .run(&["card", "--model", "run"])
        .fails(2, &["no exported model", "export --model RUN"]);
}
