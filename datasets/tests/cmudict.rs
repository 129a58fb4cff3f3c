//! The pronouncing dictionary: its format, its parts, and CMUdict itself.

use std::collections::HashSet;
use std::io::Write;

use burn_recurrent_datasets::{
    Cache, Catalog, LoadError, Part, PronunciationError, Pronunciations, Stress, TextLines,
    TextSplits, WordShares,
};

fn read(text: &str, stress: Stress) -> Result<Pronunciations, PronunciationError> {
    Pronunciations::from_lines(TextLines::new(text.as_bytes(), "my.dict"), stress)
}

fn message(text: &str) -> String {
    read(text, Stress::Marked).unwrap_err().to_string()
}

#[test]
fn words_comments_and_further_pronunciations_are_read() {
    let text = "\u{feff}'bout B AW1 T\r\nread R IY1 D # present\n\n# a comment\nread(2)  R\tEH1 D\naalen(10) AA1 L AH0 N\n";
    let read = read(text, Stress::Marked).unwrap();
    let words: Vec<_> = read
        .words
        .iter()
        .map(|w| (w.word.as_str(), w.pronunciations.join(" / "), w.line))
        .collect();
    assert_eq!(
        words,
        [
            ("'bout", "B AW1 T".to_string(), 1),
            ("read", "R IY1 D / R EH1 D".to_string(), 2),
            ("aalen", "AA1 L AH0 N".to_string(), 6),
        ]
    );
    assert_eq!((read.counts().words, read.counts().pronunciations), (3, 4));
}

#[test]
fn words_of_other_letters_are_left_out_and_counted() {
    let text =
        "a.m. EY1 EH1 M\nad-lib AE1 D L IH1 B\nOn AA1 N\nünder AH1 N D ER0\non AA1 N\n(2) T UW1\n";
    let read = read(text, Stress::Marked).unwrap();
    assert_eq!((read.words.len(), read.left_out), (1, 5));
    let none = message("ON AA1 N\n");
    assert!(
        none.contains("my.dict: none of 1 lines has a word"),
        "{none}"
    );
}

#[test]
fn without_stress_pronunciations_that_become_alike_are_one() {
    let text = "record R AH0 K AO1 R D\nrecord(2) R AH1 K AO0 R D\nrecord(3) R EH1 K ER0 D\n";
    let marked = read(text, Stress::Marked).unwrap();
    assert_eq!(marked.words[0].pronunciations.len(), 3);
    let dropped = read(text, Stress::Dropped).unwrap();
    assert_eq!(
        dropped.words[0].pronunciations,
        ["R AH K AO R D", "R EH K ER D"]
    );
}

#[test]
fn a_line_that_is_no_pronunciation_is_named() {
    let bare = message("on AA1 N\nof\n");
    assert!(
        bare.contains("my.dict, line 2: the word \"of\" has no phonemes"),
        "{bare}"
    );
    for wrong in ["QQ", "AH", "AH3", "B1", "b"] {
        let error = message(&format!("on AA1 {wrong}\n"));
        let expected = format!("my.dict, line 1: found {wrong:?} in the pronunciation of \"on\"");
        assert!(error.contains(&expected), "{error}");
    }
    assert!(message("# nothing\n").contains("holds no text"));
    assert!(message("on AA1 N\rof AH1 V\r").contains("line 1: a carriage return"));
    let bytes = b"on AA1 N\no\xe9 AA1\n".as_slice();
    let lines = TextLines::new(bytes, "my.dict");
    let error = Pronunciations::from_lines(lines, Stress::Marked).unwrap_err();
    assert!(
        error.to_string().contains("my.dict, line 2: byte 10"),
        "{error}"
    );
}

#[test]
fn a_words_part_is_decided_by_its_own_bytes() {
    // The first 8 digits of `printf WORD | sha256sum`, modulo 100, worked out elsewhere: 0, 9, 10, 11, 12, 99, 14, 24.
    let shares = WordShares::default();
    for (word, part) in [
        ("approbation", Part::Test),
        ("appetito", Part::Test),
        ("a", Part::Valid),
        ("appointments", Part::Valid),
        ("aprile", Part::Train),
        ("approached", Part::Train),
        ("hello", Part::Train),
        ("yes", Part::Train),
    ] {
        assert_eq!(shares.part(word), part, "{word}");
    }
    let all = WordShares {
        test: 0,
        valid: 100,
    };
    assert_eq!(all.part("hello"), Part::Valid);
}

#[test]
fn a_dictionary_that_leaves_a_part_empty_is_refused() {
    let error = read("on AA1 N\n", Stress::Marked).unwrap();
    let error = error.splits(WordShares::default()).unwrap_err();
    assert!(error.to_string().contains("1 words leave the"), "{error}");
}

#[test]
fn it_is_no_plain_text() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::bundled();
    let cmudict = catalog.get("cmudict").unwrap();
    let error = TextSplits::from_dataset(cmudict, &Cache::at(folder.path())).unwrap_err();
    assert!(
        matches!(
            error,
            LoadError::Kind {
                is: "a pronouncing dictionary",
                ..
            }
        ),
        "{error}"
    );
}

/// Counted on the real file by a script of ten lines of Python that shares nothing with the reader.
#[test]
fn cmudict_has_its_sizes() {
    let catalog = Catalog::bundled();
    let dataset = catalog.get("cmudict").unwrap();
    let cache = Cache::from_env().unwrap();
    if !cache.path(dataset, &dataset.files[0]).exists() {
        let line = format!("skipped: cmudict is not in {}\n", cache.folder().display());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    }
    for (stress, all, train, valid, test) in [
        (Stress::Marked, 133_971, 117_797, 2_672, 13_502),
        (Stress::Dropped, 133_667, 117_536, 2_664, 13_467),
    ] {
        let (read, shares) = Pronunciations::from_dataset(dataset, stress, &cache).unwrap();
        assert_eq!(shares, WordShares::default());
        assert_eq!(read.left_out, 1_193);
        assert_eq!(
            (read.counts().words, read.counts().pronunciations),
            (124_926, all)
        );
        let splits = read.splits(shares).unwrap();
        let tests = splits.test.as_ref().unwrap();
        assert_eq!(splits.train.pairs.len(), train);
        assert_eq!(
            (splits.valid.pairs.len(), tests.pairs.len()),
            (2_490, 12_603)
        );
        let targets = |pairs: &[burn_recurrent_datasets::SentencePair]| -> usize {
            pairs.iter().map(|pair| pair.targets().count()).sum()
        };
        assert_eq!(
            (targets(&splits.valid.pairs), targets(&tests.pairs)),
            (valid, test)
        );
        // All pronunciations of a word are in one part.
        let sources = |pairs: &[burn_recurrent_datasets::SentencePair]| -> HashSet<String> {
            pairs.iter().map(|pair| pair.source.clone()).collect()
        };
        let (learned, measured) = (sources(&splits.train.pairs), sources(&tests.pairs));
        assert_eq!((learned.len(), measured.len()), (109_833, 12_603));
        assert!(learned.is_disjoint(&measured));
        assert!(learned.is_disjoint(&sources(&splits.valid.pairs)));
    }
}
