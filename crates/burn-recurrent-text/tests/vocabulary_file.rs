//! Vocabularies in files: what comes back, and what is said about a file that is none.

use std::fs;

use burn_recurrent_text::{Special, Unit, Vocabulary, VocabularyBuilder, VocabularyFileError};

fn vocabulary() -> Vocabulary {
    VocabularyBuilder::new(Unit::Word)
        .with_special(Special::Unknown)
        .with_special(Special::EndOfSentence)
        .count("the cat \"sat\" größer")
        .build()
        .unwrap()
}

#[test]
fn a_saved_vocabulary_is_loaded_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let characters = VocabularyBuilder::new(Unit::Character)
        .count("a\n\t\"\\\u{0}ä𝄞")
        .build()
        .unwrap();
    for saved in [vocabulary(), characters, Vocabulary::bytes()] {
        let path = folder.path().join("vocabulary.json");
        saved.save(&path).unwrap();
        let loaded = Vocabulary::load(&path).unwrap();
        assert_eq!(loaded, saved);
        assert_eq!(loaded.fingerprint(), saved.fingerprint());
        // The old file was replaced and nothing else is left behind.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_vocabulary_that_cannot_be_written_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").join("vocabulary.json");
    let error = vocabulary().save(&missing).unwrap_err();
    assert!(matches!(&error, VocabularyFileError::Write { path, .. } if *path == missing));
    assert!(error.to_string().contains("missing"));

    let occupied = folder.path().join("occupied");
    fs::create_dir(&occupied).unwrap();
    assert!(vocabulary().save(&occupied).is_err());
    assert!(occupied.is_dir());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_no_vocabulary_is_refused_with_its_name_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vocabulary.json");
    vocabulary().save(&path).unwrap();
    let good = fs::read_to_string(&path).unwrap();

    let refused = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        fs::write(&path, good.replacen(from, to, 1)).unwrap();
        let message = Vocabulary::load(&path).unwrap_err().to_string();
        assert!(message.contains("vocabulary.json"), "{message}");
        message
    };
    let message = refused("\"version\": 1", "\"version\": 2");
    assert!(message.contains("version 2, expected \"burn-recurrent-vocabulary\", version 1"));
    assert!(refused("burn-recurrent-vocabulary", "other").contains("format \"other\""));
    assert!(refused("\"cat\"", "\"the\"").contains("expected no token twice"));
    assert!(refused("\"<eos>\"", "\"<end>\"").contains("<eos> is not among the tokens"));
    assert!(refused("\"cat\"", "\"dog\"").contains("were changed"));
    assert!(refused("\"word\"", "\"character\"").contains("is no character"));
    assert!(
        refused("\"word\"", "\"syllable\"").contains("expected one of `character`, `word`, `byte`")
    );
    assert!(refused("\"unit\"", "\"units\"").contains("unknown field `units`"));
    assert!(refused("{", "[").contains("is not a vocabulary"));

    // Cut off anywhere it is refused, and never a panic.
    for end in 0..good.len() - 1 {
        fs::write(&path, &good.as_bytes()[..end]).unwrap();
        assert!(Vocabulary::load(&path).is_err() || good[end..].trim().is_empty());
    }
    fs::write(&path, b"\xff\xfe").unwrap();
    assert!(Vocabulary::load(&path).is_err());

    let nowhere = folder.path().join("nowhere.json");
    let error = Vocabulary::load(&nowhere).unwrap_err();
    assert!(matches!(&error, VocabularyFileError::Read { path, .. } if *path == nowhere));
}
