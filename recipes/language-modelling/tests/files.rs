//! Text as it comes: marks, line ends, characters that may or may not part words, and files that are no text.

use crate::common::{Bench, Ran, number};
use std::io::Write;

const LINES: [&str; 4] = [
    "the cat sat on the mat",
    "the dog sat on the cat",
    "a dog sat near 26\u{a0}000 cats",
    "the end",
];

/// Trains an n-gram model of words on these bytes, and validates on the same.
fn train(bench: &Bench, run: &str, text: impl AsRef<[u8]>) -> Ran {
    bench.write("text", text);
    let config = "[data]\nunit = \"word\"\nunknown = true\n\
                  source = { kind = \"files\", train = \"text\", valid = \"text\", test = \"text\" }\n\
                  [model]\nkind = \"ngram\"\norder = 2\nsmoothing = { add-k = { k = 0.1 } }\n";
    bench.write("config.toml", config);
    bench.run(&["train", "config.toml", "--run", run, "--json"])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn marks_line_ends_and_compression_change_nothing() {
    let bench = Bench::new();
    let lf = LINES.join("\n") + "\n";
    let expected = train(&bench, "expected", &lf).json().remove(0);
    let scored = |run: &str, bytes: &[u8]| -> Vec<f64> {
        bench.write("lines", bytes);
        let ran = bench.run(&["score", "--model", run, "--json", "--file", "lines"]);
        let lines = ran.json();
        lines
            .iter()
            .map(|line| number(line, "log_probability"))
            .collect()
    };
    let of_lines = scored("expected", lf.as_bytes());
    assert_eq!(of_lines.len(), LINES.len());
    let crlf = LINES.join("\r\n");
    for (name, bytes) in [
        ("mark", format!("\u{feff}{lf}").into_bytes()),
        ("crlf", crlf.clone().into_bytes()),
        ("crlf-end", format!("{crlf}\r\n").into_bytes()),
        ("mark-crlf", format!("\u{feff}{crlf}\r").into_bytes()),
        ("mixed", lf.replacen('\n', "\r\n", 2).into_bytes()),
        ("no-end", lf.trim_end().as_bytes().to_vec()),
        ("gzip", gzip(lf.as_bytes())),
        ("gzip-mark", gzip(format!("\u{feff}{crlf}").as_bytes())),
    ] {
        let found = train(&bench, name, &bytes).json().remove(0);
        for key in ["test_perplexity", "valid_nats_per_token"] {
            assert_eq!(found[key], expected[key], "{name} {key}");
        }
        assert_eq!(scored("expected", &bytes), of_lines, "{name}");
    }
}

#[test]
fn what_parts_words_and_what_ends_lines_is_one_rule() {
    let bench = Bench::new();
    let text = "the cat sat on the mat 26\u{a0}000\n";
    assert_eq!(train(&bench, "run", text).code, Some(0));
    // The words of a line, and its end.
    let tokens = |line: &str| {
        let line = &bench
            .run(&["score", "--model", "run", "--json", line])
            .json()[0];
        number(line, "tokens")
    };
    for (line, expected) in [
        ("the cat", 3.0),
        // Characters that end no line, and part words.
        ("the\u{2028}cat", 3.0),
        ("the\u{85}cat", 3.0),
        ("the\u{c}cat", 3.0),
        ("the\u{a0}cat", 3.0),
        ("the\u{3000}cat\u{2029}", 3.0),
        // Between digits a no-break space groups.
        ("26\u{a0}000", 2.0),
        ("26\u{202f}000", 2.0),
        ("26 000", 3.0),
        // Neither parts words.
        ("the\u{200b}cat", 2.0),
        ("the\u{feff}cat", 2.0),
    ] {
        assert_eq!(tokens(line), expected, "{line:?}");
    }
    // In a file, one line each.
    bench.write("lines", "the\u{2028}cat\nthe\u{85}\u{c}mat\n");
    let ran = bench.run(&["score", "--model", "run", "--json", "--file", "lines"]);
    assert_eq!(ran.json().len(), 2);
}

#[test]
fn a_mark_inside_a_text_is_warned_of() {
    let bench = Bench::new();
    let ran = train(&bench, "run", "\u{feff}the cat\n\u{feff}the dog\n");
    assert_eq!(ran.code, Some(0));
    for said in ["warning: ", "line 2", "byte order mark inside"] {
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

#[test]
fn what_is_no_text_is_named_with_the_way_to_text() {
    let bench = Bench::new();
    let utf16 = |big: bool, mark: &str| -> Vec<u8> {
        let text = format!("{mark}{}\n", LINES.join("\n"));
        text.encode_utf16()
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    };
    let zip = b"PK\x03\x04\x14\0\0\0\0\0".to_vec();
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    let cases: [(&str, Vec<u8>, &str); 13] = [
        ("cr", b"the cat\rthe dog\rthe end\r".to_vec(), "CR"),
        ("cr-last", b"the cat\nthe dog\rthe end\n".to_vec(), "line 2"),
        ("utf-16-le-mark", utf16(false, "\u{feff}"), "UTF-16"),
        ("utf-16-be-mark", utf16(true, "\u{feff}"), "UTF-16"),
        ("utf-16-le", utf16(false, ""), "UTF-16"),
        ("utf-16-be", utf16(true, ""), "UTF-16"),
        ("utf-32", b"\xff\xfe\0\0t\0\0\0".to_vec(), "UTF-32"),
        ("zip", zip, "zip"),
        ("tar", tar, "tar"),
        ("xz", b"\xfd7zXZ\0\0\x04".to_vec(), "xz"),
        ("pdf", b"%PDF-1.7\n".to_vec(), "PDF"),
        ("zeros", b"\0\0\0\0a\0\0\0".to_vec(), "binary"),
        ("gzip twice", gzip(&gzip(b"the cat\n")), "gzip"),
    ];
    for (name, bytes, said) in &cases {
        let ran = train(&bench, "run", bytes);
        assert_eq!(ran.code, Some(1), "{name}: {}", ran.stderr);
        ran.fails(1, &["text", said]);
    }
    assert!(!bench.path("run").exists(), "nothing was begun");
    // The same where lines are scored.
    assert_eq!(train(&bench, "run", "the cat\n").code, Some(0));
    for (_, bytes, said) in &cases {
        bench.write("lines", bytes);
        let ran = bench.run(&["score", "--model", "run", "--file", "lines"]);
        ran.fails(1, &["lines", said]);
    }
}

#[test]
fn a_model_of_bytes_reads_any_file() {
    let bench = Bench::new();
    let config = "[data]\nunit = \"byte\"\n\
                  source = { kind = \"files\", train = \"text\", valid = \"text\" }\n\
                  [model]\nkind = \"ngram\"\norder = 2\nsmoothing = { add-k = { k = 0.1 } }\n";
    bench.write("config.toml", config);
    for (name, bytes) in [
        ("no-utf-8", b"ab\xff\xfe\x80cd\n".to_vec()),
        ("zeros", vec![0; 50]),
        ("utf-16", b"\xff\xfea\0b\0\n\0".to_vec()),
        ("gzip", gzip(b"the cat\n")),
        ("cr", b"a\rb\r".to_vec()),
    ] {
        bench.write("text", &bytes);
        let ran = bench.run(&["train", "config.toml", "--run", name, "--quiet"]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
    }
    bench.write("text", b"");
    let ran = bench.run(&["train", "config.toml", "--run", "empty"]);
    ran.fails(1, &["text"]);
}

#[test]
fn a_file_of_bytes_is_cut_within_characters_and_what_is_learned_of_it_is_written_byte_for_byte() {
    let bench = Bench::new();
    let config = |model: &str| {
        let text = "[data]\nunit = \"byte\"\nsource = { kind = \"file\", path = \"text\", valid = 0.2, test = 0.1 }\n";
        bench.write("config.toml", format!("{text}{model}"));
    };
    // Three bytes a character: neither split ends between two of them.
    bench.write("text", "\u{4eac}".repeat(101));
    let network = "[model]\nkind = \"recurrent\"\nd_embedding = 8\nd_hidden = 8\n\
                   [batches]\nlanes = 2\nsteps = 5\n\
                   [training]\nepochs = 1\nlearning_rate = 0.1\noptimizer = { kind = \"adam\" }\n";
    config(network);
    let ran = bench.run(&["train", "config.toml", "--run", "network", "--json"]);
    let result = &ran.json()[0];
    assert!(number(result, "test_perplexity") > 1.0);
    let again = ["train", "--run", "network", "--resume", "--quiet"];
    assert_eq!(bench.run(&again).code, Some(0));
    // Bytes that begin no character, each of which follows the one before.
    bench.write("text", b"a\x80\xfe".repeat(100));
    config("[model]\nkind = \"ngram\"\norder = 2\nsmoothing = { add-k = { k = 1e-9 } }\n");
    let ran = bench.run(&["train", "config.toml", "--run", "counts", "--quiet"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let sample = [
        "sample",
        "--model",
        "counts",
        "--prompt",
        "a",
        "--max-tokens",
        "3",
        "--temperature",
        "0",
    ];
    let written = bench.command(&sample).output().unwrap();
    assert!(written.status.success());
    assert_eq!(written.stdout, b"a\x80\xfea\n");
    // In JSON, which is text, each stands for a character that there is not.
    let line = &bench.run(&[&sample[..], &["--json"]].concat()).json()[0];
    assert_eq!(line["text"], "\u{fffd}\u{fffd}a");
}
