//! The exact figures of a grammar against enumeration, closed forms and samples.

use std::collections::HashMap;

use burn_recurrent_datasets::{Grammar, sample_rng};
use proptest::prelude::*;

fn grammar(text: &str) -> Grammar {
    Grammar::parse("test", text).unwrap_or_else(|error| panic!("{error}"))
}

/// Every text over the grammar's tokens with at most `length` tokens.
fn texts(grammar: &Grammar, length: usize) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = vec![vec![]];
    let mut last = all.clone();
    for _ in 0..length {
        last = last
            .iter()
            .flat_map(|text| {
                grammar.tokens().iter().map(move |token| {
                    let mut longer = text.clone();
                    longer.push(token.clone());
                    longer
                })
            })
            .collect();
        all.extend(last.clone());
    }
    all
}

fn total_probability(grammar: &Grammar, length: usize) -> f64 {
    let texts = texts(grammar, length);
    let probability = |text: &Vec<String>| grammar.log_probability(text).exp();
    texts.iter().map(probability).sum()
}

fn close(actual: f64, expected: f64) {
    let tolerance = 1e-12 * expected.abs().max(1.0);
    assert!(
        (actual - expected).abs() <= tolerance || actual == expected,
        "{actual} is not {expected}"
    );
}

#[test]
fn a_finite_grammar_gives_each_text_its_product_and_all_texts_one() {
    let grammar = grammar(
        "feature number = one many
         S -> Noun[number] Verb[number] Tail
         Noun[one] -> 3 * dog | cat
         Noun[many] -> dogs
         Verb[one] -> sleeps
         Verb[many] -> 1 * sleep | 4 * run
         Tail -> () | now Tail2
         Tail2 -> 0.5 * () | 1.5 * again"
            .replace("\n         ", "\n")
            .as_str(),
    );
    close(
        grammar.log_probability(&["dog", "sleeps"]),
        (0.5 * 0.75 * 0.5_f64).ln(),
    );
    close(
        grammar.log_probability(&["dogs", "run", "now", "again"]),
        (0.5 * 0.8 * 0.5 * 0.75_f64).ln(),
    );
    assert_eq!(
        grammar.log_probability(&["dog", "sleep"]),
        f64::NEG_INFINITY
    );
    assert_eq!(
        grammar.log_probability(&["bird", "sleeps"]),
        f64::NEG_INFINITY
    );
    close(total_probability(&grammar, 4), 1.0);
}

#[test]
fn the_derivations_of_an_ambiguous_text_are_added_up() {
    // A binary tree over n leaves: Catalan(n - 1) derivations, each 0.4^(n-1) 0.6^n.
    let grammar = grammar("S -> 2 * S S | 3 * a");
    for (n, catalan) in [
        (1, 1.0),
        (2, 1.0),
        (3, 2.0),
        (4, 5.0),
        (5, 14.0),
        (9, 1430.0),
    ] {
        let expected = catalan * 0.4_f64.powi(n - 1) * 0.6_f64.powi(n);
        close(
            grammar.log_probability(&vec!["a"; n as usize]),
            expected.ln(),
        );
    }
}

#[test]
fn empty_texts_and_cycles_of_single_symbols_are_summed_without_end() {
    // X derives the empty text, so S leads to itself through `S -> X S` without using any text:
    // p(a) = 0.25 / (1 - 0.25 * 0.5 - 0.25), the geometric sum over such cycles.
    let grammar = grammar("S -> a | X S | S2 | b\nS2 -> S\nX -> () | c");
    close(
        grammar.log_probability(&["a"]),
        (0.25_f64 / (1.0 - 0.25 * 0.5 - 0.25)).ln(),
    );
    // Each c costs 0.125 and passes through one more such cycle.
    close(
        grammar.log_probability(&["c", "b"]),
        (0.25 * 0.125 / 0.625_f64.powi(2)).ln(),
    );
}

#[test]
fn the_empty_text_has_the_probability_of_all_its_derivations() {
    // e = 0.25 e² + 0.5, whose least solution is 2 - sqrt(2).
    let grammar = grammar("S -> 1 * S S | 2 * () | 1 * a");
    close(
        grammar.log_probability::<&str>(&[]),
        (2.0 - 2.0_f64.sqrt()).ln(),
    );
}

#[test]
fn a_left_recursive_and_a_right_recursive_list_agree() {
    let left = grammar("S -> 3 * S , a | 2 * a");
    let right = grammar("S -> 2 * a | 3 * a , S");
    for n in 1..40 {
        let text: Vec<&str> = std::iter::once("a")
            .chain([",", "a"].into_iter().cycle().take(2 * n))
            .collect();
        let expected = (0.4 * 0.6_f64.powi(n as i32)).ln();
        close(left.log_probability(&text), expected);
        close(right.log_probability(&text), expected);
    }
}

#[test]
fn a_long_text_does_not_underflow() {
    let grammar = grammar("S -> 999999 * rare S | 0.000001 * end | 1 * common");
    let mut text = vec!["rare"; 500];
    text.push("end");
    let total: f64 = 1_000_000.000001;
    let expected = 500.0 * (999999.0 / total).ln() + (0.000001 / total).ln();
    close(grammar.log_probability(&text), expected);
    let grammar = self::grammar("S -> 1 * rare S | 99 * end");
    close(
        grammar.log_probability(&text),
        500.0 * 0.01_f64.ln() + 0.99_f64.ln(),
    );
}

#[test]
fn entropy_and_length_have_their_closed_forms() {
    // A geometric number of tokens: p = 0.6 to go on.
    let grammar = grammar("S -> 3 * a S | 2 * ()");
    close(grammar.expected_length(), 1.5);
    let per_step = -(0.6 * 0.6_f64.ln() + 0.4 * 0.4_f64.ln());
    close(grammar.entropy(), per_step / 0.4);
    close(grammar.perplexity(), (per_step / 0.4 / 2.5).exp());
    // Mutual recursion: x = 1 + 0.5 y, y = 0.5 x + 0.5.
    let grammar = self::grammar("X -> a Y | a\nY -> X | b");
    close(grammar.expected_length(), 5.0 / 3.0);
    let counts: HashMap<&str, f64> = grammar
        .tokens()
        .iter()
        .map(String::as_str)
        .zip(grammar.expected_counts())
        .collect();
    close(counts["a"], 4.0 / 3.0);
    close(counts["b"], 1.0 / 3.0);
}

#[test]
fn entropy_is_that_of_the_enumerated_texts_where_nothing_is_ambiguous() {
    let grammar = grammar("S -> A B | 2 * B c\nA -> a | a a A2\nA2 -> 5 * () | d\nB -> x | 3 * y");
    let entropy: f64 = texts(&grammar, 4)
        .iter()
        .map(|text| grammar.log_probability(text))
        .filter(|log| log.is_finite())
        .map(|log| -log.exp() * log)
        .sum();
    close(grammar.entropy(), entropy);
}

#[test]
fn a_sample_knows_the_probability_of_its_derivation() {
    let unambiguous = grammar("S -> a S b | 2 * ()");
    let ambiguous = grammar("S -> S S | 2 * a");
    let mut rng = sample_rng(3, 0);
    let mut seen_ambiguous = false;
    for _ in 0..200 {
        let sample = unambiguous.sample(&mut rng);
        close(
            sample.log_probability,
            unambiguous.log_probability(&sample.tokens),
        );
        let sample = ambiguous.sample(&mut rng);
        let text = ambiguous.log_probability(&sample.tokens);
        assert!(sample.log_probability <= text + 1e-12);
        seen_ambiguous |= sample.log_probability < text - 0.1;
    }
    assert!(
        seen_ambiguous,
        "three leaves or more have several derivations"
    );
}

/// The generator's key and the integer comparison are part of the crate's promise: these texts
/// must never change.
#[test]
fn a_seed_and_stream_give_the_same_samples_for_ever() {
    let grammar = grammar("S -> 3 * a S | 2 * b S | 1 * c S | 2 * .");
    let draw = |seed, stream| {
        let mut rng = sample_rng(seed, stream);
        (0..4)
            .map(|_| grammar.sample(&mut rng).text())
            .collect::<Vec<_>>()
    };
    // ChaCha8 with a zero key begins 3e 00 ef 2f 89 5f 40 d6: as a fraction 0.837, the last rule.
    assert_eq!(
        draw(0, 0),
        [".", "c a a a a a a a c c b b b c c b .", ".", "b b b a ."]
    );
    assert_eq!(draw(0, 1), [".", ".", "a b c a b a c .", "b a a a ."]);
    assert_eq!(draw(1, 0), ["b a .", ".", ".", "a c ."]);
}

#[test]
fn samples_come_as_often_as_their_probability_says() {
    let grammar = grammar("S -> 1 * a | 2 * b | 5 * c T\nT -> 3 * d | e");
    let mut rng = sample_rng(11, 4);
    let n = 100_000;
    let mut counts: HashMap<String, f64> = HashMap::new();
    for _ in 0..n {
        *counts.entry(grammar.sample(&mut rng).text()).or_default() += 1.0;
    }
    for (text, expected) in [
        ("a", 0.125_f64),
        ("b", 0.25),
        ("c d", 0.46875),
        ("c e", 0.15625),
    ] {
        let tokens: Vec<&str> = text.split(' ').collect();
        close(grammar.log_probability(&tokens), expected.ln());
        let error = (expected * (1.0 - expected) / n as f64).sqrt();
        let share = counts[text] / n as f64;
        assert!((share - expected).abs() < 4.0 * error, "{text}: {share}");
    }
}

proptest! {
    /// Whatever the weights, the texts of a finite ambiguous grammar have probability 1 together.
    #[test]
    fn all_texts_together_are_certain(weights in prop::collection::vec(0.01_f64..10.0, 9)) {
        let w = &weights;
        let grammar = grammar(&format!(
            "S -> {} * A B | {} * B A | {} * A | {} * ()\nA -> {} * a | {} * B b | {} * ()\nB -> {} * b | {} * a b",
            w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8]
        ));
        let total = total_probability(&grammar, 5);
        prop_assert!((total - 1.0).abs() < 1e-12, "{}", total);
    }
}
