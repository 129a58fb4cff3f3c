//! Vocabularies: which tokens get which ids.

use burn_recurrent_text::{Special, Unit, Vocabulary, VocabularyBuilder, VocabularyError};

fn tokens(vocabulary: &Vocabulary) -> Vec<&str> {
    vocabulary.tokens().iter().map(String::as_str).collect()
}

#[test]
fn special_tokens_come_first_then_frequent_ones_then_in_order_of_characters() {
    let vocabulary = VocabularyBuilder::new(Unit::Word)
        .with_special(Special::Unknown)
        .with_special(Special::EndOfSentence)
        .with_special(Special::Unknown)
        .count("b c a c\n")
        .count("d b c")
        .build()
        .unwrap();
    assert_eq!(tokens(&vocabulary), ["<unk>", "<eos>", "c", "b", "a", "d"]);
    assert_eq!(vocabulary.len(), 6);
    assert_eq!(vocabulary.id("a"), Some(4));
    assert_eq!(vocabulary.id("e"), None);
    assert_eq!(vocabulary.token(5), Some("d"));
    assert_eq!(vocabulary.token(6), None);
    assert_eq!(vocabulary.special(Special::EndOfSentence), Some(1));
    assert_eq!(vocabulary.special(Special::Padding), None);
}

#[test]
fn rare_tokens_and_those_beyond_the_largest_size_are_left_out() {
    let builder = VocabularyBuilder::new(Unit::Word)
        .with_special(Special::Unknown)
        .count("a a a b b c c d");
    let frequent = builder.clone().with_min_count(2).build().unwrap();
    assert_eq!(tokens(&frequent), ["<unk>", "a", "b", "c"]);
    let few = builder.clone().with_max_size(3).build().unwrap();
    assert_eq!(tokens(&few), ["<unk>", "a", "b"]);

    assert_eq!(
        builder.clone().with_max_size(1).build(),
        Err(VocabularyError::TooSmall { size: 1, needed: 2 })
    );
    assert_eq!(
        builder.with_min_count(4).build(),
        Err(VocabularyError::Empty)
    );
}

#[test]
fn a_special_token_in_the_text_is_that_token() {
    let vocabulary = VocabularyBuilder::new(Unit::Word)
        .with_special(Special::Unknown)
        .count("<unk> a <unk>")
        .build()
        .unwrap();
    assert_eq!(tokens(&vocabulary), ["<unk>", "a"]);
    assert_eq!(vocabulary.encode("<unk> a").unwrap(), [0, 1]);

    // Without the special token it is a word like any other.
    let vocabulary = VocabularyBuilder::new(Unit::Word)
        .count("<unk> a <unk>")
        .build()
        .unwrap();
    assert_eq!(vocabulary.special(Special::Unknown), None);
    assert_eq!(vocabulary.id("<unk>"), Some(0));
}

#[test]
fn every_character_is_a_token() {
    let vocabulary = VocabularyBuilder::new(Unit::Character)
        .count("aä\n a𝄞")
        .build()
        .unwrap();
    assert_eq!(tokens(&vocabulary), ["a", "\n", " ", "ä", "𝄞"]);
}

#[test]
fn bytes_are_their_own_ids_and_special_tokens_come_after_them() {
    let bytes = Vocabulary::bytes();
    assert_eq!(bytes.len(), 256);
    assert_eq!(bytes.token(10), Some("<0x0a>"));
    let built = VocabularyBuilder::new(Unit::Byte).count("anything").build();
    assert_eq!(built.unwrap(), bytes);

    let with_eos = VocabularyBuilder::new(Unit::Byte)
        .with_special(Special::EndOfSentence)
        .build()
        .unwrap();
    assert_eq!(with_eos.special(Special::EndOfSentence), Some(256));
    assert_eq!(
        VocabularyBuilder::new(Unit::Byte)
            .with_max_size(255)
            .build(),
        Err(VocabularyError::TooSmall {
            size: 255,
            needed: 256
        })
    );
}

#[test]
fn lists_that_are_no_vocabulary_are_refused() {
    let make = |unit, specials: &[Special], tokens: &[&str]| {
        let tokens = tokens.iter().map(|token| token.to_string()).collect();
        Vocabulary::from_tokens(unit, specials.to_vec(), tokens)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        make(Unit::Word, &[], &["a", "b", "a"]),
        "token \"a\" has the ids 0 and 2, expected no token twice"
    );
    assert_eq!(
        make(Unit::Word, &[Special::Unknown], &["a"]),
        "the special token <unk> is not among the tokens"
    );
    assert_eq!(
        make(Unit::Word, &[], &["a", "b c"]),
        "token \"b c\" with id 1 is no word"
    );
    assert_eq!(
        make(Unit::Word, &[], &[""]),
        "token \"\" with id 0 is no word"
    );
    assert_eq!(
        make(Unit::Character, &[], &["a", "bc"]),
        "token \"bc\" with id 1 is no character"
    );
    assert_eq!(
        make(Unit::Byte, &[], &["<0x01>"]),
        "token \"<0x01>\" with id 0 is no byte"
    );
    assert_eq!(
        make(Unit::Byte, &[], &["<0x00>"]),
        "it has room for 1 tokens, expected at least 256"
    );
    assert!(make(Unit::Word, &[], &[]).contains("no token"));
}

#[test]
fn the_fingerprint_is_that_of_unit_special_tokens_and_order() {
    let make = |unit, specials: &[Special], tokens: &[&str]| {
        let tokens = tokens.iter().map(|token| token.to_string()).collect();
        Vocabulary::from_tokens(unit, specials.to_vec(), tokens)
            .unwrap()
            .fingerprint()
    };
    let fingerprints = [
        make(Unit::Word, &[], &["a", "b"]),
        make(Unit::Character, &[], &["a", "b"]),
        make(Unit::Word, &[], &["b", "a"]),
        make(Unit::Word, &[], &["ab"]),
        make(Unit::Word, &[], &["<unk>"]),
        make(Unit::Word, &[Special::Unknown], &["<unk>"]),
    ];
    for (i, a) in fingerprints.iter().enumerate() {
        assert!(fingerprints[i + 1..].iter().all(|b| a != b));
    }
    // Models keep it, so it must never change.
    assert_eq!(fingerprints[0].to_string(), "64b6a58a4e47a549");
}
