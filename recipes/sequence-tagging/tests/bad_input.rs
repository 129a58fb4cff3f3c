//! Whatever is wrong is said clearly, with the right exit code, and nothing is lost.

use crate::common::{Bench, CONFIG, Chunks, Ran, flip_a_bit, number};
use std::path::Path;

/// Arguments that make a training as short as it can be.
const SHORT: &[&str] = &["--set", "training.epochs=1"];

fn train(bench: &Bench, run: &str) -> Ran {
    bench.train(run, &[SHORT, &["--json"]].concat())
}

#[test]
fn rows_with_missing_or_extra_columns_are_named_by_file_and_line() {
    let bench = Bench::with_chunks();
    bench.write("train.txt", "the B-NP\ncat I-NP\n\nthe\n");
    train(&bench, "run").fails(1, &["train.txt", "line 4", "1 columns", "expected 2"]);
    bench.write("train.txt", "the B-NP\ncat NN I-NP\n");
    train(&bench, "run").fails(1, &["train.txt", "line 2", "3 columns", "expected 2"]);
    let bench = Bench::with_chunks();
    bench.write("test.txt", "the B-NP\n\ncat I-NP x y\n");
    train(&bench, "run").fails(1, &["test.txt", "line 3", "4 columns"]);
    bench.write("train.txt", "");
    train(&bench, "run").fails(1, &["train.txt"]);
    assert!(!bench.path("run").exists(), "nothing was begun");
}

#[test]
fn a_label_that_training_never_saw_is_warned_of_and_counts_as_an_error() {
    let bench = Bench::with_chunks();
    let text = Chunks::text(&Chunks::sentences(10, 0));
    bench.write("test.txt", text.replacen("B-PP", "B-LST", 1));
    bench.write("valid.txt", text.replacen("B-VP", "B-UCP", 1));
    let ran = train(&bench, "run");
    let result = &ran.json()[0];
    for warning in ["test.txt, line 4", "B-LST", "valid.txt, line 3", "B-UCP"] {
        assert!(
            ran.stderr.contains(warning),
            "no `{warning}` in {}",
            ran.stderr
        );
    }
    let unseen = &result["labels"]["LST"];
    assert_eq!((number(unseen, "count"), number(unseen, "f1")), (1.0, 0.0));
    let line = &bench.run(&["evaluate", "--model", "run", "--json"]).json()[0];
    assert_eq!(line["test_accuracy"], result["test_accuracy"]);

    // Where no validation sentence has a loss, it is said at once.
    bench.write("valid.txt", "the B-UCP\n");
    train(&bench, "other").fails(1, &["validation data"]);
}

#[test]
fn blank_lines_mixed_line_endings_and_byte_order_marks_change_nothing() {
    let bench = Bench::with_chunks();
    let expected = train(&bench, "run").json().remove(0);
    let text = std::fs::read_to_string(bench.path("train.txt")).unwrap();
    let mut number_of_lines = 0;
    let mixed: String = text
        .lines()
        .map(|line| {
            number_of_lines += 1;
            let ending = if number_of_lines % 3 == 0 {
                "\r\n"
            } else {
                "\n"
            };
            let blank = if line.is_empty() { "\n \t\n\r\n" } else { "" };
            format!("{line}{ending}{blank}")
        })
        .collect();
    bench.write("train.txt", format!("\u{feff}\n\n{}", mixed.trim_end()));
    let found = train(&bench, "mixed").json().remove(0);
    for key in [
        "test_accuracy",
        "test_f1",
        "valid_nats_per_token",
        "datasets",
    ] {
        assert_eq!(found[key], expected[key], "{key}");
    }
    let tagged = bench
        .tag("run", "the cat\r\nthe dog\n\r\n", &["--format", "json"])
        .json();
    assert_eq!(tagged.len(), 3);
    assert_eq!(tagged[0]["tokens"].as_array().unwrap().len(), 2);
}

#[test]
fn endless_sentences_and_words_are_trained_on_and_tagged_whole() {
    let bench = Bench::with_chunks();
    let mut text = Chunks::text(&Chunks::sentences(5, 0));
    for word in 0..10_000 {
        let label = ["B-NP", "I-NP", "O"][word % 3];
        text += &format!("w{} {label}\n", word % 50);
    }
    text += &format!("\n{} B-NP\n", "ä".repeat(10_000));
    bench.write("train.txt", &text);
    bench.write("test.txt", &text);
    let result = train(&bench, "run").json().remove(0);
    assert!(number(&result, "test_accuracy") > 0.0);
    let long_word = "x".repeat(10_000);
    let input = format!("{}\n{long_word} ok\nlast\n", "the cat ".repeat(12_500));
    let tagged = bench.tag("run", input, &["--format", "json"]).json();
    let lengths: Vec<usize> = tagged
        .iter()
        .map(|t| t["labels"].as_array().unwrap().len())
        .collect();
    assert_eq!(lengths, [25_000, 2, 1]);
    assert_eq!(tagged[1]["tokens"][0], long_word.as_str());
    let shown = bench.run(&["evaluate", "--model", "run"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(
        shown.stdout.lines().all(|line| line.chars().count() < 500),
        "words are shortened"
    );
}

#[test]
fn invalid_utf_8_is_named_and_what_came_before_it_is_tagged() {
    let bench = Bench::with_chunks();
    bench.write("train.txt", b"the B-NP\nc\xffat I-NP\n");
    train(&bench, "run").fails(1, &["train.txt", "line 2", "UTF-8"]);
    let bench = Bench::with_chunks();
    assert_eq!(train(&bench, "run").code, Some(0));
    let tagged = bench.tag("run", b"the cat\nthe dog\nthe \xff\nthe end\n", &[]);
    tagged.fails(1, &["standard input", "line 3", "UTF-8"]);
    assert_eq!(tagged.stdout.lines().count(), 6, "{}", tagged.stdout);
    let tagged = bench.tag("run", "the\ncat\n\nthe cat\n\n", &["--input", "conll"]);
    tagged.fails(1, &["standard input", "line 4", "2 columns", "expected 1"]);
    assert_eq!(tagged.stdout.lines().count(), 3, "{}", tagged.stdout);
    let missing = bench.run(&["tag", "--model", "run", "no.txt"]);
    missing.fails(1, &["no.txt"]);
}

#[test]
fn spans_that_begin_with_i_are_read_as_conlleval_reads_them() {
    let bench = Bench::with_chunks();
    // In IOB1 the same spans are written otherwise.
    let expected = train(&bench, "run").json().remove(0);
    for name in ["train.txt", "valid.txt", "test.txt"] {
        let text = std::fs::read_to_string(bench.path(name)).unwrap();
        let mut before = "";
        let iob1: String = text
            .lines()
            .map(|line| {
                let label = line.split(' ').nth(1).unwrap_or("");
                let touches = before.len() > 1 && label.len() > 1 && before[2..] == label[2..];
                before = label;
                match line.split_once(" B-") {
                    Some((word, kind)) if !touches => format!("{word} I-{kind}\n"),
                    _ => format!("{line}\n"),
                }
            })
            .collect();
        assert!(iob1.contains("the I-NP"));
        bench.write(name, iob1);
    }
    let found = train(&bench, "iob1").json().remove(0);
    for key in ["test_accuracy", "test_f1", "valid_nats_per_token", "labels"] {
        assert_eq!(found[key], expected[key], "{key}");
    }
}

#[test]
fn labels_that_mark_no_span_are_refused_where_spans_are_the_task() {
    let bench = Bench::with_chunks();
    bench.write("train.txt", "the B-NP\n\ncat NOUN\n");
    train(&bench, "run").fails(
        1,
        &[
            "train.txt, line 3",
            "NOUN",
            "marks no span",
            "kind = \"tags\"",
        ],
    );
}

#[test]
fn vectors_that_do_not_fit_are_named_by_file_and_line_and_headers_are_understood() {
    let bench = Bench::with_chunks();
    let vectors = "words.vectors=vectors.txt";
    let with = |text: &str| {
        bench.write("vectors.txt", text);
        bench.train("run", &[SHORT, &["--set", vectors]].concat())
    };
    with("the 1 2 3 4 5 6 7 8\ncat 1 2 3\n")
        .fails(1, &["vectors.txt", "line 2", "3 numbers", "expected 8"]);
    with("the 1 2 3 4 5 6 7 eight\n").fails(1, &["vectors.txt, line 1", "eight"]);
    with("2 8\nthe 1 2 3 4 5 6 7 8\n").fails(1, &["vectors.txt", "expected 2"]);
    with("the 1 2 3\n").fails(2, &["model.d_word", "3 wide"]);
    with("").fails(1, &["vectors.txt"]);
    assert!(!bench.path("run").exists(), "nothing was begun");
    bench
        .train("run", &["--set", "words.vectors=no.txt"])
        .fails(1, &["no.txt"]);
    assert_eq!(
        with("2 8\nthe 1 2 3 4 5 6 7 8\ncat 1 2 3 4 5 6 7 8\n").code,
        Some(0)
    );
    // The run goes on only with the vectors that it began with.
    bench.write("vectors.txt", "the 8 7 6 5 4 3 2 1\n");
    bench
        .run(&["train", "--run", "run", "--resume"])
        .fails(1, &["vectors", "began with"]);
}

#[test]
fn a_wrong_config_is_named_by_its_key_with_what_is_allowed() {
    let bench = Bench::with_chunks();
    let config = |from: &str, to: &str| {
        assert!(CONFIG.contains(from));
        bench.write("config.toml", CONFIG.replace(from, to));
        bench.run(&["train", "config.toml", "--run", "run"])
    };
    config("d_hidden = 8", "d_hidden = 0").fails(2, &["config.toml", "model.d_hidden"]);
    config("kind = \"cnn\"", "kind = \"rnn\"").fails(2, &["rnn", "bi-lstm", "cnn"]);
    config("valid_f1", "valid_f2").fails(2, &["training.monitor.metric", "valid_f1"]);
    config("tokens = 60", "token = 60").fails(2, &["token", "tokens"]);
    config("learn = \"bioes\"", "learn = \"bilou\"").fails(2, &["bilou", "bioes"]);
    config(
        "\"test.txt\"",
        "\"test.txt\", format = { kind = \"conllu\", column = \"ner\" }",
    )
    .fails(2, &["ner", "upos"]);
    let set = |set: &str| bench.run(&["train", "--run", "run", "--set", set]);
    set("data.source={kind=\"catalog\", name=\"ewt\"}").fails(1, &["ewt", "ud-english-ewt"]);
    set("data.source={kind=\"catalog\", name=\"ptb\"}").fails(1, &["ptb", "tagged sentences"]);
    set("training.epoch=1").fails(2, &["epoch", "epochs"]);
    assert!(!bench.path("run").exists(), "nothing was begun");
    bench
        .run(&["train", "huge"])
        .fails(2, &["huge", "ewt-upos"]);
    assert_eq!(bench.run(&["tag"]).code, Some(2));
    assert_eq!(
        bench.run(&["tag", "--model", "x", "--format", "xml"]).code,
        Some(2)
    );
}

#[test]
fn a_run_directory_of_another_recipe_or_none_is_refused_and_none_is_overwritten() {
    let bench = Bench::with_chunks();
    assert_eq!(train(&bench, "run").code, Some(0));
    let model = std::fs::read(bench.path("run/model.safetensors")).unwrap();
    train(&bench, "run").fails(2, &["run", "--resume"]);
    assert!(std::fs::read(bench.path("run/model.safetensors")).unwrap() == model);
    let manifest = std::fs::read_to_string(bench.path("run/run.json")).unwrap();
    bench.write(
        "run/run.json",
        manifest.replace("sequence-tagging", "translation"),
    );
    for verb in ["evaluate", "tag"] {
        bench
            .run(&[verb, "--model", "run"])
            .fails(2, &["translation", "sequence-tagging"]);
        bench
            .run(&[verb, "--model", "nowhere"])
            .fails(2, &["nowhere"]);
    }
    bench
        .run(&["train", "--run", "run", "--resume"])
        .fails(2, &["translation"]);
}

#[test]
fn damaged_or_exchanged_files_of_a_run_are_named() {
    let bench = Bench::with_chunks();
    assert_eq!(train(&bench, "run").code, Some(0));
    for file in [
        "model.safetensors",
        "vocabulary/words.json",
        "vocabulary/labels.json",
    ] {
        flip_a_bit(&bench.path("run").join(file));
        let name = Path::new(file).file_name().unwrap().to_str().unwrap();
        for verb in ["evaluate", "tag"] {
            bench.run(&[verb, "--model", "run"]).fails(1, &[name]);
        }
        flip_a_bit(&bench.path("run").join(file));
    }
    // Whole, but of another run.
    bench.write(
        "train.txt",
        Chunks::text(&Chunks::sentences(3, 0)).replace("cat", "cow"),
    );
    assert_eq!(train(&bench, "other").code, Some(0));
    let words = bench.path("run/vocabulary/words.json");
    let own = std::fs::read(&words).unwrap();
    std::fs::copy(bench.path("other/vocabulary/words.json"), &words).unwrap();
    bench
        .run(&["tag", "--model", "run"])
        .fails(1, &["words", "trained with"]);
    std::fs::write(&words, own).unwrap();
    // Other training sentences than those that the run began with.
    for arguments in [
        &["train", "--run", "run", "--resume"][..],
        &["evaluate", "--model", "run", "--split", "valid"],
    ] {
        bench.run(arguments).fails(1, &["train data", "began with"]);
    }
    bench
        .run(&["evaluate", "--model", "run", "--split", "dev"])
        .fails(1, &["began with"]);
    // To tag, no data is needed.
    std::fs::remove_file(bench.path("train.txt")).unwrap();
    assert_eq!(bench.tag("run", "the cat\n", &[]).code, Some(0));
}

#[test]
fn a_damaged_checkpoint_is_named_and_nothing_is_overwritten() {
    let bench = Bench::with_chunks();
    assert_eq!(train(&bench, "run").code, Some(0));
    let model = std::fs::read(bench.path("run/model.safetensors")).unwrap();
    let checkpoints = std::fs::read_dir(bench.path("run/checkpoints")).unwrap();
    let newest = checkpoints
        .map(|entry| entry.unwrap().path())
        .max()
        .unwrap();
    flip_a_bit(&newest.join("model.bpk"));
    let resume = ["train", "--run", "run", "--resume"];
    let said = ["model.bpk", "SHA-256", "--resume"];
    bench.run(&resume).fails(1, &said);
    let whole = std::fs::read(newest.join("optimizer.bpk")).unwrap();
    std::fs::write(newest.join("model.bpk"), &whole[..whole.len() / 2]).unwrap();
    bench.run(&resume).fails(1, &["model.bpk", "bytes"]);
    assert!(std::fs::read(bench.path("run/model.safetensors")).unwrap() == model);
}

#[cfg(unix)]
#[test]
fn an_unwritable_run_directory_is_named() {
    let bench = Bench::with_chunks();
    bench.write("file", "in the way");
    train(&bench, "file/run").fails(1, &["file/run"]);
    // Not even root can write there.
    train(&bench, "/proc/run").fails(1, &["/proc"]);
}

#[test]
fn a_split_that_there_is_not_is_answered_with_those_there_are() {
    let bench = Bench::with_chunks();
    bench.write("config.toml", CONFIG.replace(", test = \"test.txt\"", ""));
    let result = train(&bench, "run").json().remove(0);
    assert!(result.get("test_f1").is_none() && number(&result, "valid_accuracy") > 0.0);
    bench
        .run(&["evaluate", "--model", "run"])
        .fails(2, &["no test split", "--split valid"]);
    bench
        .run(&["evaluate", "--model", "run", "--split", "dev"])
        .fails(2, &["dev", "train, valid"]);
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_says_what_to_change() {
    let bench = Bench::with_chunks();
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
    let bench = Bench::with_chunks();
    for output in ["crf", "softmax"] {
        let output = format!("model.output={{kind=\"{output}\"}}");
        let more = ["--set", "training.learning_rate=1e30", "--set", &output];
        let ran = bench.train("run", &more);
        ran.fails(1, &["loss, in nats a token", "training.learning_rate"]);
        assert!(!bench.path("run/result.json").exists());
        std::fs::remove_dir_all(bench.path("run")).unwrap();
    }
}
