//! Labels, spans and schemes, against seqeval and against the schemes' definitions.

use burn_recurrent_text::{Confusions, Span, SpanScore, Tag, TagConstraints, TagScheme, spans};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    scheme: TagScheme,
    gold: Vec<Vec<String>>,
    predicted: Vec<Vec<String>>,
    spans: Vec<Vec<(String, usize, usize)>>,
    overall: (f64, f64, f64),
    accuracy: f64,
    kinds: std::collections::BTreeMap<String, (f64, f64, f64, u64)>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("fixtures/seqeval.json")).unwrap()
}

#[track_caller]
fn assert_close(ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() < 1e-12, "{ours} is not {theirs}");
}

#[test]
fn spans_are_those_of_seqeval_in_every_scheme_valid_or_not() {
    let mut invalid = 0;
    for case in cases() {
        for (labels, theirs) in case.gold.iter().zip(&case.spans) {
            let ours: Vec<_> = spans(labels)
                .iter()
                .map(|span| (span.kind.to_string(), span.start, span.end))
                .collect();
            assert_eq!(&ours, theirs, "{labels:?}");
            invalid += usize::from(!case.scheme.is_valid(labels));
        }
    }
    assert!(invalid > 50, "{invalid} invalid sequences test too little");
}

#[test]
fn scores_are_those_of_seqeval() {
    for case in cases() {
        let mut score = SpanScore::default();
        let mut confusions = Confusions::new(3);
        for (sentence, (gold, predicted)) in case.gold.iter().zip(&case.predicted).enumerate() {
            score.add(gold, predicted);
            confusions.add(sentence, gold, predicted);
        }
        let (precision, recall, f1) = case.overall;
        assert_close(score.overall.precision(), precision);
        assert_close(score.overall.recall(), recall);
        assert_close(score.overall.f1(), f1);
        assert_close(score.accuracy(), case.accuracy);
        assert_close(confusions.accuracy(), case.accuracy);
        let kinds: Vec<_> = score.by_kind.keys().collect();
        assert_eq!(kinds, case.kinds.keys().collect::<Vec<_>>());
        for (kind, &(precision, recall, f1, support)) in &case.kinds {
            let counts = score.by_kind[kind];
            assert_close(counts.precision(), precision);
            assert_close(counts.recall(), recall);
            assert_close(counts.f1(), f1);
            assert_eq!(counts.gold, support);
        }
    }
}

#[test]
fn an_inside_without_a_beginning_and_a_change_of_kind_begin_spans() {
    let found = |labels: &[&str]| -> Vec<(String, usize, usize)> {
        let spans = spans(labels);
        let spans = spans.iter().map(|s| (s.kind.to_string(), s.start, s.end));
        spans.collect()
    };
    let span = |kind: &str, start, end| (kind.to_string(), start, end);
    assert_eq!(found(&["I-A", "I-A"]), [span("A", 0, 2)]);
    assert_eq!(found(&["B-A", "I-B"]), [span("A", 0, 1), span("B", 1, 2)]);
    assert_eq!(
        found(&["B-A", "O", "I-A"]),
        [span("A", 0, 1), span("A", 2, 3)]
    );
    assert_eq!(
        found(&["S-A", "E-A", "I-A"]),
        [span("A", 0, 1), span("A", 1, 2), span("A", 2, 3)]
    );
    assert_eq!(found(&["B", "I", "O-x", "NOUN"]), [span("", 0, 2)]);
    assert_eq!(found(&[]), []);
}

#[test]
fn no_span_at_all_scores_zero_and_not_nan() {
    let mut score = SpanScore::default();
    assert_eq!((score.overall.f1(), score.accuracy()), (0.0, 0.0));
    score.add(&["O", "O"], &["O", "O"]);
    assert_eq!((score.overall.f1(), score.accuracy()), (0.0, 1.0));
}

#[test]
fn each_scheme_writes_a_known_example_as_its_definition_says() {
    let span = |start, end, kind| Span { start, end, kind };
    let example = [
        span(0, 2, "A"),
        span(2, 3, "A"),
        span(3, 6, "B"),
        span(7, 8, "B"),
    ];
    assert_eq!(
        TagScheme::Bio.labels(&example, 8),
        ["B-A", "I-A", "B-A", "B-B", "I-B", "I-B", "O", "B-B"]
    );
    assert_eq!(
        TagScheme::Iob1.labels(&example, 8),
        ["I-A", "I-A", "B-A", "I-B", "I-B", "I-B", "O", "I-B"]
    );
    assert_eq!(
        TagScheme::Bioes.labels(&example, 8),
        ["B-A", "E-A", "S-A", "B-B", "I-B", "E-B", "O", "S-B"]
    );
}

#[test]
fn confusions_are_counted_and_placed() {
    let mut confusions = Confusions::new(2);
    confusions.add(4, &["N", "V", "N"], &["N", "N", "V"]);
    confusions.add(7, &["V", "V", "X"], &["N", "N", "N"]);
    assert_eq!((confusions.tokens(), confusions.count("V", "N")), (6, 3));
    assert_eq!(confusions.labels(), ["V", "N", "X"]);
    assert_eq!(confusions.matrix(), [[0, 3, 0], [1, 1, 0], [0, 1, 0]]);
    let worst = confusions.worst(2);
    assert_eq!(
        (worst[0].gold, worst[0].predicted, worst[0].count),
        ("V", "N", 3)
    );
    let places: Vec<_> = worst[0]
        .examples
        .iter()
        .map(|p| (p.sentence, p.position))
        .collect();
    assert_eq!(places, [(4, 1), (7, 0)]);
    assert_eq!((worst[1].gold, worst[1].predicted), ("N", "V"));
}

#[test]
fn a_label_of_another_scheme_has_no_constraints() {
    let error = TagConstraints::new(&["O", "S-A"], TagScheme::Bio).unwrap_err();
    let expected = "the label \"S-A\" is none of the scheme bio, expected `O`, or one of `B`, `I` and a kind, as in `B-NP`";
    assert_eq!(error.to_string(), expected);
    assert!(TagConstraints::new(&["NOUN"], TagScheme::Bioes).is_err());
}

/// Every label of two kinds.
fn all_labels(scheme: TagScheme) -> Vec<String> {
    let prefixes = match scheme {
        TagScheme::Bio | TagScheme::Iob1 => "BI",
        TagScheme::Bioes => "BIES",
    };
    let spans = prefixes
        .chars()
        .flat_map(|prefix| ["x", "y"].map(|kind| format!("{prefix}-{kind}")));
    ["O".to_string()].into_iter().chain(spans).collect()
}

#[test]
fn constraints_allow_the_valid_sequences_and_no_others() {
    for scheme in [TagScheme::Bio, TagScheme::Iob1, TagScheme::Bioes] {
        let labels = all_labels(scheme);
        let constraints = TagConstraints::new(&labels, scheme).unwrap();
        // All sequences of four labels.
        let n = labels.len();
        for code in 0..n.pow(4) {
            let sequence: Vec<usize> = (0..4).map(|place| code / n.pow(place) % n).collect();
            let allowed = constraints.start[sequence[0]]
                && sequence
                    .windows(2)
                    .all(|pair| constraints.allows(pair[0], pair[1]))
                && constraints.end[sequence[3]];
            let names: Vec<&String> = sequence.iter().map(|&label| &labels[label]).collect();
            assert_eq!(allowed, scheme.is_valid(&names), "{scheme} {names:?}");
        }
    }
}

fn any_scheme() -> impl Strategy<Value = TagScheme> {
    prop_oneof![
        Just(TagScheme::Bio),
        Just(TagScheme::Iob1),
        Just(TagScheme::Bioes)
    ]
}

proptest! {
    #[test]
    fn conversion_keeps_the_spans_of_any_labels(
        labels in proptest::collection::vec("O|[BIES]-[xy]|NOUN", 0..12),
        through in any_scheme(),
        to in any_scheme(),
    ) {
        let converted = through.convert(&labels);
        prop_assert!(through.is_valid(&converted));
        prop_assert_eq!(spans(&converted), spans(&labels));
        prop_assert_eq!(to.convert(&converted), to.convert(&labels));
    }

    #[test]
    fn a_label_is_written_as_it_was_read(label in "O|[BIES](-[a-z]{1,5}){1,2}|[BIES]") {
        prop_assert_eq!(Tag::parse(&label).unwrap().to_string(), label);
    }
}
