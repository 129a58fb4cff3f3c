//! Pretrained vectors: both formats, only what is wanted, and errors with their line.

use std::fs;
use std::io::Write;

use burn_recurrent_datasets::{TextLines, VectorsError, WordVectors};

fn read(text: &str) -> Result<WordVectors, VectorsError> {
    WordVectors::from_lines(TextLines::new(text.as_bytes(), "my.vec"), |_| true)
}

#[track_caller]
fn assert_refused(text: &str, expected: &[&str]) {
    let message = read(text).expect_err("the vectors are wrong").to_string();
    for part in expected {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn glove_and_word2vec_are_told_apart() {
    let rows = "the 0.5 -1 2e-3\nThe 1 2 3\r\n";
    for text in [
        rows.to_string(),
        format!("2 3\n{rows}"),
        format!("\u{feff}2 3 \n{rows}\n"),
    ] {
        let vectors = read(&text).unwrap();
        assert_eq!((vectors.len(), vectors.width()), (2, 3));
        assert_eq!(vectors.get("the").unwrap(), [0.5, -1.0, 0.002]);
        assert_eq!(vectors.words(), ["the", "The"]);
    }
}

#[test]
fn the_very_word_goes_before_its_lower_case_form() {
    let vectors = read("us 1 1\nUS 2 2\nparis 3 3\n").unwrap();
    assert_eq!(vectors.lookup("US").unwrap(), [2.0, 2.0]);
    assert_eq!(vectors.lookup("Us").unwrap(), [1.0, 1.0]);
    assert_eq!(vectors.lookup("Paris").unwrap(), [3.0, 3.0]);
    assert_eq!((vectors.get("Paris"), vectors.lookup("rome")), (None, None));
}

#[test]
fn only_wanted_words_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vectors.txt.gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    // Of a word that is not wanted the numbers are not looked at.
    gzip.write_all(b"the 1 2\nof x y\ncat 3 4\nCat 5 6\nthe 7 8\n")
        .unwrap();
    fs::write(&path, gzip.finish().unwrap()).unwrap();
    let vectors = WordVectors::read_for(&path, ["The", "dog", "Cat"]).unwrap();
    assert_eq!(vectors.words(), ["the", "cat", "Cat"]);
    // Of two vectors the first counts.
    assert_eq!(
        (vectors.lookup("The").unwrap(), vectors.duplicates()),
        (&[1.0, 2.0][..], 1)
    );
    let none = WordVectors::read(&path, |_| false).unwrap();
    assert!(none.is_empty() && none.width() == 2);
    let error = WordVectors::read(folder.path().join("absent"), |_| true).unwrap_err();
    assert!(
        error.to_string().contains("there is no such file"),
        "{error}"
    );
}

#[test]
fn a_word_may_have_blanks_in_it() {
    // GloVe's 840B file has such lines.
    let vectors = read("the 1 2\n. . . 3 4\nat name@domain.com 5 6\n").unwrap();
    assert_eq!(vectors.get(". . .").unwrap(), [3.0, 4.0]);
    assert_eq!(vectors.get("at name@domain.com").unwrap(), [5.0, 6.0]);
}

#[test]
fn a_wrong_width_is_located() {
    assert_refused(
        "the 1 2 3\nof 1 2\n",
        &[
            "my.vec, line 2",
            "found 2 numbers behind \"of\"",
            "expected 3, as the first vector has",
        ],
    );
    assert_refused(
        "the 1 2 3\nof 1 2 3 4\n",
        &["my.vec, line 2", "found 4 numbers", "expected 3"],
    );
    assert_refused(
        "1 4\nthe 1 2 3\n",
        &[
            "line 2",
            "found 3 numbers",
            "expected 4, as the first line says",
        ],
    );
    assert_refused("the\n", &["line 1", "found 0 numbers"]);
    assert_refused("the 1\n\nof\n", &["line 3", "found 0 numbers"]);
}

#[test]
fn a_wrong_number_and_a_wrong_count_are_located() {
    assert_refused(
        "the 1 2\nof 1 x\n",
        &["my.vec, line 2", "found \"x\" behind \"of\""],
    );
    assert_refused("the 1 nan\n", &["line 1", "finite"]);
    assert_refused("the 1 1e99\n", &["line 1", "finite"]);
    assert_refused(
        "3 2\nthe 1 2\nof 1 2\n",
        &["line 3", "ends after 2 vectors, expected 3"],
    );
    assert_refused(
        "1 2\nthe 1 2\nof 1 2\n",
        &["ends after 2 vectors, expected 1"],
    );
    assert_refused("", &["my.vec: the file holds no text"]);
    assert_refused("2 3\n", &["my.vec: the file holds no text"]);
}
