//! `score`: every line keeps its place, and a model of bytes its bytes.

use crate::common::{Bench, number};
use serde_json::Value;

/// A trained n-gram model of this unit.
fn trained(unit: &str, text: &[u8]) -> Bench {
    let bench = Bench::new();
    bench.write("text", text);
    let config = format!(
        "[data]\nunit = \"{unit}\"\nsource = {{ kind = \"files\", train = \"text\", valid = \"text\" }}\n\
         [model]\nkind = \"ngram\"\norder = 2\nsmoothing = {{ add-k = {{ k = 0.1 }} }}\n"
    );
    bench.write("config.toml", config);
    let ran = bench.run(&["train", "config.toml", "--run", "run", "--quiet"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    bench
}

fn scored(bench: &Bench, bytes: &[u8]) -> Vec<Value> {
    bench.write("lines", bytes);
    let ran = bench.run(&["score", "--model", "run", "--json", "--file", "lines"]);
    ran.json()
}

fn tokens(lines: &[Value]) -> Vec<f64> {
    lines.iter().map(|line| number(line, "tokens")).collect()
}

#[test]
fn blank_lines_keep_their_place_whatever_the_unit() {
    for (unit, expected) in [
        // A blank line is its end alone.
        ("word", [1.0, 3.0, 1.0, 2.0]),
        ("character", [0.0, 7.0, 0.0, 3.0]),
        ("byte", [0.0, 7.0, 0.0, 3.0]),
    ] {
        let bench = trained(unit, b"the cat\nthe cat\n");
        let lines = scored(&bench, b"\nthe cat\n\nthe\n");
        assert_eq!(tokens(&lines), expected, "{unit}");
        for line in &lines {
            let empty = number(line, "tokens") == 0.0;
            assert_eq!(line["rank"].is_null(), empty, "{line}");
            assert_eq!(line["perplexity"].is_null(), empty, "{line}");
        }
        let ranks = lines.iter().filter_map(|line| line["rank"].as_u64());
        let mut ranks: Vec<u64> = ranks.collect();
        ranks.sort_unstable();
        assert_eq!(ranks, (1..=ranks.len() as u64).collect::<Vec<_>>());
        // For a person, all of them too.
        let shown = bench
            .run(&["score", "--model", "run", "--file", "lines"])
            .stdout;
        assert_eq!(shown.lines().count(), 1 + lines.len(), "{shown}");
    }
}

#[test]
fn a_model_of_bytes_scores_bytes() {
    let bench = trained("byte", b"ab\xff\ncd\r\nab\xff\n");
    // No UTF-8, a CR that is a byte, a mark that is three, and what a text could not be.
    let lines = scored(&bench, b"ab\xff\ncd\r\n\xef\xbb\xbfa\n\0\0\nab");
    assert_eq!(tokens(&lines), [3.0, 3.0, 4.0, 2.0, 2.0]);
    assert_eq!(lines[0]["sentence"], "ab\u{fffd}");
    // The same bytes are as likely, wherever they come from.
    let alone = bench
        .run(&["score", "--model", "run", "--json", "ab"])
        .json();
    assert_eq!(alone[0]["log_probability"], lines[4]["log_probability"]);
    let mut command = bench.command(&["score", "--model", "run", "--json"]);
    command.stdin(std::fs::File::open(bench.path("lines")).unwrap());
    let piped = crate::common::Ran::new(command.output().unwrap()).json();
    assert_eq!(piped, lines);
    bench.write("empty", b"");
    let ran = bench.run(&["score", "--model", "run", "--file", "empty"]);
    ran.fails(1, &["empty"]);
}

#[test]
fn nothing_to_score_is_said() {
    let bench = trained("byte", b"ab\ncd\n");
    bench.write("lines", b"\n\n");
    bench
        .run(&["score", "--model", "run", "--file", "lines"])
        .fails(2, &["too short to score"]);
    bench
        .run(&["score", "--model", "run", ""])
        .fails(2, &["too short to score"]);
}
