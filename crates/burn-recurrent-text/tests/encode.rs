//! Text to ids and back.

use std::io::Write;
use std::path::Path;

use burn_recurrent_text::{Special, TextError, Unit, Vocabulary, VocabularyBuilder, utf8};
use proptest::prelude::*;

fn words(specials: &[Special], text: &str) -> Vocabulary {
    let builder = VocabularyBuilder::new(Unit::Word);
    let builder = specials
        .iter()
        .fold(builder, |b, &special| b.with_special(special));
    builder.count(text).build().unwrap()
}

#[test]
fn every_line_of_words_ends_with_eos() {
    let vocabulary = words(&[Special::EndOfSentence], "a b");
    let (eos, a, b) = (0, 1, 2);
    for text in ["a b\n\nb\n", " a\tb \r\n\nb", "a b\n \nb\n"] {
        assert_eq!(
            vocabulary.encode(text).unwrap(),
            [a, b, eos, eos, b, eos],
            "{text:?}"
        );
    }
    // A fragment's last line goes on.
    assert_eq!(vocabulary.encode_fragment("a\nb").unwrap(), [a, eos, b]);
    assert_eq!(
        vocabulary.encode_fragment("a\nb\n").unwrap(),
        [a, eos, b, eos]
    );
    assert_eq!(vocabulary.encode_fragment("").unwrap(), [0; 0]);
}

#[test]
fn without_eos_lines_of_words_have_no_end() {
    let vocabulary = words(&[], "a b");
    assert_eq!(vocabulary.encode("a b\nb\n").unwrap(), [0, 1, 1]);
    assert_eq!(vocabulary.decode(&[0, 1, 1]).unwrap(), "a b b");
}

#[test]
fn unknown_tokens_become_unk_or_are_an_error_with_their_place() {
    let with_unk = words(&[Special::Unknown], "a b");
    assert_eq!(with_unk.encode("a x b").unwrap(), [1, 0, 2]);

    let error = words(&[], "a b").encode("a b\n\n ä  wörld b").unwrap_err();
    assert_eq!(
        error,
        TextError::UnknownToken {
            token: "ä".to_string(),
            line: 3,
            column: 2
        }
    );
    let error = words(&[], "a ä").encode("a\nä  wörld").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, column 4: \"wörld\" is not in the vocabulary, which has no <unk> for such tokens"
    );
    let characters = VocabularyBuilder::new(Unit::Character)
        .count("ab\n")
        .build()
        .unwrap();
    let error = characters.encode("ab\na\tb").unwrap_err();
    assert!(error.to_string().starts_with("line 2, column 2: \"\\t\""));
}

#[test]
fn unknown_tokens_are_named_once_each_in_their_order() {
    let vocabulary = words(&[Special::Unknown, Special::EndOfSentence], "a b");
    assert_eq!(
        vocabulary.unknown_tokens("c a\nd <unk> c b"),
        ["c", "d"],
        "the special token itself is known"
    );
    let characters = VocabularyBuilder::new(Unit::Character)
        .count("ab")
        .build()
        .unwrap();
    assert_eq!(characters.unknown_tokens("abßa\nß"), ["ß", "\n"]);
    assert!(Vocabulary::bytes().unknown_tokens("anything").is_empty());
}

#[test]
fn a_text_with_nothing_in_it_is_an_error() {
    let vocabulary = words(&[Special::EndOfSentence], "a");
    for text in ["", " ", "\n\n", " \t\n"] {
        assert_eq!(vocabulary.encode(text), Err(TextError::Empty), "{text:?}");
    }
    assert_eq!(Vocabulary::bytes().encode(""), Err(TextError::Empty));
    assert_eq!(Vocabulary::bytes().encode_bytes(b""), Err(TextError::Empty));
    assert_eq!(Vocabulary::bytes().encode(" ").unwrap(), [32]);
}

#[test]
fn a_file_of_bytes_may_hold_anything_and_one_of_text_must_be_utf8() {
    let file = b"ab\nc\xffd";
    let bytes = Vocabulary::bytes();
    let ids = bytes.encode_bytes(file).unwrap();
    assert_eq!(ids, [97, 98, 10, 99, 255, 100]);
    assert_eq!(bytes.decode_bytes(&ids).unwrap(), file);
    assert_eq!(bytes.decode(&ids).unwrap(), "ab\nc\u{fffd}d");

    let error = words(&[], "ab").encode_bytes(file).unwrap_err();
    assert_eq!(error, TextError::InvalidUtf8 { line: 2, byte: 4 });
    assert_eq!(
        error.to_string(),
        "line 2, byte 4: the text is not valid UTF-8"
    );
    assert_eq!(utf8("ä".as_bytes()), Ok("ä"));
}

#[test]
fn ids_that_are_not_in_the_vocabulary_are_not_decoded() {
    let vocabulary = words(&[Special::EndOfSentence], "a b");
    assert_eq!(
        vocabulary.decode(&[1, 3]),
        Err(TextError::UnknownId {
            id: 3,
            position: 1,
            size: 3
        })
    );
    assert!(Vocabulary::bytes().decode(&[256]).is_err());
}

#[test]
fn words_are_decoded_with_spaces_and_lines() {
    let vocabulary = words(
        &[Special::EndOfSentence, Special::BeginningOfSentence],
        "a b",
    );
    let ids = [2, 3, 0, 0, 3, 0, 1, 2];
    assert_eq!(vocabulary.decode(&ids).unwrap(), "a b\n\nb\n<bos> a");
}

proptest! {
    #[test]
    fn characters_and_bytes_are_decoded_to_what_they_were(text in "\\PC{0,3}[a-c\\n\u{e4}\u{1d11e} ]{1,40}") {
        let characters = VocabularyBuilder::new(Unit::Character).count(&text).build().unwrap();
        let ids = characters.encode(&text).unwrap();
        prop_assert_eq!(ids.len(), text.chars().count());
        prop_assert_eq!(characters.decode(&ids).unwrap(), text.clone());

        let bytes = Vocabulary::bytes();
        let ids = bytes.encode(&text).unwrap();
        prop_assert_eq!(ids.len(), text.len());
        prop_assert_eq!(bytes.decode(&ids).unwrap(), text);
    }

    #[test]
    fn words_are_those_that_lines_and_white_space_give(text in "[ab\\n\\r\\t \u{2003}]{0,30}c[ab\\n\\r\\t \u{2003}]{0,30}") {
        let vocabulary = words(&[Special::EndOfSentence], &text);
        let expected: Vec<&str> =
            text.lines().flat_map(|line| line.split_whitespace().chain(["<eos>"])).collect();
        let ids = vocabulary.encode(&text).unwrap();
        let encoded: Vec<&str> = ids.iter().map(|&id| vocabulary.token(id).unwrap()).collect();
        prop_assert_eq!(encoded, expected);
        // Nothing but the white space changes.
        let again = vocabulary.decode(&ids).unwrap();
        prop_assert_eq!(vocabulary.encode(&again).unwrap(), ids);
    }
}

#[test]
fn the_penn_treebank_has_its_published_sizes() {
    let Some(folder) =
        std::env::var_os("BURN_RECURRENT_DATA").filter(|f| Path::new(f).join("ptb").is_dir())
    else {
        let line = "skipped: there is no folder `ptb` in the one that BURN_RECURRENT_DATA names\n";
        // Past the test runner, which keeps what a passing test prints to itself.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    };
    let read = |part: &str| {
        std::fs::read_to_string(Path::new(&folder).join(format!("ptb/ptb.{part}.txt"))).unwrap()
    };
    let train = read("train");
    let begin = std::time::Instant::now();
    let vocabulary = words(&[Special::Unknown, Special::EndOfSentence], &train);
    let counted = begin.elapsed();
    let num_tokens = vocabulary.encode(&train).unwrap().len();
    println!(
        "counted in {counted:.2?}, encoded in {:.2?}",
        begin.elapsed() - counted
    );
    assert_eq!(vocabulary.len(), 10_000);
    assert_eq!(num_tokens, 929_589);
    assert_eq!(vocabulary.encode(&read("valid")).unwrap().len(), 73_760);
    assert_eq!(vocabulary.encode(&read("test")).unwrap().len(), 82_430);

    let begin = std::time::Instant::now();
    let characters = VocabularyBuilder::new(Unit::Character)
        .count(&train)
        .build()
        .unwrap();
    let num_characters = characters.encode(&train).unwrap().len();
    println!("{num_characters} characters in {:.2?}", begin.elapsed());
    assert_eq!(num_characters, train.chars().count());
}
