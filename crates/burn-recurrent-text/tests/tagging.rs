//! The vocabularies of a tagger, and its examples and batches.

use std::fs;

use burn_recurrent_text::{
    TaggingExamples, TaggingVocabularies, TaggingVocabulariesBuilder, WordNormalization, WordShape,
};
use proptest::prelude::*;

type Sentence = (Vec<&'static str>, Vec<&'static str>);

fn sentences() -> Vec<Sentence> {
    vec![
        (vec!["The", "cat", "sat"], vec!["DET", "NOUN", "VERB"]),
        (
            vec!["the", "dog", "the", "Dog"],
            vec!["DET", "NOUN", "DET", "NOUN"],
        ),
    ]
}

fn builder() -> TaggingVocabulariesBuilder {
    let lower = WordNormalization {
        lowercase: true,
        digits: true,
    };
    let mut builder = TaggingVocabulariesBuilder::new(lower);
    for (words, labels) in sentences() {
        builder.add(&words, &labels);
    }
    builder
}

fn encode(vocabularies: &TaggingVocabularies, sentences: &[Sentence]) -> TaggingExamples {
    let pairs = sentences
        .iter()
        .map(|(words, labels)| (words.as_slice(), labels.as_slice()));
    TaggingExamples::encode(vocabularies, 8, pairs)
}

#[test]
fn words_are_counted_after_and_characters_before_normalisation() {
    let vocabularies = builder().build().unwrap();
    assert_eq!(
        vocabularies.words.tokens(),
        ["<pad>", "<unk>", "the", "dog", "cat", "sat"]
    );
    assert_eq!(vocabularies.labels.tokens(), ["DET", "NOUN", "VERB"]);
    assert_ne!(
        vocabularies.character_id('T'),
        vocabularies.character_id('t')
    );
    assert_eq!(vocabularies.character_id('ß'), TaggingVocabularies::UNKNOWN);
    assert_eq!(vocabularies.word_id("DOG"), 3);
    assert_eq!(vocabularies.label_id("ADJ"), None);
    assert_eq!(vocabularies.label(2), "VERB");
}

#[test]
fn rare_words_are_left_out_unless_they_are_kept() {
    let mut builder = builder().with_min_word_count(2);
    builder.keep_word("Sat");
    builder.keep_word("Mouse");
    let vocabularies = builder.build().unwrap();
    assert_eq!(
        vocabularies.words.tokens(),
        ["<pad>", "<unk>", "the", "dog", "mouse", "sat"]
    );
    assert_eq!(builder.word_counts(&vocabularies), [0, 0, 3, 2, 0, 1]);
    assert_eq!(vocabularies.word_id("cat"), TaggingVocabularies::UNKNOWN);
    assert_eq!(builder.word_count("CAT"), 1);
}

#[test]
fn words_that_look_special_or_have_blanks_are_words() {
    let mut builder = TaggingVocabulariesBuilder::new(WordNormalization::default());
    builder.add(
        &["<pad>", "<unk>", "1 000", "a\u{a0}b"],
        &["A", "A", "A", "A"],
    );
    let vocabularies = builder.build().unwrap();
    assert_eq!(vocabularies.word_id("<pad>"), TaggingVocabularies::UNKNOWN);
    assert_eq!(vocabularies.word_id("<unk>"), TaggingVocabularies::UNKNOWN);
    assert_eq!(vocabularies.words.tokens()[2..], ["1_000", "a_b"]);
    assert_eq!(vocabularies.word_id("1 000"), 2);
}

#[test]
fn vocabularies_are_read_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let vocabularies = builder().build().unwrap();
    vocabularies.save(folder.path()).unwrap();
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut files = TaggingVocabularies::FILES;
    files.sort();
    assert_eq!(names, files);
    assert_eq!(
        TaggingVocabularies::load(folder.path()).unwrap(),
        vocabularies
    );

    // The vocabulary of something else is refused, and so is a file that was changed.
    fs::copy(
        folder.path().join("labels.json"),
        folder.path().join("words.json"),
    )
    .unwrap();
    let error = TaggingVocabularies::load(folder.path())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("words.json must begin with <pad> and <unk>"),
        "{error}"
    );
    fs::write(
        folder.path().join("normalization.json"),
        "{\"lowercase\": 1}",
    )
    .unwrap();
    let error = TaggingVocabularies::load(folder.path())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("normalization.json") && error.contains("line 1"),
        "{error}"
    );
    fs::remove_file(folder.path().join("normalization.json")).unwrap();
    let error = TaggingVocabularies::load(folder.path())
        .unwrap_err()
        .to_string();
    assert!(error.contains("normalization.json"), "{error}");
}

#[test]
fn a_batch_is_padded_and_has_each_form_once() {
    let vocabularies = builder().build().unwrap();
    let examples = encode(&vocabularies, &sentences());
    assert_eq!((examples.len(), examples.num_tokens()), (2, 7));
    let batch = examples.batch(&[1, 0]);
    assert_eq!((batch.batch, batch.time, batch.num_tokens()), (2, 4, 7));
    assert_eq!(batch.sentences, [1, 0]);
    assert_eq!(batch.lengths, [4, 3]);
    assert_eq!(batch.words, [2, 3, 2, 3, 2, 4, 5, 0]);
    let (lower, initial) = (WordShape::Lower.id(), WordShape::InitialUpper.id());
    assert_eq!(
        batch.shapes,
        [lower, lower, lower, initial, initial, lower, lower, 0]
    );
    assert_eq!(batch.targets, [0, 1, 0, 1, 0, 1, 2, 0]);
    // the, dog, Dog, The, cat, sat
    assert_eq!(batch.forms, [0, 1, 0, 2, 3, 4, 5, 0]);
    assert_eq!((batch.distinct(), batch.width), (6, 3));
    assert_eq!(batch.character_lengths, [3; 6]);
    let id = |c| vocabularies.character_id(c);
    assert_eq!(
        batch.characters[3..9],
        [id('d'), id('o'), id('g'), id('D'), id('o'), id('g')]
    );
    assert_eq!(
        batch.mask(),
        [true, true, true, true, true, true, true, false]
    );
}

#[test]
fn a_label_that_training_never_saw_has_no_target() {
    let vocabularies = builder().build().unwrap();
    let examples = encode(&vocabularies, &[(vec!["a", "cat"], vec!["ADJ", "NOUN"])]);
    assert_eq!(examples.targets(0), [TaggingExamples::UNKNOWN_LABEL, 1]);
    assert_eq!(examples.num_unknown_labels(), 1);
}

#[test]
fn of_an_endless_word_both_ends_are_seen() {
    let vocabularies = builder().build().unwrap();
    let word = format!("The{}cat", "x".repeat(10_000));
    let words = [word.as_str()];
    let examples = TaggingExamples::encode_words(&vocabularies, 7, [&words[..]]);
    let batch = examples.batch(&[0]);
    assert_eq!(
        (batch.width, batch.character_lengths.as_slice()),
        (7, &[7][..])
    );
    let ids: Vec<i32> = "Thexcat"
        .chars()
        .map(|c| vocabularies.character_id(c))
        .collect();
    assert_eq!(batch.characters, ids);
    assert_eq!(
        (examples.targets(0), batch.targets.as_slice()),
        (&[][..], &[0][..])
    );
}

#[test]
fn shapes_are_those_of_their_examples() {
    use WordShape::*;
    let shapes = [
        (Lower, &["word", "don't", "日本", "ß"][..]),
        (InitialUpper, &["Word", "O'clock", "Élan", "'Tis"]),
        (SingleUpper, &["I", "A."]),
        (AllUpper, &["NATO", "U.S."]),
        (Mixed, &["McDonald", "iPhone", "eBay", "PhD"]),
        (HasDigit, &["B2B", "1990s", "7th"]),
        (Numeric, &["1990", "6:30", "1,000.5", "$3", "½"]),
        (Other, &[",", "--", "", "😀"]),
    ];
    let mut ids = vec![0];
    for (shape, words) in shapes {
        ids.push(shape.id());
        for word in words {
            assert_eq!(WordShape::of(word), shape, "{word}");
        }
    }
    assert_eq!(ids, (0..WordShape::NUM_IDS as i32).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn a_batch_says_of_every_token_what_the_vocabularies_say(
        sentences in proptest::collection::vec(proptest::collection::vec("[a-dA-D1 ]{1,4}", 1..6), 1..6),
        pick in proptest::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let lower = WordNormalization { lowercase: true, digits: false };
        let mut builder = TaggingVocabulariesBuilder::new(lower);
        for words in &sentences[..1] {
            builder.add(words, &vec!["X"; words.len()]);
        }
        let vocabularies = builder.build().unwrap();
        let slices = sentences.iter().map(Vec::as_slice);
        let examples = TaggingExamples::encode_words(&vocabularies, 64, slices);
        let picked: Vec<usize> = pick.iter().map(|index| index.index(sentences.len())).collect();
        let batch = examples.batch(&picked);
        for (row, &sentence) in picked.iter().enumerate() {
            for (step, word) in sentences[sentence].iter().enumerate() {
                let place = row * batch.time + step;
                prop_assert_eq!(batch.words[place], vocabularies.word_id(word));
                let form = batch.forms[place] as usize;
                let from = form * batch.width;
                let ids: Vec<i32> = word.chars().map(|c| vocabularies.character_id(c)).collect();
                prop_assert_eq!(&batch.characters[from..from + batch.character_lengths[form]], &ids);
            }
        }
    }
}
