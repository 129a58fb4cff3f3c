//! How plain text is cut into words.

use crate::common::{Bench, CONFIG};
use burn_recurrent_datasets::{ConlluColumn, SentenceFormat, SentenceReader, TaggedSentence};
use burn_recurrent_text::WordTokenizer;
use serde_json::Value;
use std::ops::Range;
use std::path::Path;

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

/// A word of a line, in bytes, and its label.
type Word = (Range<usize>, String);

/// Where these words stand in a line.
fn places(line: &str, words: &[String], labels: &[String]) -> Vec<Word> {
    let mut end = 0;
    let place = |(word, label): (&String, &String)| {
        let start = end + line[end..].find(word.as_str()).unwrap();
        end = start + word.len();
        (start..end, label.clone())
    };
    words.iter().zip(labels).map(place).collect()
}

/// The development sentences of the English Web Treebank as lines of text, and the words of each.
fn treebank(folder: &Path) -> (Vec<String>, Vec<Vec<Word>>) {
    let path = folder.join("en_ewt-ud-dev.conllu");
    let format = SentenceFormat::Conllu(ConlluColumn::Upos);
    let sentences = SentenceReader::open(path, format).unwrap();
    let line = |sentence: Result<TaggedSentence, _>| {
        let TaggedSentence {
            words, tags, rows, ..
        } = sentence.unwrap();
        let mut texts = rows
            .iter()
            .filter_map(|row| row.text.strip_prefix("# text = "));
        let text = texts.next().unwrap().to_string();
        let places = places(&text, &words, &tags);
        (text, places)
    };
    sentences.map(line).unzip()
}

/// F1, in per cent, of what is found in lines of text.
fn f1<T: PartialEq>(found: &[Vec<T>], words: &[Vec<T>]) -> f64 {
    assert_eq!(found.len(), words.len());
    let lines = || found.iter().zip(words);
    let right = lines().map(|(found, words)| found.iter().filter(|f| words.contains(f)).count());
    let all = lines().map(|(found, words)| found.len() + words.len());
    200.0 * right.sum::<usize>() as f64 / all.sum::<usize>() as f64
}

/// The figures of the README. The patterns were written for the training sentences alone.
#[test]
fn the_web_treebank_is_cut_as_it_is() {
    let Some(folder) = burn_recurrent_tests::data_set("ud-english-ewt") else {
        return;
    };
    let (lines, words) = treebank(&folder);
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../zoo/ewt-upos");
    let strings = |values: &Value| -> Vec<String> {
        let values = values.as_array().unwrap().iter();
        values.map(|v| v.as_str().unwrap().to_string()).collect()
    };
    let ranges = |words: &[Vec<Word>]| -> Vec<Vec<Range<usize>>> {
        let of_line = |line: &Vec<Word>| line.iter().map(|(range, _)| range.clone()).collect();
        words.iter().map(of_line).collect()
    };
    let bench = Bench::new();
    let figures = WordTokenizer::ALL.map(|tokenizer| {
        let options = ["--format", "json", "--tokenizer", tokenizer.name()];
        let tagged = bench.tag(shipped, lines.join("\n"), &options).json();
        let found = lines.iter().zip(&tagged).map(|(line, tagged)| {
            places(
                line,
                &strings(&tagged["tokens"]),
                &strings(&tagged["labels"]),
            )
        });
        let found: Vec<Vec<Word>> = found.collect();
        let figures = (f1(&ranges(&found), &ranges(&words)), f1(&found, &words));
        println!(
            "{tokenizer}: F1 of words {:.2}, with tags {:.2}",
            figures.0, figures.1
        );
        figures
    });
    let [unicode, _, web] = figures;
    assert!(web.0 > 98.5 && web.1 > 94.0, "{figures:?}");
    assert!(figures.iter().all(|f| f.0 <= web.0 && f.1 <= web.1));
    assert!(unicode.0 > 90.0, "{figures:?}");
}
