//! Reading tagged sentences, good and bad, and writing them again.

use std::fs;
use std::io::{self, BufReader, Read, Write};

use burn_recurrent_datasets::{
    ColumnFormat, ConlluColumn, ReadError, SentenceError, SentenceFormat, SentenceReader,
    Separator, TagColumn, TaggedSentence, TextLines, read_sentences,
};
use proptest::prelude::*;

fn columns() -> SentenceFormat {
    SentenceFormat::columns_by_default()
}

fn upos() -> SentenceFormat {
    SentenceFormat::Conllu(ConlluColumn::Upos)
}

fn read(
    text: impl AsRef<[u8]>,
    format: SentenceFormat,
) -> Result<Vec<TaggedSentence>, SentenceError> {
    SentenceReader::new(text.as_ref(), "my.conll", format).collect()
}

fn words(sentences: &[TaggedSentence]) -> Vec<Vec<&str>> {
    sentences
        .iter()
        .map(|s| s.words.iter().map(String::as_str).collect())
        .collect()
}

#[track_caller]
fn assert_refused(text: impl AsRef<[u8]>, format: SentenceFormat, expected: &[&str]) {
    match read(text, format) {
        Ok(sentences) => panic!("accepted: {sentences:?}"),
        Err(error) => {
            let message = error.to_string();
            for part in expected {
                assert!(message.contains(part), "`{part}` is not in: {message}");
            }
        }
    }
}

fn line(columns: &[&str]) -> String {
    columns.join("\t") + "\n"
}

/// A CoNLL-U line with this id, word and part of speech.
fn token(id: &str, word: &str, upos: &str) -> String {
    line(&[id, word, "_", upos, "_", "_", "_", "_", "_", "_"])
}

#[test]
fn columns_are_read_however_they_are_spaced_and_lines_end() {
    let text = "\u{feff}He PRP B-NP\r\nreckons\t\tVBZ  B-VP \n\r\n \t\n\n# # B-NP\nit PRP I-NP";
    let sentences = read(text, columns()).unwrap();
    assert_eq!(words(&sentences), [vec!["He", "reckons"], vec!["#", "it"]]);
    assert_eq!(sentences[0].tags, ["B-NP", "B-VP"]);
    assert_eq!((sentences[0].line(1), sentences[1].line(1)), (2, 7));
    assert_eq!(
        sentences[0].columns(1, &columns()),
        ["reckons", "VBZ", "B-VP"]
    );
}

#[test]
fn columns_are_chosen() {
    let second = |tag| {
        SentenceFormat::Columns(ColumnFormat {
            word: 1,
            tag,
            ..ColumnFormat::default()
        })
    };
    let text = "0 He PRP B-NP\n1 is VBZ B-VP\n";
    assert_eq!(
        read(text, second(TagColumn::At(2))).unwrap()[0].tags,
        ["PRP", "VBZ"]
    );
    let no_tags = read(text, second(TagColumn::None)).unwrap();
    assert_eq!(
        (words(&no_tags), no_tags[0].tags.len()),
        (vec![vec!["He", "is"]], 0)
    );
    assert_refused(
        text,
        second(TagColumn::At(4)),
        &["line 1", "no column 4 for the tags", "has 4"],
    );
    // One column cannot hold both.
    assert_refused("word\n", columns(), &["my.conll, line 1", "for the tags"]);
    assert_eq!(
        read("word\n", SentenceFormat::words()).unwrap()[0].words,
        ["word"]
    );
}

#[test]
fn a_tab_as_separator_keeps_spaces_in_words() {
    let format = SentenceFormat::Columns(ColumnFormat {
        separator: Separator::Tab,
        comments: true,
        ..ColumnFormat::default()
    });
    let sentences = read("# id = 4\nNew York\tPLACE\n", format.clone()).unwrap();
    assert_eq!(words(&sentences), [["New York"]]);
    assert_eq!(sentences[0].metadata("id"), Some("4"));
    assert_refused("a\t\n", format, &["line 1", "column 1 is empty"]);
}

#[test]
fn document_lines_hold_no_word_and_are_not_lost() {
    let text = "-DOCSTART- -X- O\n\nEU NNP B-ORG\n\n-DOCSTART- -X- O\n\nPeter NNP B-PER\n\n-DOCSTART- -X- O\n";
    let mut reader = SentenceReader::new(text.as_bytes(), "x", columns());
    let sentences: Vec<_> = reader.by_ref().collect::<Result<_, _>>().unwrap();
    assert_eq!(words(&sentences), [["EU"], ["Peter"]]);
    let mut again = Vec::new();
    for sentence in &sentences {
        sentence.write(&mut again).unwrap();
    }
    let trailing: Vec<&str> = reader
        .trailing()
        .iter()
        .map(|row| row.text.as_str())
        .collect();
    assert_eq!(trailing, ["-DOCSTART- -X- O"]);
    assert_eq!(String::from_utf8(again).unwrap() + trailing[0] + "\n", text);
}

#[test]
fn a_document_line_ends_a_sentence_without_blank_lines_too() {
    let text =
        "EU NNP B-ORG\nrejects V O\n-DOCSTART- -X- O\nPeter N B-PER\nwent V O\n-DOCSTART- -X- O\n";
    let mut reader = SentenceReader::new(text.as_bytes(), "x", columns());
    let sentences: Vec<_> = reader.by_ref().collect::<Result<_, _>>().unwrap();
    assert_eq!(words(&sentences), [["EU", "rejects"], ["Peter", "went"]]);
    assert_eq!((sentences[1].line(0), reader.trailing().len()), (4, 1));
    // What is written again has no blank lines either, and those that were there.
    let again = |text: &str| {
        let mut reader = SentenceReader::new(text.as_bytes(), "x", columns());
        let mut again = Vec::new();
        for sentence in reader.by_ref() {
            sentence.unwrap().write(&mut again).unwrap();
        }
        reader.write_trailing(&mut again).unwrap();
        String::from_utf8(again).unwrap()
    };
    for text in [
        text,
        "EU NNP B-ORG\n-DOCSTART- -X- O\n\nPeter N B-PER\n\n-DOCSTART- -X- O\nHe N O\n\n",
        "-DOCSTART- -X- O\nEU NNP B-ORG\n\n\n-DOCSTART- -X- O\nPeter N B-PER\n-DOCSTART- -X- O\n",
    ] {
        assert_eq!(again(text), text);
    }
}

#[test]
fn a_row_of_another_width_is_located() {
    let text = "He PRP B-NP\nis VBZ\n";
    assert_refused(
        text,
        columns(),
        &[
            "my.conll, line 2",
            "found 2 columns in \"is VBZ\", expected 3, as line 1 has",
            "fill in",
        ],
    );
    let text = "He PRP\n\nshe PRP X Y\n";
    assert_refused(
        text,
        columns(),
        &[
            "my.conll, line 3",
            "found 4 columns",
            "expected 2",
            "remove",
        ],
    );
    let three = SentenceFormat::Columns(ColumnFormat {
        columns: Some(3),
        ..ColumnFormat::default()
    });
    assert_refused(
        "He PRP\n",
        three,
        &["line 1", "expected 3, as the format says"],
    );
    // A message shows a part of a long line.
    let long = format!("a b\n{}\n", "word ".repeat(10_000));
    let message = read(long, columns()).unwrap_err().to_string();
    assert!(message.len() < 250, "{message}");
}

#[test]
fn after_an_error_nothing_more_is_given() {
    let mut reader = SentenceReader::new(&b"a A\n\nb\n\nc C\n"[..], "x", columns());
    assert!(reader.next().unwrap().is_ok());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

#[test]
fn invalid_utf8_is_located_in_the_file() {
    let error = read(b"a A\r\nb\xff B\n", columns()).unwrap_err();
    match &error {
        SentenceError::Read(ReadError::InvalidUtf8 {
            line, offset, byte, ..
        }) => {
            assert_eq!((*line, *offset, *byte), (2, 6, 0xff));
        }
        other => panic!("{other}"),
    }
    assert!(error.to_string().contains("my.conll, line 2"), "{error}");
}

#[test]
fn long_sentences_and_long_words_are_sentences_and_words() {
    let word = "ü".repeat(10_000);
    let text: String = (0..10_000).map(|i| format!("w{i} X\n")).collect();
    assert_eq!(read(text, columns()).unwrap()[0].len(), 10_000);
    assert_eq!(
        read(format!("{word} X\n"), columns()).unwrap()[0].words,
        [word]
    );
}

#[test]
fn a_line_without_end_and_a_sentence_without_end_are_refused() {
    let endless = BufReader::new(io::repeat(b'a'));
    let error = SentenceReader::new(endless, "x", columns())
        .next()
        .unwrap()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("line 1: the line has more than 16777216 bytes"),
        "{error}"
    );
    struct Rows;
    impl Read for Rows {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let text = b"a b\n";
            let taken = text.len().min(buffer.len());
            buffer[..taken].copy_from_slice(&text[..taken]);
            Ok(taken)
        }
    }
    let error = SentenceReader::new(BufReader::with_capacity(4, Rows), "x", columns());
    let error = error.take(1).next().unwrap().unwrap_err().to_string();
    assert!(
        error.contains("line 1048577: the sentence has more than 1048576 lines"),
        "{error}"
    );
}

#[test]
fn sentences_come_while_the_file_is_still_being_written() {
    // A reader that fails after the first sentence shows that no more than that was asked for.
    let first = &b"a A\n\n"[..];
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the pipe broke"))
        }
    }
    let chained = BufReader::new(first).chain(BufReader::new(Broken));
    let mut reader = SentenceReader::new(chained, "stdin", columns());
    assert_eq!(reader.next().unwrap().unwrap().words, ["a"]);
    let error = reader.next().unwrap().unwrap_err().to_string();
    assert!(
        error.contains("stdin") && error.contains("the pipe broke"),
        "{error}"
    );
}

#[test]
fn conllu_has_words_multi_word_tokens_empty_nodes_and_comments() {
    let mut text = "# sent_id = w-1\n# text = Don't go\n".to_string();
    for (id, word, upos) in [
        ("0.1", "pro", "PRON"),
        ("1-2", "Don't", "_"),
        ("1", "Do", "AUX"),
        ("2", "n't", "PART"),
        ("3", "go to", "VERB"),
        ("3.1", "x", "X"),
        ("3.2", "y", "X"),
    ] {
        text += &token(id, word, upos);
    }
    text += "\n";
    let sentence = &read(&text, upos()).unwrap()[0];
    assert_eq!(sentence.words, ["Do", "n't", "go to"]);
    assert_eq!(sentence.tags, ["AUX", "PART", "VERB"]);
    assert_eq!(sentence.metadata("sent_id"), Some("w-1"));
    assert_eq!(sentence.metadata("newdoc"), None);
    assert_eq!(sentence.columns(2, &upos())[0], "3");
    let mut again = Vec::new();
    sentence.write(&mut again).unwrap();
    assert_eq!(String::from_utf8(again).unwrap(), text);
    // Predicted tags replace the column and nothing else.
    let mut tagged = Vec::new();
    sentence
        .write_with_tags(&mut tagged, &upos(), &["A", "B", "C"])
        .unwrap();
    let expected = text
        .replace("AUX", "A")
        .replace("PART", "B")
        .replace("VERB", "C");
    assert_eq!(String::from_utf8(tagged).unwrap(), expected);
}

#[test]
fn every_conllu_column_can_be_the_tag() {
    let text = line(&[
        "1",
        "ran",
        "run",
        "VERB",
        "VBD",
        "Tense=Past",
        "0",
        "root",
        "0:root",
        "SpaceAfter=No",
    ]);
    for (column, value) in [
        ("id", "1"),
        ("FORM", "ran"),
        ("lemma", "run"),
        ("xpos", "VBD"),
        ("feats", "Tense=Past"),
        ("deprel", "root"),
        ("misc", "SpaceAfter=No"),
    ] {
        let column: ConlluColumn = column.parse().unwrap();
        assert_eq!(
            read(&text, SentenceFormat::Conllu(column)).unwrap()[0].tags,
            [value]
        );
    }
    assert!(
        "pos"
            .parse::<ConlluColumn>()
            .unwrap_err()
            .contains("upos, xpos")
    );
}

#[test]
fn broken_conllu_is_located() {
    let first = token("1", "a", "X");
    let refused =
        |rest: String, expected: &[&str]| assert_refused(first.clone() + &rest, upos(), expected);
    refused(
        token("3", "b", "X"),
        &["my.conll, line 2", "found the id \"3\"", "the word 2"],
    );
    refused(token("1", "b", "X"), &["line 2", "blank line"]);
    refused(token("x", "b", "X"), &["line 2", "found the id \"x\""]);
    refused(token("02", "b", "X"), &["found the id \"02\""]);
    refused(
        token("99999999999999999999999", "b", "X"),
        &["line 2", "found the id"],
    );
    refused(token("3-4", "b", "_"), &["line 2", "`2-3`"]);
    refused(token("2-2", "b", "_"), &["line 2", "found the id \"2-2\""]);
    refused(token("1.2", "b", "X"), &["line 2", "`1.1`"]);
    refused(token("2.1", "b", "X"), &["line 2", "`1.1`"]);
    refused(
        "# late\n".to_string(),
        &["line 2", "comment after the sentence's first word"],
    );
    refused(
        "2 b _ X _ _ _ _ _ _\n".to_string(),
        &["line 2", "found 1 columns", "expected 10", "tab"],
    );
    refused(token("2", "", "X"), &["line 2", "column 1 is empty"]);
    refused(
        token("2", "b", "X").replace('\n', "\tx\n"),
        &["line 2", "found 11 columns"],
    );
    refused(
        token("2-3", "bc", "_") + &token("2-3", "bc", "_"),
        &["line 3", "inside the multi-word token"],
    );
    refused(
        token("2-3", "bc", "_") + &token("2", "b", "X") + "\n",
        &["line 4", "the word 3", "goes up to 3"],
    );
}

#[test]
fn tags_are_written_into_columns() {
    let text = "He PRP B-NP\nis VBZ B-VP\n\n";
    let sentence = &read(text, columns()).unwrap()[0];
    let written = |write: &dyn Fn(&mut Vec<u8>) -> io::Result<()>| {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let tags = ["X", "Y"];
    assert_eq!(
        written(&|out| sentence.write_with_tags(out, &columns(), &tags)),
        "He PRP X\nis VBZ Y\n\n"
    );
    // As conlleval wants it: the true tag, then the predicted one.
    assert_eq!(
        written(&|out| sentence.write_with_column(out, &columns(), &tags)),
        "He PRP B-NP X\nis VBZ B-VP Y\n\n"
    );
    let words = &read("He\nis\n", SentenceFormat::words()).unwrap()[0];
    assert_eq!(
        written(&|out| words.write_with_tags(out, &SentenceFormat::words(), &tags)),
        "He X\nis Y\n\n"
    );
    // A sentence that was read from no file has no columns but words and tags.
    let untagged = TaggedSentence::new(vec!["a".into()], Vec::new());
    for format in [columns(), SentenceFormat::words()] {
        let text = written(&|out| untagged.write_with_tags(out, &format, &["X"]));
        assert_eq!(text, "a X\n\n");
    }
    assert_eq!(
        written(&|out| untagged.write_with_tags(out, &upos(), &["X"])),
        "a\tX\n\n"
    );
    let made = TaggedSentence::new(vec!["a".into()], vec!["T".into()]);
    assert_eq!(written(&|out| made.write(out)), "a T\n\n");
}

#[test]
fn gzip_is_unpacked_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.conll.gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"a A\n\nb B\n").unwrap();
    let bytes = gzip.finish().unwrap();
    fs::write(&path, &bytes).unwrap();
    assert_eq!(
        words(&read_sentences(&path, &columns()).unwrap()),
        [["a"], ["b"]]
    );
    // A file that was cut off is an error, not a shorter file.
    fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    let error = read_sentences(&path, &columns()).unwrap_err().to_string();
    assert!(error.contains("x.conll.gz: cannot be read"), "{error}");
}

#[test]
fn a_file_without_sentences_and_a_missing_file_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.conllu");
    for text in ["", "\n\n \n", "# only = a comment\n"] {
        fs::write(&path, text).unwrap();
        let error = read_sentences(&path, &upos()).unwrap_err().to_string();
        assert!(
            error.contains("x.conllu: the file holds no text"),
            "{error}"
        );
    }
    fs::remove_file(&path).unwrap();
    let error = read_sentences(&path, &upos()).unwrap_err();
    assert!(
        matches!(error, SentenceError::Read(ReadError::Missing { .. })),
        "{error}"
    );
}

#[test]
fn lines_are_counted_and_lose_their_ends() {
    let mut lines = TextLines::new(&b"\xef\xbb\xbfa\r\n\nb c\r\n\xef\xbb\xbfd"[..], "x");
    let mut found = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        found.push(line.to_string());
    }
    assert_eq!(found, ["a", "", "b c", "\u{feff}d"]);
    assert_eq!((lines.line(), lines.offset()), (4, 16));
    assert!(lines.next_line().unwrap().is_none());
}

proptest! {
    #[test]
    fn columns_are_written_as_they_were_read(
        sentences in proptest::collection::vec(
            proptest::collection::vec(("[^\\s\u{feff}]{1,5}", "[A-Z]{1,3}", "[BIO]-[a-z]"), 1..6), 1..6),
        ending in "\n|\r\n",
        blank in 1usize..3,
    ) {
        let row = |(a, b, c): &(String, String, String)| format!("{a} {b} {c}{ending}");
        let sentence = |rows: &Vec<_>| rows.iter().map(row).collect::<String>() + &ending.repeat(blank);
        let text: String = sentences.iter().map(sentence).collect();
        prop_assume!(!text.contains("-DOCSTART-"));
        let read = read(&text, columns()).unwrap();
        prop_assert_eq!(read.len(), sentences.len());
        let mut again = Vec::new();
        for (sentence, rows) in read.iter().zip(&sentences) {
            let expected: Vec<&String> = rows.iter().map(|row| &row.0).collect();
            prop_assert_eq!(sentence.words.iter().collect::<Vec<_>>(), expected);
            sentence.write(&mut again).unwrap();
        }
        let again = String::from_utf8(again).unwrap();
        prop_assert_eq!(read_columns(&again), read);
    }

    #[test]
    fn conllu_is_written_as_it_was_read(
        words in proptest::collection::vec(("[^\\s]( ?[^\\s]){0,4}", "[A-Z]{1,5}", 0usize..4), 1..8),
    ) {
        let mut text = "# sent_id = 1\n".to_string();
        for (index, (word, tag, extra)) in words.iter().enumerate() {
            let id = index + 1;
            if *extra == 1 && index + 1 < words.len() && !text.contains('-') {
                text += &token(&format!("{id}-{}", id + 1), "xy", "_");
            }
            text += &token(&id.to_string(), word, tag);
            if *extra == 2 {
                text += &token(&format!("{id}.1"), "e", "X");
            }
        }
        text += "\n";
        let sentence = &read(&text, upos()).unwrap()[0];
        let expected: Vec<&String> = words.iter().map(|word| &word.0).collect();
        prop_assert_eq!(sentence.words.iter().collect::<Vec<_>>(), expected);
        let mut again = Vec::new();
        sentence.write(&mut again).unwrap();
        prop_assert_eq!(String::from_utf8(again).unwrap(), text);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for format in [columns(), upos()] {
            for sentence in SentenceReader::new(bytes.as_slice(), "x", format) {
                let _ = sentence.map_err(|error| error.to_string());
            }
        }
    }
}

fn read_columns(text: &str) -> Vec<TaggedSentence> {
    read(text, columns()).unwrap()
}
