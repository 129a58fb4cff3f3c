//! Tokenisers: lines come back as they were, nothing of the training text is lost, the same text gives the same ids.

use std::fs;
use std::sync::LazyLock;

use burn_recurrent_text::{
    TranslationTokenizer, TranslationTokenizerConfig, TranslationTokenizers, TranslationUnit,
};
use proptest::prelude::*;

const UNITS: [TranslationUnit; 5] = [
    TranslationUnit::Word,
    TranslationUnit::Character,
    TranslationUnit::Symbol,
    TranslationUnit::Bpe,
    TranslationUnit::Unigram,
];

/// Sentences of a small grammar, in both languages.
pub fn pairs() -> Vec<(String, String)> {
    let people = [
        ("Der Mann", "The man"),
        ("Die Frau", "The woman"),
        ("Ein Mädchen", "A girl"),
        ("Jörgs Hündin", "Jörg's dog"),
    ];
    let verbs = [
        ("sieht", "sees"),
        ("überquert", "crosses"),
        ("malt", "paints"),
    ];
    let things = [
        ("die Straße", "the street"),
        ("ein altes Haus", "an old house"),
        ("3,50 Euro", "3.50 euros"),
        ("\"Brücken\"", "\"bridges\""),
        ("den Well-Blech-Schuppen", "the well-built shed"),
    ];
    let mut pairs = Vec::new();
    for (who, person) in people {
        for (does, verb) in verbs {
            for (what, thing) in things {
                pairs.push((
                    format!("{who} {does} {what}."),
                    format!("{person} {verb} {thing}."),
                ));
            }
        }
    }
    pairs
}

fn lines() -> Vec<String> {
    let pairs = pairs().into_iter();
    pairs
        .flat_map(|(source, target)| [source, target])
        .collect()
}

fn config(unit: TranslationUnit) -> TranslationTokenizerConfig {
    let config = TranslationTokenizerConfig::new(unit);
    if unit.is_subword() {
        config.with_size(340)
    } else {
        config
    }
}

fn trained(unit: TranslationUnit) -> &'static TranslationTokenizer {
    static TRAINED: LazyLock<Vec<TranslationTokenizer>> = LazyLock::new(|| {
        let train = |unit| config(unit).train(lines()).unwrap();
        UNITS.map(train).into_iter().collect()
    });
    TRAINED.iter().find(|one| one.unit() == unit).unwrap()
}

#[test]
fn nothing_of_the_training_text_is_lost() {
    for unit in UNITS {
        let tokenizer = trained(unit);
        for line in lines() {
            let ids = tokenizer.encode(&line);
            assert!(
                !ids.is_empty() && ids.iter().all(|&id| id > 3),
                "{unit}: {line}"
            );
            assert_eq!(tokenizer.decode(&ids).unwrap(), line, "{unit}");
            assert_eq!(tokenizer.tokens_of(&ids).unwrap(), tokenizer.split(&line));
        }
    }
}

#[test]
fn subwords_are_learnt() {
    for unit in [TranslationUnit::Bpe, TranslationUnit::Unigram] {
        let tokenizer = trained(unit);
        // The unigram model keeps only what it expects to use.
        assert!(
            (261..=340).contains(&tokenizer.len()),
            "{unit}: {tokenizer:?}"
        );
        // So few different words share few parts, which is what the unigram model learns from.
        let percent = match unit {
            TranslationUnit::Bpe => 50,
            _ => 80,
        };
        let lines = lines();
        let tokens: usize = lines.iter().map(|line| tokenizer.encode(line).len()).sum();
        let bytes: usize = lines.iter().map(String::len).sum();
        assert!(
            tokens * 100 < bytes * percent,
            "{unit}: {tokens} tokens for {bytes} bytes"
        );
        let shown: Vec<String> = tokenizer
            .split("Die Frau.")
            .iter()
            .map(|token| tokenizer.shown(token))
            .collect();
        assert_eq!(shown.concat(), "▁Die▁Frau.", "{unit}: {shown:?}");
    }
}

#[test]
fn the_same_text_gives_the_same_tokenizer_now_and_later() {
    // A model that was trained with an earlier version, on another machine, must find its tokeniser again.
    let expected = [
        (TranslationUnit::Word, WORD),
        (TranslationUnit::Character, CHARACTER),
        (TranslationUnit::Symbol, SYMBOL),
        (TranslationUnit::Bpe, BPE),
        (TranslationUnit::Unigram, UNIGRAM),
    ];
    let mut found = Vec::new();
    for (unit, _) in expected {
        let fingerprint = trained(unit).fingerprint().to_string();
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let train = || config(unit).train(lines()).unwrap();
            let again = pool.build().unwrap().install(train);
            assert_eq!(again.fingerprint().to_string(), fingerprint, "{unit}");
            assert_eq!(&again, trained(unit));
        }
        found.push((unit, fingerprint));
    }
    assert_eq!(
        found,
        expected.map(|(unit, expected)| (unit, expected.to_string()))
    );
}

const WORD: &str = "daa40cfd8b8337f9";
const CHARACTER: &str = "b1cff8a273d00ddf";
const SYMBOL: &str = "22b659d03492a618";
const BPE: &str = "139d5736454b731c";
const UNIGRAM: &str = "d4d3c548e18db408";

#[test]
fn no_text_is_read_as_a_special_token() {
    let text = "<pad> <bos> <eos> <unk> <pad><eos>";
    for unit in UNITS {
        for tokenizer in [
            trained(unit),
            &config(unit)
                .train([text; 20])
                .unwrap_or(trained(unit).clone()),
        ] {
            let ids = tokenizer.encode(text);
            assert!(ids.iter().all(|&id| id >= 3), "{unit}: {ids:?}");
            if unit.is_subword() {
                assert_eq!(tokenizer.decode(&ids).unwrap(), text);
            }
        }
    }
    let symbols = TranslationTokenizerConfig::new(TranslationUnit::Symbol);
    let error = symbols.train(["<eos> <eos>"]).unwrap_err().to_string();
    assert!(
        error.starts_with("the training text has no symbol"),
        "{error}"
    );
}

#[test]
fn what_is_seldom_or_does_not_fit_is_unknown() {
    let text = ["a a a b b c", "b a"];
    let symbols = TranslationTokenizerConfig::new(TranslationUnit::Symbol);
    let all = symbols.train(text).unwrap();
    assert_eq!(
        all.tokens(),
        ["<pad>", "<bos>", "<eos>", "<unk>", "a", "b", "c"]
    );
    let frequent = symbols.clone().with_min_count(2).train(text).unwrap();
    assert_eq!(frequent.encode("a b c d"), [4, 5, 3, 3]);
    assert_eq!(frequent.decode(&frequent.encode("c a")).unwrap(), "<unk> a");
    let few = symbols.clone().with_size(5).train(text).unwrap();
    assert_eq!(few.encode("a b c d"), [4, 3, 3, 3]);

    for unit in [TranslationUnit::Bpe, TranslationUnit::Unigram] {
        let frequent = config(unit)
            .with_min_count(1_000_000)
            .train(lines())
            .unwrap();
        assert!(
            frequent.tokens()[4..]
                .iter()
                .all(|token| token.chars().count() == 1)
        );
        assert_eq!(
            frequent.decode(&frequent.encode("Straße")).unwrap(),
            "Straße"
        );
    }
}

#[test]
fn too_little_room_and_too_little_text_are_errors() {
    for unit in UNITS {
        let needed = if unit.is_subword() { 261 } else { 5 };
        let config = TranslationTokenizerConfig::new(unit);
        let error = config
            .clone()
            .with_size(needed - 1)
            .train(lines())
            .unwrap_err();
        let expected = format!("expected at least {needed}");
        assert!(error.to_string().contains(&expected), "{error}");
        let smallest = config.clone().with_size(needed).train(lines()).unwrap();
        assert_eq!(smallest.len(), needed, "{unit}");

        let nothing: [&str; 0] = [];
        for text in [&nothing[..], &["", ""]] {
            let error = config.train(text).unwrap_err().to_string();
            assert!(error.starts_with("the training text has no"), "{error}");
        }
        // One letter is text enough.
        let tiny = config.train(["x"]).unwrap();
        assert_eq!(tiny.decode(&tiny.encode("x")).unwrap(), "x");
    }
}

#[test]
fn case_and_composition_are_normalised_where_asked_for() {
    let decomposed = "U\u{308}BER";
    for unit in UNITS {
        let plain = trained(unit);
        assert_eq!(plain.normalize(decomposed), decomposed);
        let config = config(unit).with_lowercase(true).with_compose(true);
        let normalising = config
            .train(lines().iter().chain([&"über".to_string()]))
            .unwrap();
        let ids = normalising.encode(decomposed);
        assert_eq!(ids, normalising.encode("über"), "{unit}");
        assert_eq!(normalising.decode(&ids).unwrap(), "über");
        assert_ne!(normalising.fingerprint(), plain.fingerprint());
    }
}

#[test]
fn a_sentence_ends_at_its_first_end() {
    let symbols = TranslationTokenizerConfig::new(TranslationUnit::Symbol);
    let symbols = symbols.train(["K AE1 T"]).unwrap();
    let ids = [&[TranslationTokenizer::BEGIN], &symbols.encode("K T")[..]].concat();
    let ended = [&ids[..], &[TranslationTokenizer::END, 5, 0, 0, 999]].concat();
    assert_eq!(symbols.decode(&ended).unwrap(), "K T");
    assert_eq!(symbols.decode(&[]).unwrap(), "");
    let error = symbols.decode(&[4, 7]).unwrap_err().to_string();
    assert_eq!(
        error,
        "id 7 at position 1 is not in the vocabulary, expected one below 7"
    );
}

#[test]
fn long_and_strange_lines_are_encoded() {
    let lines = [
        "wort ".repeat(5_000),
        "x".repeat(100_000),
        " ".repeat(100_000),
        "\u{308}\0\u{200d}\u{1f468}\u{200d}\u{1f469} \r\n\t".repeat(50),
        String::new(),
        " \u{a0} ".to_string(),
    ];
    for unit in UNITS {
        let tokenizer = trained(unit);
        for line in &lines {
            let ids = tokenizer.encode(line);
            assert!(
                ids.iter()
                    .all(|&id| (3..tokenizer.len() as u32).contains(&id))
            );
            if unit.is_subword() {
                assert_eq!(&tokenizer.decode(&ids).unwrap(), line, "{unit}");
            }
            // It can be learnt from, too.
            let learnt = config(unit).train([line.as_str(), "a"]).unwrap();
            assert!(learnt.encode("a").len() == 1 || unit.is_subword());
        }
    }
}

#[test]
fn what_was_saved_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    for unit in UNITS {
        let path = folder.path().join(format!("{unit}.json"));
        trained(unit).save(&path).unwrap();
        let loaded = TranslationTokenizer::load(&path).unwrap();
        assert_eq!(&loaded, trained(unit));
        assert_eq!(loaded.fingerprint(), trained(unit).fingerprint());
        for line in lines() {
            assert_eq!(loaded.encode(&line), trained(unit).encode(&line), "{unit}");
        }
    }
}

#[test]
fn a_file_that_does_not_fit_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    let saved = |unit| {
        trained(unit).save(&path).unwrap();
        fs::read_to_string(&path).unwrap()
    };
    let (bpe, unigram) = (saved(TranslationUnit::Bpe), saved(TranslationUnit::Unigram));
    let (word, symbol) = (saved(TranslationUnit::Word), saved(TranslationUnit::Symbol));
    let character = saved(TranslationUnit::Character);
    let scores = unigram.find(",\"scores\"").unwrap();
    let cases = [
        (
            word.replace("\"version\":1", "\"version\":2"),
            "update burn-recurrent-text",
        ),
        (
            word.replace("translation-tokenizer", "vocabulary"),
            "give a translation tokeniser's file",
        ),
        (word[..word.len() / 2].to_string(), "EOF while parsing"),
        ("[1, 2]".to_string(), "is not a tokeniser"),
        (
            word.replace("\"unit\"", "\"units\""),
            "unknown field `units`",
        ),
        (
            word.replace("\"<bos>\",", ""),
            "must begin with <pad>, <bos>, <eos>, <unk>",
        ),
        (word.replace("\"Haus\"", "\"Hof\""), "was changed"),
        (symbol.replace("\"altes\"", "\"alt es\""), "is no symbol"),
        (symbol.replace("\"ein\"", "\"altes\""), "stands there twice"),
        (character.replace("\"ß\"", "\"ss\""), "is no character"),
        (word.replace("\"word\"", "\"symbol\""), "was changed"),
        (word.replace("\"word\"", "\"bpe\""), "is no bpe"),
        (
            bpe.replace("\"bpe\"", "\"unigram\""),
            "has merges and lacks scores",
        ),
        (
            bpe.replace("\"lowercase\":false", "\"lowercase\":true"),
            "was changed",
        ),
        (
            bpe.replacen(",\"Ġ\"", "", 1),
            "'Ġ', which stands for a byte, is missing",
        ),
        (
            bpe.replace("\"merges\":[[", "\"merges\":[[99999,5],["),
            "a merge names token 99999",
        ),
        (
            bpe.replace("\"merges\":[[", "\"merges\":[[5,6],["),
            "out of vocabulary",
        ),
        (unigram[..scores].to_string() + "}", "lacks scores"),
        (
            unigram[..scores].to_string() + ",\"scores\":[1.5]}",
            "it has 1 scores for",
        ),
    ];
    for (text, expected) in cases {
        fs::write(&path, &text).unwrap();
        let error = TranslationTokenizer::load(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}, expected {expected}");
        assert!(error.contains("tokenizer.json"), "{error}");
    }
    let missing = TranslationTokenizer::load(folder.path().join("no.json")).unwrap_err();
    assert!(missing.to_string().contains("no.json"), "{missing}");
    let nowhere = folder.path().join("no/where.json");
    let error = trained(TranslationUnit::Word).save(nowhere).unwrap_err();
    assert!(error.to_string().starts_with("could not write"), "{error}");
}

#[test]
fn two_languages_have_one_tokenizer_or_two() {
    let pairs = pairs();
    let config = config(TranslationUnit::Bpe);
    let joint = TranslationTokenizers::train_joint(&config, &pairs).unwrap();
    assert!(joint.is_joint());
    assert_eq!(&joint.source, trained(TranslationUnit::Bpe));
    let words = TranslationTokenizerConfig::new(TranslationUnit::Word);
    let separate = TranslationTokenizers::train_separate(&config, &words, &pairs).unwrap();
    assert!(!separate.is_joint());
    assert_ne!(joint.fingerprints(), separate.fingerprints());

    let folder = tempfile::tempdir().unwrap();
    for tokenizers in [joint, separate] {
        tokenizers.save(folder.path()).unwrap();
        let mut files: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        files.sort();
        assert_eq!(files, TranslationTokenizers::FILES);
        let loaded = TranslationTokenizers::load(folder.path()).unwrap();
        assert_eq!(loaded, tokenizers);
        assert_eq!(loaded.fingerprints(), tokenizers.fingerprints());
    }
}

#[test]
fn a_config_reads_as_it_is_written_and_refuses_what_it_does_not_know() {
    let config: TranslationTokenizerConfig =
        serde_json::from_str(r#"{"unit": "bpe", "size": 8000, "lowercase": true}"#).unwrap();
    let expected = TranslationTokenizerConfig::new(TranslationUnit::Bpe)
        .with_size(8000)
        .with_lowercase(true);
    assert_eq!(config, expected);
    let unknown = r#"{"unit": "bpe", "sise": 8000}"#;
    assert!(serde_json::from_str::<TranslationTokenizerConfig>(unknown).is_err());
}

proptest! {
    #[test]
    fn any_line_comes_back(line in "\\PC*", strange in any::<String>()) {
        for line in [&line, &strange] {
            for unit in [TranslationUnit::Bpe, TranslationUnit::Unigram] {
                let tokenizer = trained(unit);
                prop_assert_eq!(&tokenizer.decode(&tokenizer.encode(line)).unwrap(), line);
                prop_assert_eq!(&tokenizer.join(&tokenizer.split(line)), line);
            }
            let characters = trained(TranslationUnit::Character);
            prop_assert_eq!(&characters.join(&characters.split(line)), line);

            let blanks = line.split_whitespace().collect::<Vec<_>>().join(" ");
            let symbols = trained(TranslationUnit::Symbol);
            prop_assert_eq!(&symbols.join(&symbols.split(line)), &blanks);
            let words = trained(TranslationUnit::Word);
            prop_assert_eq!(words.join(&words.split(line)), blanks.replace('\u{ffed}', "\u{25a0}"));
        }
    }

    #[test]
    fn any_ids_are_a_line(ids in proptest::collection::vec(0u32..70, 0..30)) {
        for unit in UNITS {
            let tokenizer = trained(unit);
            let ids: Vec<u32> = ids.iter().map(|id| id % tokenizer.len() as u32).collect();
            let end = ids.iter().position(|&id| id == TranslationTokenizer::END);
            let line = tokenizer.decode(&ids).unwrap();
            prop_assert_eq!(line, tokenizer.decode(&ids[..end.unwrap_or(ids.len())]).unwrap());
        }
    }
}
