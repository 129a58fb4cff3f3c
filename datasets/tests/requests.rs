//! The request grammar: labels of spans, and what is never seen in training.

use std::collections::{BTreeMap, BTreeSet};

use burn_recurrent_datasets::{
    Grammar, RequestCorpus, RequestPart, SampleSpan, TaggedSentence, requests, sample_rng,
};

const PARTS: [RequestPart; 3] = [RequestPart::Train, RequestPart::Valid, RequestPart::Test];

/// The slots of a sentence: label and text.
fn slots(sentence: &TaggedSentence) -> Vec<(String, String)> {
    let mut slots: Vec<(String, String)> = Vec::new();
    for (word, tag) in sentence.words.iter().zip(&sentence.tags) {
        match tag.split_once('-') {
            Some(("B", label)) => slots.push((label.to_string(), word.clone())),
            Some(("I", label)) => {
                let (open, text) = slots.last_mut().unwrap();
                assert_eq!(open, label);
                text.push(' ');
                text.push_str(word);
            }
            _ => assert_eq!(tag, "O"),
        }
    }
    slots
}

#[test]
fn a_label_makes_a_span_of_the_text_that_its_symbol_gives() {
    let text = "S -> go to City@place Day@date now@when\nCity -> new york\nDay -> ()";
    let grammar = Grammar::parse("labels", text).unwrap();
    assert_eq!(grammar.labels(), ["date", "place", "when"]);
    let sample = grammar.sample(&mut sample_rng(0, 0));
    let span = |label, start, end| SampleSpan { label, start, end };
    // A span without a word is none.
    assert_eq!(sample.spans, [span("place", 2, 4), span("when", 4, 5)]);
    assert_eq!(sample.tags(), ["O", "O", "B-place", "I-place", "B-when"]);
}

#[test]
fn labels_change_no_probability() {
    let plain = "S -> 3 * a B | B c\nB -> b | 2 * d";
    let labelled = "S -> 3 * a@x B@y | B@y c\nB -> b | 2 * d";
    let [plain, labelled] = [plain, labelled].map(|text| Grammar::parse("g", text).unwrap());
    for text in [["a", "b"], ["a", "d"], ["b", "c"], ["c", "c"]] {
        assert_eq!(
            plain.log_probability(&text),
            labelled.log_probability(&text)
        );
    }
    assert_eq!(plain.entropy(), labelled.entropy());
    for seed in 0..20 {
        let sample = |grammar: &Grammar| grammar.sample(&mut sample_rng(seed, 0)).text();
        assert_eq!(sample(&plain), sample(&labelled));
    }
}

#[test]
fn a_misplaced_label_is_located() {
    let refused = |text: &str| Grammar::parse("g", text).unwrap_err().to_string();
    for (text, message) in [
        (
            "S -> a\n   | b @x",
            "g, line 2: `@` must follow a word or symbol at once",
        ),
        ("S -> a@", "g, line 1: a label must follow `@`"),
        ("S -> a@x@y", "g, line 1: `@` must follow"),
        ("S@x -> a", "g, line 1: `->` must follow `S`"),
        (
            "S -> A@x\nA -> b@y",
            "g, line 1: `A` is labelled `x` and leads to labels itself",
        ),
    ] {
        let error = refused(text);
        assert!(error.starts_with(message), "{text}: {error}");
    }
    // A quoted word may have the sign in it.
    let grammar = Grammar::parse("g", "S -> \"a@b\"@mail").unwrap();
    assert_eq!(grammar.tokens(), ["a@b"]);
    assert_eq!(grammar.labels(), ["mail"]);
}

#[test]
fn the_grammar_is_rich_enough_to_be_worth_tagging() {
    let train = requests(RequestPart::Train);
    assert!(train.labels().len() >= 15, "{:?}", train.labels());
    assert!(train.tokens().len() > 700, "{}", train.tokens().len());
    assert!(
        (6.0..=12.0).contains(&train.expected_length()),
        "{}",
        train.expected_length()
    );
    for part in PARTS {
        assert_eq!(requests(part).labels(), train.labels());
    }
    let corpus = RequestCorpus::generate(1, 5_000, 500, 500);
    let mut kinds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut lengths: BTreeMap<String, usize> = BTreeMap::new();
    for sentence in &corpus.splits.train.sentences {
        for (label, text) in slots(sentence) {
            *lengths.entry(label.clone()).or_default() += usize::from(text.contains(' '));
            for word in text.split(' ') {
                kinds
                    .entry(word.to_string())
                    .or_default()
                    .insert(label.clone());
            }
        }
        for (word, tag) in sentence.words.iter().zip(&sentence.tags) {
            if tag == "O" {
                kinds
                    .entry(word.clone())
                    .or_default()
                    .insert("O".to_string());
            }
        }
    }
    let ambiguous = kinds.values().filter(|kinds| kinds.len() > 1).count();
    assert!(ambiguous > 100, "{ambiguous} words are of several kinds");
    assert!(kinds["seven"].len() >= 5, "{:?}", kinds["seven"]);
    assert!(kinds["sydney"].contains("person") && kinds["sydney"].contains("place"));
    let multi_word = lengths.values().filter(|&&count| count > 20).count();
    assert!(multi_word >= 12, "{lengths:?}");
}

#[test]
fn a_request_has_one_derivation_and_so_one_labelling() {
    for part in PARTS {
        let mut rng = sample_rng(1, 0);
        for _ in 0..2_000 {
            let request = requests(part).sample(&mut rng);
            let inside = requests(part).log_probability(&request.tokens);
            assert!(
                (inside - request.log_probability).abs() < 1e-9,
                "{} has several derivations",
                request.text()
            );
        }
    }
}

#[test]
fn names_places_and_titles_of_the_test_are_never_seen_in_training() {
    let corpus = RequestCorpus::generate(3, 10_000, 2_000, 2_000);
    let known = |part: RequestPart| requests(part).tokens().iter().collect::<BTreeSet<_>>();
    let (train, valid) = (known(RequestPart::Train), known(RequestPart::Valid));
    let open = ["person", "place", "artist", "title", "destination"];
    let mut checked = BTreeMap::new();
    for (part, seen) in [
        (&corpus.splits.valid, vec![&train]),
        (corpus.splits.test.as_ref().unwrap(), vec![&train, &valid]),
    ] {
        for (label, text) in part.sentences.iter().flat_map(slots) {
            let closed = text.starts_with("my ") || closed_destination(&text);
            if open.contains(&label.as_str()) && !closed {
                *checked.entry(label).or_insert(0) += 1;
                for seen in &seen {
                    let new = text
                        .split(' ')
                        .any(|word| !seen.contains(&word.to_string()));
                    assert!(new, "{text} is made of known words");
                }
            }
        }
    }
    assert!(
        open.iter().all(|label| checked[*label] > 200),
        "{checked:?}"
    );
}

/// Kinds of shops, which have no names.
fn closed_destination(text: &str) -> bool {
    let kinds = [
        "gas station",
        "pharmacy",
        "bank",
        "post office",
        "supermarket",
        "parking garage",
        "hospital",
    ];
    kinds.contains(&text)
}

#[test]
fn the_parts_of_a_corpus_are_streams_of_their_own() {
    let small = RequestCorpus::generate(5, 20, 10, 10).splits;
    let large = RequestCorpus::generate(5, 200, 30, 10).splits;
    assert!(large.train.sentences.starts_with(&small.train.sentences));
    assert!(large.valid.sentences.starts_with(&small.valid.sentences));
    assert_eq!(large.test, small.test);
    assert_ne!(
        RequestCorpus::generate(6, 20, 10, 10).splits.train,
        small.train
    );
}
