//! Files of columns as they come: comments, documents, tags that are none, marks, and what is written again.

use crate::common::{Bench, CONFIG, Chunks, Ran};

const SHORT: &[&str] = &["--set", "training.epochs=1"];

/// Trains on this text instead, with the data's format and task as this config has them.
fn train(bench: &Bench, run: &str, text: &str, config: &str) -> Ran {
    bench.write("train.txt", text);
    bench.write("config.toml", config);
    let arguments = ["train", "config.toml", "--run", run];
    bench.run(&[&arguments, SHORT].concat())
}

/// The same with this text for validation and test too.
fn train_on_all(bench: &Bench, run: &str, text: &str, config: &str) -> Ran {
    for name in ["valid.txt", "test.txt"] {
        bench.write(name, text);
    }
    train(bench, run, text, config)
}

fn with_format(format: &str) -> String {
    let from = "test = \"test.txt\" }";
    assert!(CONFIG.contains(from));
    CONFIG.replace(from, &format!("test = \"test.txt\", format = {format} }}"))
}

/// The config of a tagger of tags.
fn of_tags() -> String {
    let (task, monitor) = (
        "task = { kind = \"spans\", learn = \"bioes\" }\n",
        "monitor = { metric = \"valid_f1\", direction = \"maximize\" }\n",
    );
    assert!(CONFIG.contains(task) && CONFIG.contains(monitor));
    CONFIG.replace(task, "").replace(monitor, "")
}

/// A line with what `train` found in the training file.
fn training_data(ran: &Ran) -> &str {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let line = ran.stderr.lines().find(|line| line.contains("to train on"));
    line.unwrap_or_else(|| panic!("{}", ran.stderr))
}

#[test]
fn comments_are_hinted_at_and_read_where_that_is_said() {
    let bench = Bench::with_chunks();
    let sentences = Chunks::text(&Chunks::sentences(4, 0));
    let with = |comment: &str| {
        let sentences = sentences.split_inclusive("\n\n");
        sentences
            .map(|sentence| format!("{comment}\n{sentence}"))
            .collect::<String>()
    };
    for (text, said) in [
        // The first line of the file, a later one, and one without a blank behind the sign.
        (with("# sent_id = 3"), "train.txt, line 1"),
        (
            sentences.clone() + "# newpar id = 2\n" + &sentences,
            "train.txt, line 31",
        ),
        (with("#x y z"), "train.txt, line 1"),
    ] {
        let ran = train(&bench, "run", &text, CONFIG);
        ran.fails(1, &[said, "#", "comments = true"]);
        let comments = with_format("{ kind = \"columns\", comments = true }");
        let ran = train(&bench, "comments", &text, &comments);
        assert!(
            training_data(&ran).contains("sentences ("),
            "{}",
            ran.stderr
        );
        std::fs::remove_dir_all(bench.path("comments")).unwrap();
    }
    // As many columns as the others: a word, and its tag.
    let four = |text: &str| {
        text.replace(" B-", " x y B-")
            .replace(" I-", " x y I-")
            .replace(" O", " x y O")
    };
    for name in ["valid.txt", "test.txt"] {
        let text = std::fs::read_to_string(bench.path(name)).unwrap();
        bench.write(name, four(&text));
    }
    let ran = train(&bench, "run", &four(&with("# sent_id = 3")), &of_tags());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for said in [
        "train.txt, line 1",
        "# sent_id = 3",
        "comments = true",
        "4 lines",
    ] {
        assert!(ran.stderr.contains(said), "no {said}: {}", ran.stderr);
    }
    // A pound sign is a word.
    let ran = train(&bench, "pound", &four("# B-NP\n5 I-NP\n\n"), &of_tags());
    assert!(!ran.stderr.contains("comments"), "{}", ran.stderr);
}

#[test]
fn comments_among_words_to_tag_are_hinted_at_and_read_where_that_is_said() {
    let bench = Bench::with_chunks();
    assert_eq!(bench.train("run", SHORT).code, Some(0));
    let text = "# sent_id = 1\nthe\ncat\n\n# sent_id = 2\nthe\n\n";
    bench
        .tag("run", text, &["--input", "conll"])
        .fails(1, &["line 1", "# sent_id = 1", "--comments"]);
    let tagged = bench.tag("run", text, &["--input", "conll", "--comments"]);
    let lines: Vec<&str> = tagged.stdout.lines().collect();
    assert_eq!(lines.len(), 7, "{}", tagged.stdout);
    assert_eq!((lines[0], lines[4]), ("# sent_id = 1", "# sent_id = 2"));
}

#[test]
fn a_document_ends_a_sentence_with_or_without_blank_lines() {
    let bench = Bench::with_chunks();
    for text in [
        "-DOCSTART- O\na O\nb O\n-DOCSTART- O\nc O\nd O\n",
        "-DOCSTART- O\n\na O\nb O\n\n-DOCSTART- O\n\nc O\nd O\n",
        "a O\nb O\n\n-DOCSTART- O\nc O\nd O\n-DOCSTART- O\n",
    ] {
        let ran = train_on_all(&bench, "run", text, &of_tags());
        let found = training_data(&ran);
        assert!(found.starts_with("2 sentences (4 tokens)"), "{found}");
        std::fs::remove_dir_all(bench.path("run")).unwrap();
    }
}

#[test]
fn a_tag_that_stands_for_none_is_warned_of() {
    let bench = Bench::with_chunks();
    let ran = train_on_all(&bench, "run", "the DET\ncat _\nsat _\n\n", &of_tags());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for said in ["train.txt, line 2", "`_`", "2 words"] {
        assert!(ran.stderr.contains(said), "no {said}: {}", ran.stderr);
    }
    // In CoNLL-U, of words that have no tag of any kind.
    let token = |id: u32, upos: &str, feats: &str| {
        format!("{id}\tw{id}\t_\t{upos}\t_\t{feats}\t0\t_\t_\t_\n")
    };
    let conllu = |column: &str, rows: &str| {
        bench.write("a.conllu", format!("{rows}\n").repeat(3));
        let format = format!("{{ kind = \"conllu\", column = \"{column}\" }}");
        let source = format!(
            "source = {{ kind = \"files\", train = \"a.conllu\", valid = \"a.conllu\", format = {format} }}\n"
        );
        let config = of_tags();
        let lines = config.lines().map(|line| match line.starts_with("source") {
            true => source.clone(),
            false => format!("{line}\n"),
        });
        let _ = std::fs::remove_dir_all(bench.path("conllu"));
        train(&bench, "conllu", "", &lines.collect::<String>())
    };
    let rows = token(1, "NOUN", "Number=Sing") + &token(2, "_", "_") + &token(3, "DET", "_");
    let ran = conllu("upos", &rows);
    assert!(
        ran.stderr.contains("a.conllu, line 2: the tag is `_`"),
        "{}",
        ran.stderr
    );
    // Of features it is a value, unless there is no other.
    let rows = token(1, "NOUN", "Number=Sing") + &token(2, "DET", "_");
    let ran = conllu("feats", &rows);
    assert!(!ran.stderr.contains("`_`"), "{}", ran.stderr);
    let ran = conllu("xpos", &rows);
    assert!(
        ran.stderr.contains("a.conllu, line 1: the tag is `_`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_mark_inside_a_file_is_warned_of() {
    let bench = Bench::with_chunks();
    let text = Chunks::text(&Chunks::sentences(3, 0));
    let ran = train(
        &bench,
        "run",
        &format!("\u{feff}{text}\u{feff}{text}"),
        CONFIG,
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for said in ["train.txt, line 23", "byte order mark inside", "1 lines"] {
        assert!(ran.stderr.contains(said), "no {said}: {}", ran.stderr);
    }
    let ran = bench.tag("run", "\u{feff}the cat\nthe\u{feff} dog\n", &[]);
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.stderr.contains("byte order mark inside"),
        "{}",
        ran.stderr
    );
    let ran = bench.tag("run", "\u{feff}the cat\nthe dog\n", &[]);
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
}

#[test]
fn files_that_are_no_columns_are_named() {
    let bench = Bench::with_chunks();
    let utf16: Vec<u8> = "\u{feff}the O\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, said) in [
        (b"the O\rcat O\r\rdog O\r".to_vec(), "CR"),
        (b"the O\ncat O\rdog O\n".to_vec(), "line 2"),
        (utf16, "UTF-16"),
        (b"PK\x03\x04\x14\0".to_vec(), "zip"),
        (b"\0\0\0\0a\0\0\0".to_vec(), "binary"),
    ] {
        bench.write("train.txt", &bytes);
        bench.write("config.toml", CONFIG);
        let ran = bench.run(&[&["train", "config.toml", "--run", "run"], SHORT].concat());
        ran.fails(1, &["train.txt", said]);
    }
    assert!(!bench.path("run").exists(), "nothing was begun");
}

/// All that is in a CoNLL-U file is in it again: comments, multi-word tokens, empty nodes, further columns and blank lines.
#[test]
fn a_file_of_conllu_comes_back_line_by_line() {
    let bench = Bench::with_chunks();
    let word = |id: &str, form: &str, tag: &str| {
        format!("{id}\t{form}\t{form}\t{tag}\tX\tA=B|C=D\t0\troot\t0:root\tSpaceAfter=No\n")
    };
    let sentence = |tag: &str| {
        [
            "# sent_id = a\n# text = don't go\n",
            &word("0.1", "(start)", "_"),
            "1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n",
            &word("1", "do", tag),
            &word("2", "n't", tag),
            &word("3", "go", tag),
            &word("3.1", "(gone)", "_"),
            "\n",
        ]
        .concat()
    };
    bench.write("a.conllu", sentence("VERB").repeat(20));
    let source = "source = { kind = \"files\", train = \"a.conllu\", valid = \"a.conllu\", \
                  format = { kind = \"conllu\" } }";
    let config = of_tags();
    let lines = config.lines().map(|line| match line.starts_with("source") {
        true => format!("{source}\n"),
        false => format!("{line}\n"),
    });
    bench.write("config.toml", lines.collect::<String>());
    let ran = bench.train("run", &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);

    let around = |sentence: &str| {
        format!(
            "\n\n# newdoc\n\n{sentence}\n\n\n{sentence}# between\n\n\n{sentence}\n# the end\n\n\n"
        )
    };
    let tagged = bench.tag("run", around(&sentence("_")), &["--input", "conllu"]);
    assert_eq!(tagged.stdout, around(&sentence("VERB")));
    // Columns keep their blank lines too; a last line without an end gets one, and its sentence a blank line.
    let text = "\n\nthe\n\n\n\ncat\n\n\n";
    let tagged = bench.tag("run", text, &["--input", "conll"]).stdout;
    assert_eq!(tagged, "\n\nthe VERB\n\n\n\ncat VERB\n\n\n");
    let tagged = bench
        .tag("run", "the\r\n\r\ncat", &["--input", "conll"])
        .stdout;
    assert_eq!(tagged, "the VERB\n\ncat VERB\n\n");
    // Documents too, with blank lines around them or without.
    let text = "-DOCSTART-\nthe\ncat\n-DOCSTART-\n\nthe\n\n-DOCSTART-\n";
    let tagged = bench.tag("run", text, &["--input", "conll"]).stdout;
    let untagged = tagged.replace(" VERB", "");
    assert_eq!(untagged, text);
    assert_eq!(tagged.matches(" VERB").count(), 3);
    // A comment between words is none of CoNLL-U.
    let broken = sentence("_").replace("2\tn't", "# n't\n2\tn't");
    let ran = bench.tag("run", &broken, &["--input", "conllu"]);
    ran.fails(
        1,
        &[
            "standard input, line 6",
            "before a sentence only",
            "move it",
        ],
    );
}
