//! How plain text is cut into words.

use crate::common::{Bench, CONFIG};
use burn_recurrent_datasets::{ConlluColumn, SentenceFormat, SentenceReader};
use burn_recurrent_text::WordTokenizer;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;

#[test]
fn text_is_cut_as_the_config_says_unless_the_command_line_does() {
    let bench = Bench::new();
    let sentence = "It O\ndoes O\nn't O\nwork O\n\n".repeat(4);
    for name in ["train.txt", "valid.txt", "test.txt"] {
        bench.write(name, sentence.clone());
    }
    bench.write("config.toml", CONFIG);
    let ran = bench.train(
        "run",
        &["--set", "words.tokenizer=\"english-web-treebank\""],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for (options, tokens, offsets) in [
        (
            &["--format", "json"][..],
            "[\"It\",\"does\",\"n't\",\"work\"]",
            "[[1,3],[4,8],[8,11],[12,16]]",
        ),
        (
            &["--format", "json", "--tokenizer", "unicode"],
            "[\"It\",\"doesn't\",\"work\"]",
            "[[1,3],[4,11],[12,16]]",
        ),
    ] {
        let tagged = bench.tag("run", " It doesn't work\n", options).json();
        assert_eq!(tagged[0]["tokens"].to_string(), tokens);
        assert_eq!(tagged[0]["offsets"].to_string(), offsets);
    }
    bench
        .tag("run", "It\n", &["--tokenizer", "spaces"])
        .fails(2, &["`spaces`", "penn-treebank"]);
    bench
        .tag(
            "run",
            "It\n",
            &["--tokenizer", "unicode", "--input", "conll"],
        )
        .fails(2, &["`--tokenizer`", "--input text"]);
    let wrong = &["--set", "words.tokenizer=\"treebank\""];
    bench
        .train("other", wrong)
        .fails(2, &["treebank", "penn-treebank"]);
}

/// A line of text and where the treebank's words stand in it, in bytes.
type Line = (String, Vec<Range<usize>>);

/// The development sentences of the English Web Treebank, where they are at hand.
fn treebank() -> Option<Vec<Line>> {
    let folder = PathBuf::from(std::env::var_os("BURN_RECURRENT_DATA")?);
    let path = folder.join("ud-english-ewt/en_ewt-ud-dev.conllu");
    let format = SentenceFormat::Conllu(ConlluColumn::Upos);
    let sentences = path.exists().then(|| SentenceReader::open(path, format))?;
    let lines = sentences.unwrap().map(|sentence| {
        let sentence = sentence.unwrap();
        let mut rows = sentence.rows.iter();
        let text = rows.find_map(|row| row.text.strip_prefix("# text = "));
        let text = text.unwrap().to_string();
        let mut end = 0;
        let places = sentence.words.iter().map(|word| {
            let start = end + text[end..].find(word.as_str()).unwrap();
            end = start + word.len();
            start..end
        });
        let places = places.collect();
        (text, places)
    });
    Some(lines.collect())
}

/// F1 of the words that a tokeniser finds.
fn f1(tokenizer: WordTokenizer, lines: &[Line]) -> f64 {
    let (mut right, mut all) = (0, 0);
    for (text, words) in lines {
        let found = tokenizer.ranges(text);
        right += found.iter().filter(|word| words.contains(word)).count();
        all += found.len() + words.len();
    }
    200.0 * right as f64 / all as f64
}

/// The patterns were written for the training sentences alone.
#[test]
fn the_web_treebank_is_cut_as_it_is() {
    let Some(lines) = treebank() else {
        let line = "skipped: there is no folder `ud-english-ewt` in the one that BURN_RECURRENT_DATA names\n";
        // Past the test runner, which keeps what a passing test prints to itself.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    };
    let f1 = WordTokenizer::ALL.map(|tokenizer| f1(tokenizer, &lines));
    println!("F1 of the words: {f1:.2?}");
    assert!(f1[2] > 98.5, "{f1:?}");
    assert!(f1[2] > f1[0] && f1[2] > f1[1], "{f1:?}");
}
