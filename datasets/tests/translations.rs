//! Synchronous grammars, and the German-English sample that is drawn from one.

use std::collections::{BTreeSet, HashMap, HashSet};

use burn_recurrent_datasets::{
    Grammar, SentencePair, SynchronousGrammar, TranslationCorpus, sample_rng, translations,
};

/// The pairs that many draws give.
fn pairs(text: &str) -> BTreeSet<(String, String)> {
    let grammar = SynchronousGrammar::parse("pairs", text).unwrap();
    let mut rng = sample_rng(1, 0);
    (0..200)
        .map(|_| {
            let pair = grammar.sample(&mut rng);
            (pair.source.join(" "), pair.target.join(" "))
        })
        .collect()
}

fn set(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let pairs = pairs.iter();
    pairs.map(|(s, t)| (s.to_string(), t.to_string())).collect()
}

#[test]
fn linked_symbols_change_places_and_repeated_ones_are_numbered() {
    let text = "S -> N und N sehen N => N:3 is seen by N:1 and N:2\nN -> a => x | b => ()";
    let drawn = pairs(text);
    assert_eq!(drawn.len(), 8);
    assert!(drawn.contains(&(
        "a und b sehen a".to_string(),
        "x is seen by x and".to_string()
    )));
}

#[test]
fn features_tie_what_stands_on_one_side_only() {
    let text = "feature verb = see wake\nfeature who = one many\n\
        S -> P[who] V[verb,who] nicht Off[verb] => P does not Base[verb]\n\
        P[one] -> er => he\nP[many] -> wir => we\n\
        table * V[*,one] V[*,many] Off[*] Base[*]\n\
        \x20 see sieht sehen () see\n\
        \x20 wake wacht wachen auf wake+up\n";
    let expected = [
        ("er sieht nicht", "he does not see"),
        ("er wacht nicht auf", "he does not wake up"),
        ("wir sehen nicht", "we does not see"),
        ("wir wachen nicht auf", "we does not wake up"),
    ];
    assert_eq!(pairs(text), set(&expected));
    // The source alone is a grammar, with the probabilities of the pairs.
    let grammar = SynchronousGrammar::parse("x", text).unwrap();
    let source = grammar.source();
    let log = source.log_probability(&["er", "wacht", "nicht", "auf"]);
    assert!((log - 0.25_f64.ln()).abs() < 1e-12, "{log}");
    assert!((source.entropy() - 4.0_f64.ln()).abs() < 1e-12);
    assert!(!source.tokens().contains(&"wake".to_string()));
    assert_eq!(
        grammar.target_tokens(),
        ["does", "he", "not", "see", "up", "wake", "we"]
    );
    // Both readings of the file draw the same texts.
    let plain = Grammar::parse("x", text).unwrap();
    for stream in 0..20 {
        let pair = grammar.sample(&mut sample_rng(3, stream));
        let sample = plain.sample(&mut sample_rng(3, stream));
        assert_eq!(pair.source, sample.tokens);
        assert_eq!(pair.log_probability, sample.log_probability);
    }
}

#[track_caller]
fn assert_refused(text: &str, line: usize, words: &str) {
    let error = SynchronousGrammar::parse("my.grammar", text).unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with(&format!("my.grammar, line {line}: ")) && message.contains(words),
        "{message}"
    );
}

#[test]
fn a_wrong_translation_is_refused_with_its_line() {
    assert_refused("S -> a =>", 1, "nothing follows `=>`");
    assert_refused("S -> a => b => c", 1, "a second `=>`");
    assert_refused("S -> a => b@c", 1, "only the text before it has labels");
    assert_refused("S -> a => *", 1, "quote it");
    assert_refused("S -> a", 1, "`a` has no translation");
    assert_refused(
        "S -> A => A\nA -> a => b\n   | c",
        3,
        "`c` has no translation",
    );
    assert_refused(
        "S -> A A => A A\nA -> a => b",
        1,
        "there are 2 `A` before it",
    );
    assert_refused("S -> A A => A:3\nA -> a => b", 1, "`A:3`");
    assert_refused("S -> A => A:x\nA -> a => b", 1, "must end in a number");
    let feature = "feature n = one many\nS -> A[n] => A[n]\nA[n] -> a => b";
    assert_refused(feature, 2, "remove the brackets");
    assert_refused("S -> a => B", 1, "`B` is not defined");
    assert_refused("S -> a => B\nB -> b | c", 2, "has 2 alternatives");
    assert_refused("S -> a => B\nB -> b => c", 2, "a translation of its own");
    assert_refused("S -> a => B\nB -> b B", 2, "never ends");
    assert_refused(
        "S -> a => b\nB -> b",
        2,
        "nothing that starts at `S` leads to it",
    );
    // One text with two translations is none that can be learned.
    assert_refused("S -> a => b\n  | a => c", 2, "the alternative `a` twice");
}

#[test]
fn a_wrong_table_is_refused_with_its_line() {
    let table =
        |rows: &str| format!("feature v = x y\nS -> A[v] => B[v]\ntable * A[*] B[*]\n{rows}");
    assert!(SynchronousGrammar::parse("t", &table("  x a b\n  y \"|\" d+e")).is_ok());
    assert_refused(
        &table("  x a b\n  y c"),
        5,
        "the row of `y` has 1 cells behind it, expected 2",
    );
    assert_refused(
        &table("  x a b\n  y c A"),
        5,
        "a cell of a table has words only",
    );
    assert_refused(&table("  x a b"), 2, "`A[y]` is not defined");
    assert_refused("S -> a => b\ntable A[*]\n  x a", 2, "a table begins like");
}

/// In the words as the grammar has them: the corpus writes them with capitals and punctuation in their places.
#[test]
fn a_german_sentence_has_one_translation() {
    let mut translation: HashMap<String, String> = HashMap::new();
    let mut rng = sample_rng(11, 0);
    for _ in 0..100_000 {
        let pair = translations().sample(&mut rng);
        let (german, english) = (pair.source.join(" "), pair.target.join(" "));
        if let Some(known) = translation.get(&german) {
            assert_eq!(known, &english, "{german}");
        } else {
            translation.insert(german, english);
        }
    }
    assert!(translation.len() > 80_000, "{}", translation.len());
}

/// Whether the grammar gives this German sentence.
fn is_german(sentence: &str) -> bool {
    let tokens: Vec<&str> = sentence.split(' ').collect();
    translations().source().log_probability(&tokens) > f64::NEG_INFINITY
}

#[test]
fn the_german_is_in_its_order_and_agrees() {
    for right in [
        "der Zug kommt um acht Uhr an .",
        "der Zug nach Wien ist am Montag um halb neun abgefahren .",
        "heute liest die alte Frau dem Kind ein neues Buch vor .",
        "Anna hat am dritten Mai meinen Bruder abgeholt .",
        "den Mann sieht das Kind .",
        "ich weiß , dass Anna ihm einundzwanzig Briefe geschickt hat .",
        "wenn es regnet , schließt du das Fenster .",
        "hat der Junge den jungen Lehrer gefragt ?",
    ] {
        assert!(is_german(right), "{right}");
    }
    for wrong in [
        "der Zug ankommt um acht Uhr .",
        "der Mann sieht der Hund .",
        "der Mann sieht den Kind .",
        "Anna hilft den Mann .",
        "heute Anna schläft im Garten .",
        "ich weiß , dass Anna hat ihm einen Brief geschickt .",
        "ich sehen den Mann .",
        "ein alte Mann schläft im Garten .",
        "der alter Mann schläft im Garten .",
        "Anna ist heute geschlafen .",
    ] {
        assert!(!is_german(wrong), "{wrong}");
    }
}

#[test]
fn the_parts_of_a_corpus_share_no_sentence() {
    let splits = TranslationCorpus::generate(5, 10_000, 300, 300).splits;
    let test = splits.test.as_ref().unwrap();
    let german = |pairs: &[SentencePair]| -> HashSet<String> {
        pairs.iter().map(|pair| pair.source.clone()).collect()
    };
    let sets = [&splits.train, &splits.valid, test].map(|part| german(&part.pairs));
    assert_eq!((sets[1].len(), sets[2].len()), (300, 300));
    assert!(sets[0].is_disjoint(&sets[1]) && sets[0].is_disjoint(&sets[2]));
    assert!(sets[1].is_disjoint(&sets[2]));
    // Nor with the training sentences of another seed.
    let other = TranslationCorpus::generate(6, 10_000, 1, 1).splits;
    assert!(german(&other.train.pairs).is_disjoint(&sets[2]));
    for pair in splits.train.pairs.iter().chain(&test.pairs) {
        for side in [&pair.source, &pair.target] {
            let words = side.split(' ').count();
            assert!((4..=20).contains(&words), "{side}");
            assert!(side.ends_with(['.', '?']), "{side}");
            assert!(side.starts_with(char::is_uppercase), "{side}");
        }
    }
}

#[test]
fn the_parts_of_a_corpus_are_streams_of_their_own() {
    let small = TranslationCorpus::generate(5, 20, 10, 10).splits;
    let large = TranslationCorpus::generate(5, 200, 30, 10).splits;
    assert!(large.train.pairs.starts_with(&small.train.pairs));
    assert!(large.valid.pairs.starts_with(&small.valid.pairs));
    assert_eq!(large.test, small.test);
    assert_ne!(
        TranslationCorpus::generate(6, 20, 10, 10).splits.train,
        small.train
    );
}

/// Else a test sentence could not be translated from what was learned.
#[test]
fn training_has_every_word_of_the_test() {
    let splits = TranslationCorpus::generate(1, 50_000, 1, 1_000).splits;
    let words = |pairs: &[SentencePair], german: bool| -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for pair in pairs {
            let side = if german { &pair.source } else { &pair.target };
            for word in side
                .split([' ', '.', ',', '?'])
                .filter(|word| !word.is_empty())
            {
                *counts.entry(word.to_lowercase()).or_insert(0) += 1;
            }
        }
        counts
    };
    for german in [true, false] {
        let learned = words(&splits.train.pairs, german);
        for word in words(&splits.test.as_ref().unwrap().pairs, german).keys() {
            let count = learned.get(word).copied().unwrap_or(0);
            assert!(
                count >= 2,
                "{word} stands {count} times in the training data"
            );
        }
    }
}
