//! Mixtures of two language models, against a grid of all weights and by hand.

use burn_recurrent_models::Mixture;
use proptest::prelude::*;

fn logarithms(probabilities: &[f64]) -> Vec<f64> {
    probabilities.iter().map(|p| p.ln()).collect()
}

/// The text's log-probability by the definition, without the code that is tested.
fn of_weight(weight: f64, first: &[f64], second: &[f64]) -> f64 {
    let tokens = first.iter().zip(second);
    tokens
        .map(|(p, q)| (weight * p + (1.0 - weight) * q).ln())
        .sum()
}

#[test]
fn two_tokens_by_hand() {
    // (0.1 + 0.7 w)(0.6 - 0.5 w) is largest where 0.42 - 0.05 - 0.7 w = 0.
    let (first, second) = ([0.8, 0.1], [0.1, 0.6]);
    let (p, q) = (logarithms(&first), logarithms(&second));
    let mixture = Mixture::fit(&p, &q);
    assert!((mixture.weight - 0.37 / 0.7).abs() < 1e-12, "{mixture:?}");
    let sum: f64 = mixture.log_probabilities(&p, &q).iter().sum();
    let (a, b) = (0.1 + 0.37, 0.6 - 0.5 * 0.37 / 0.7);
    assert!((sum - f64::ln(a * b)).abs() < 1e-12);
    // The other way around it is the rest.
    let other = Mixture::fit(&q, &p);
    assert!((other.weight + mixture.weight - 1.0).abs() < 1e-12);
}

#[test]
fn a_model_that_is_better_everywhere_stands_alone() {
    let (good, bad) = (logarithms(&[0.5, 0.9]), logarithms(&[0.4, 0.2]));
    assert_eq!(Mixture::fit(&good, &bad).weight, 1.0);
    assert_eq!(Mixture::fit(&bad, &good).weight, 0.0);
    let alone = Mixture { weight: 1.0 };
    assert_eq!(alone.log_probabilities(&good, &bad), good);
    let alone = Mixture { weight: 0.0 };
    assert_eq!(alone.log_probabilities(&good, &bad), bad);
    assert_eq!(Mixture::fit(&good, &good).weight, 0.5);
    assert_eq!(Mixture::fit(&[], &[]).weight, 0.5);
}

#[test]
fn what_one_model_finds_impossible_the_other_is_needed_for() {
    // w * 0.5 for the one token and 1 - w for the other: the best is one half.
    let impossible = f64::NEG_INFINITY;
    let (p, q) = ([0.5_f64.ln(), impossible], [impossible, 0.0]);
    let mixture = Mixture::fit(&p, &q);
    assert!((mixture.weight - 0.5).abs() < 1e-12);
    let mixed = mixture.log_probabilities(&p, &q);
    assert!((mixed[0] - 0.25_f64.ln()).abs() < 1e-12);
    assert!((mixed[1] - 0.5_f64.ln()).abs() < 1e-12);
    // Of a token that both find impossible no weight makes anything, and it does not disturb the others.
    let with_none = |mut tokens: Vec<f64>| {
        tokens.push(impossible);
        tokens
    };
    let (p, q) = (with_none(p.to_vec()), with_none(q.to_vec()));
    assert!((Mixture::fit(&p, &q).weight - 0.5).abs() < 1e-12);
    assert_eq!(mixture.log_probabilities(&p, &q)[2], impossible);
}

#[test]
fn probabilities_that_f64_cannot_hold_are_mixed() {
    let mixture = Mixture { weight: 0.5 };
    let mixed = mixture.log_probabilities(&[-2000.0], &[-2000.0]);
    assert!((mixed[0] + 2000.0).abs() < 1e-9, "{mixed:?}");
}

#[test]
#[should_panic(expected = "2 of the first and 1 of the second")]
fn both_must_speak_of_every_token() {
    Mixture::fit(&[0.0, 0.0], &[0.0]);
}

proptest! {
    #[test]
    fn no_weight_of_a_grid_is_better(tokens in prop::collection::vec((0.001..1.0_f64, 0.001..1.0_f64), 1..40)) {
        let (first, second): (Vec<f64>, Vec<f64>) = tokens.into_iter().unzip();
        let (p, q) = (logarithms(&first), logarithms(&second));
        let mixture = Mixture::fit(&p, &q);
        let found = of_weight(mixture.weight, &first, &second);
        let sum: f64 = mixture.log_probabilities(&p, &q).iter().sum();
        prop_assert!((sum - found).abs() < 1e-9);
        for step in 0..=1000 {
            let other = of_weight(f64::from(step) / 1000.0, &first, &second);
            prop_assert!(found >= other - 1e-9, "{mixture:?}: {found}, {step}: {other}");
        }
    }
}
