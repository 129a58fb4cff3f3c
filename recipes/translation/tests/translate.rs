//! `translate`: a line out for each line in.

use crate::common::{Bench, Ran, Reversed, number};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

#[test]
fn lines_stay_in_order_and_do_not_depend_on_each_other_or_on_threads() {
    let bench = Bench::trained(&[]);
    let unknown = "Зачем вам это 日本語 🙂";
    let long = "a b c d e f g ".repeat(715);
    let mut lines: Vec<String> = Reversed::pairs(70, 9).into_iter().map(|p| p.0).collect();
    lines.splice(
        3..3,
        [
            "".to_string(),
            "h".to_string(),
            unknown.to_string(),
            "  ".to_string(),
        ],
    );
    lines.insert(20, long.trim_end().to_string());
    lines.extend(["".to_string(), "b a".to_string(), "".to_string()]);
    assert_eq!(lines[20].split(' ').count(), 5005);
    let text = lines.join("\n") + "\n";

    let whole = bench.translate("run", &text, &["--json"]).json();
    assert_eq!(whole.len(), lines.len());
    for (place, (line, source)) in whole.iter().zip(&lines).enumerate() {
        assert_eq!(line["line"], place + 1);
        assert_eq!(line["source"], source.as_str());
        let best = &line["translations"][0];
        let words = source.split_whitespace().count();
        assert_eq!(best["source_tokens"].as_array().unwrap().len(), words);
        if words == 0 {
            assert_eq!(best["text"], "", "{line}");
        }
        // A line in pieces has no alignment, nor has an empty one.
        let aligned = best["attention"].as_array();
        assert_eq!(aligned.is_some(), (1..=250).contains(&words));
        for row in aligned.into_iter().flatten() {
            let weights: Vec<f64> = row
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_f64)
                .collect();
            assert!(weights.len() == words && weights.iter().sum::<f64>() <= 1.0 + 1e-5);
        }
    }
    assert!(number(&whole[20]["translations"][0], "log_probability") < 0.0);
    // Each by itself, to the last bit.
    for place in [0, 3, 4, 5, 6, 12, 20, 75] {
        let alone = bench.translate("run", format!("{}\n", lines[place]), &["--json"]);
        let alone = alone.json();
        assert_eq!(alone.len(), 1);
        let (alone, among) = (&alone[0]["translations"], &whole[place]["translations"]);
        assert_eq!(alone, among, "{}", lines[place]);
    }
    // On one thread, from a file instead of standard input, without the last line's end, as text.
    let texts = |threads: &str| {
        bench.write("file.txt", text.trim_end_matches('\n').to_string() + "\n");
        let mut command = bench.command(&["translate", "--model", "run", "file.txt"]);
        command
            .env("BURN_RECURRENT_THREADS", threads)
            .env("RAYON_NUM_THREADS", threads);
        let ran = Ran::new(command.output().unwrap());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stdout
    };
    let one = texts("1");
    assert_eq!(one, texts("2"));
    let expected: Vec<&str> = whole
        .iter()
        .map(|line| line["translations"][0]["text"].as_str().unwrap())
        .collect();
    let found: Vec<&str> = one.lines().collect();
    assert_eq!(found, expected[..found.len()]);
    // The empty last line is behind the end of what was written.
    assert_eq!(found.len(), lines.len() - 1);
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing() {
    let bench = Bench::trained(&[]);
    let expected = bench.translate("run", "a b c d\n\ne f g h\n", &[]).stdout;
    assert_eq!(expected.lines().count(), 3);
    for text in ["a b c d\r\n\r\ne f g h\r\n", "\u{feff}a b c d\n\ne f g h"] {
        assert_eq!(bench.translate("run", text, &[]).stdout, expected);
    }
    assert_eq!(bench.translate("run", "", &[]).stdout, "");
    assert_eq!(bench.translate("run", "\n", &[]).stdout, "\n");
}

#[test]
fn the_best_translations_are_listed_the_best_first() {
    let bench = Bench::trained(&["--set", "training.epochs=3"]);
    let text = "a b c d\n\nh g\n";
    let best = bench.translate("run", text, &[]).stdout;
    let best: Vec<&str> = best.lines().collect();
    // More than the config's beam: it is widened.
    let listed = bench.translate("run", text, &["--nbest", "8"]).stdout;
    let listed: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split(" ||| ").collect())
        .collect();
    let of = |line: &str| -> Vec<&Vec<&str>> {
        listed.iter().filter(|listed| listed[0] == line).collect()
    };
    assert_eq!((of("1").len(), of("2").len(), of("3").len()), (8, 1, 8));
    for line in ["1", "3"] {
        let scores: Vec<f64> = of(line).iter().map(|l| l[2].parse().unwrap()).collect();
        assert!(scores.is_sorted_by(|one, next| one >= next), "{scores:?}");
        let texts: std::collections::BTreeSet<&str> = of(line).iter().map(|l| l[1]).collect();
        assert!(texts.len() > 4, "{texts:?}");
    }
    let five = bench.translate("run", text, &["--nbest", "1"]).stdout;
    let five: Vec<&str> = five
        .lines()
        .map(|line| line.split(" ||| ").nth(1).unwrap())
        .collect();
    assert_eq!(five, best);
    // Greedily, and what it gives with a beam can only be as likely or likelier by the search's own measure.
    let likelihood = |more: &[&str]| -> Vec<f64> {
        let more = [more, &["--json", "--length-penalty", "0"]].concat();
        let lines = bench.translate("run", text, &more).json();
        lines
            .iter()
            .map(|line| number(&line["translations"][0], "score"))
            .collect()
    };
    let (greedy, beam) = (likelihood(&["--beam", "1"]), likelihood(&["--beam", "20"]));
    assert_eq!(greedy.len(), 3);
    for (greedy, beam) in greedy.iter().zip(&beam) {
        assert!(beam >= greedy, "{beam}, {greedy}");
    }
    let json = &bench
        .translate("run", text, &["--json", "--nbest", "3"])
        .json();
    let counts: Vec<usize> = json
        .iter()
        .map(|line| line["translations"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [3, 1, 3]);
}

#[test]
fn unknown_words_are_replaced_by_those_that_were_looked_at() {
    // A word of the training data that is too seldom for the vocabulary, often enough to be learnt as unknown.
    let bench = Bench::with_pairs(60);
    let pairs: Vec<(String, String)> = (0..300)
        .map(|number| (format!("a s{number} b"), format!("A S{number} B")))
        .collect();
    bench.write("train.tsv", Reversed::tsv(&pairs));
    let tokens = [
        "--set",
        "tokens.source.min_count=2",
        "--set",
        "tokens.target.min_count=2",
    ];
    let ran = bench.train(
        "run",
        &[&tokens[..], &["--set", "training.epochs=4"]].concat(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = "a x b\n";
    assert_eq!(bench.translate("run", text, &[]).stdout, "A <unk> B\n");
    let replaced = bench.translate("run", text, &["--replace-unknown"]).stdout;
    let words: Vec<&str> = replaced.split_whitespace().collect();
    assert!(
        words.len() == 3 && ["a", "x", "b", "<unk>"].contains(&words[1]),
        "{replaced}"
    );
    assert_ne!(words[1], "<unk>");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error_and_output_comes_before_the_end_of_input() {
    let bench = Bench::trained(&[]);
    bench.write("long.txt", "a b c d e\n".repeat(30_000));
    for more in [&[][..], &["--json"], &["--nbest", "2"]] {
        let arguments = [
            &["translate", "--model", "run", "--beam", "2", "long.txt"],
            more,
        ]
        .concat();
        let mut command = bench.command(&arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut first).unwrap();
        assert!(first.ends_with('\n'), "{first}");
        drop(reader);
        let mut errors = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "{status}: {errors}");
        // There may be progress.
        assert!(!errors.contains("error"), "{errors}");
    }
}

#[test]
fn the_alignment_that_is_drawn_is_the_first_that_there_is() {
    let bench = Bench::trained(&[]);
    let drawn = bench.translate("run", "\n \nc d\ne f\n", &["--attention", "x.svg"]);
    assert_eq!(drawn.code, Some(0), "{}", drawn.stderr);
    let picture = std::fs::read_to_string(bench.path("x.svg")).unwrap();
    let has = |word: &str| picture.lines().any(|line| line.trim() == word);
    assert!(has("c") && has("d") && !has("e"), "{picture}");
    // Where there is none it is said, and the lines are written all the same.
    std::fs::remove_file(bench.path("x.svg")).unwrap();
    let none = bench.translate("run", "\n\n", &["--attention", "x.svg"]);
    none.fails(1, &["x.svg was not written"]);
    assert_eq!(none.stdout, "\n\n");
    let nowhere = bench.translate("run", "a\n", &["--attention", "no/x.svg"]);
    nowhere.fails(1, &["no/x.svg"]);
}

/// A program that waits for each answer before it asks on.
#[test]
fn who_waits_for_a_translation_gets_it_before_the_end_of_input() {
    let bench = Bench::trained(&[]);
    let lines = ["a b c d", "", "e f g h"];
    let answers =
        burn_recurrent_tests::answers(&mut bench.command(&["translate", "--model", "run"]), &lines);
    for (line, answer) in lines.iter().zip(answers) {
        let alone = bench.translate("run", format!("{line}\n"), &[]);
        assert_eq!(answer + "\n", alone.stdout);
    }
}

#[test]
fn what_the_model_does_not_know_is_said() {
    let bench = Bench::trained(&[]);
    let ran = bench.translate("run", "a zebra b\nzebra x y\nc\n", &[]);
    let expected =
        "warning: \"x\", \"y\", \"zebra\" not in the source's vocabulary, read as <unk>\n";
    assert!(ran.stderr.ends_with(expected), "{}", ran.stderr);
    let many = bench.translate("run", "1 2 3 4 5 6 7\n", &[]);
    let expected = "\"4\", \"5\" and others not in";
    assert!(many.stderr.contains(expected), "{}", many.stderr);
    let none = bench.translate("run", "a b\n", &[]);
    assert!(!none.stderr.contains("warning"), "{}", none.stderr);
}
