//! The conditional random field's gradients against differences and automatic differentiation.

use crate::crf_case::{
    Case, LENGTHS, check_by_enumeration, close, constrained_cases, gradients, log_sum_exp, spans,
    values,
};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::LinearChainCrfConfig;

#[test]
fn the_closed_form_is_what_automatic_differentiation_gives() {
    for (case, constraints) in constrained_cases() {
        let targets = case.targets(|row| case.some_path(row, constraints.as_ref()));
        let crf = &case.crf;
        let closed = crf.negative_log_likelihood(case.emissions(), targets.clone(), &case.lengths);
        let stepwise =
            crf.negative_log_likelihood_on_device(case.emissions(), targets.clone(), &case.lengths);
        for (found, expected) in values(closed).into_iter().zip(values(stepwise)) {
            assert!(close(found, expected, 1e-5), "{found}, expected {expected}");
        }
        let closed = gradients(&case, &targets, false);
        let stepwise = gradients(&case, &targets, true);
        for (found, expected) in closed.concat().into_iter().zip(stepwise.concat()) {
            assert!(
                (found - expected).abs() < 1e-5,
                "{found}, expected {expected}"
            );
        }
    }
}

#[test]
fn gradients_are_what_differences_give() {
    const STEP: f64 = 1e-3;
    for (mut case, constraints) in constrained_cases() {
        let targets = case.targets(|row| case.some_path(row, constraints.as_ref()));
        let paths: Vec<_> = (0..case.batch)
            .map(|row| case.some_path(row, constraints.as_ref()))
            .collect();
        let found = gradients(&case, &targets, false);
        // By enumeration in f64, so that the differences are good to 1e-6.
        let loss = |case: &Case| -> f64 {
            (0..case.batch)
                .map(|row| {
                    let all = case.enumerate(row, constraints.as_ref());
                    let partition = log_sum_exp(all.iter().map(|path| path.score));
                    let nats = partition - case.score(row, &paths[row]);
                    (1.0 + row as f64 * 0.5) * nats
                })
                .sum()
        };
        fn part(case: &mut Case, which: usize) -> &mut Vec<f64> {
            match which {
                0 => &mut case.emissions,
                1 => &mut case.transitions,
                2 => &mut case.start,
                _ => &mut case.end,
            }
        }
        for (which, gradient) in found.iter().enumerate() {
            for (index, found) in gradient.iter().enumerate() {
                let old = part(&mut case, which)[index];
                let mut at = |value: f64| {
                    part(&mut case, which)[index] = value;
                    loss(&case)
                };
                let expected = (at(old + STEP) - at(old - STEP)) / (2.0 * STEP);
                at(old);
                assert!(
                    (found - expected).abs() < 1e-5,
                    "part {which} [{index}]: {found}, by differences {expected}"
                );
            }
        }
    }
}

#[test]
fn without_gradients_the_value_is_the_same() {
    Device::flex().seed(5);
    let case = Case::new(3, &LENGTHS, LinearChainCrfConfig::new(3));
    let targets = case.targets(|row| case.some_path(row, None));
    let nats = |emissions: Tensor<3>, targets: Tensor<2, Int>| {
        values(
            case.crf
                .negative_log_likelihood(emissions, targets, &case.lengths),
        )
    };
    let tracked = nats(case.emissions(), targets.clone());
    assert_eq!(nats(case.emissions().inner(), targets), tracked);
}

#[test]
fn the_padding_does_not_matter() {
    Device::flex().seed(6);
    let mut case = Case::new(3, &LENGTHS, LinearChainCrfConfig::new(3));
    let targets = case.targets(|row| case.some_path(row, None));
    let run = |case: &Case| {
        let crf = &case.crf;
        let nats = crf.negative_log_likelihood(case.emissions(), targets.clone(), &case.lengths);
        let paths = crf.viterbi(case.emissions(), &case.lengths);
        let marginals = values(crf.marginals(case.emissions(), &case.lengths));
        (
            values(nats),
            paths,
            marginals,
            gradients(case, &targets, false),
        )
    };
    let clean = run(&case);
    for row in 0..case.batch {
        for t in case.lengths[row]..case.time {
            let start = (row * case.time + t) * 3;
            case.emissions[start..start + 3].copy_from_slice(&[f64::NAN, 1e30, f64::INFINITY]);
        }
    }
    assert_eq!(run(&case), clean);
}

#[test]
fn extreme_scores_stay_exact() {
    for scale in [1e4, 1e6] {
        Device::flex().seed(7);
        for constraints in [None, Some(spans(4))] {
            let config = LinearChainCrfConfig::new(4).with_constraints(constraints.clone());
            let device = Device::flex().autodiff();
            let case = Case::on(&device, scale, 4, &[5, 3, 1], config);
            check_by_enumeration(&case, constraints.as_ref());
            let targets = case.targets(|row| case.some_path(row, constraints.as_ref()));
            let gradients = gradients(&case, &targets, false).concat();
            assert!(gradients.iter().all(|gradient| gradient.is_finite()));
            assert!(gradients.iter().any(|gradient| gradient.abs() > 0.5));
        }
    }
}

/// Two labels that are far better, but only from labels that are far worse: every step's sum is of
/// numbers that would underflow.
#[test]
fn a_step_that_underflows_is_done_exactly() {
    let device = Device::flex().autodiff();
    let mut case = Case::new(3, &[4, 2], LinearChainCrfConfig::new(3));
    case.transitions = vec![
        -2000.0, 0.0, -5000.0, -3000.0, -2500.0, 1000.0, 1.0, 2.0, -4000.0,
    ];
    let table = TensorData::new(case.transitions.clone(), [3, 3]);
    let table = Tensor::<2>::from_data(table, &device).require_grad();
    case.crf.transitions = case.crf.transitions.map(|_| table);
    for (index, emission) in case.emissions.iter_mut().enumerate() {
        *emission = [0.0, -1500.0, 3000.0, 900.0][index % 4];
    }
    check_by_enumeration(&case, None);
    let targets = case.targets(|row| case.some_path(row, None));
    let closed = gradients(&case, &targets, false);
    let stepwise = gradients(&case, &targets, true);
    for (found, expected) in closed.concat().into_iter().zip(stepwise.concat()) {
        assert!(
            (found - expected).abs() < 1e-4,
            "{found}, expected {expected}"
        );
    }
}

#[test]
#[expect(
    deprecated,
    reason = "deprecated upstream, kept here as a second backend to agree with"
)]
fn it_is_the_same_on_ndarray() {
    let device = Device::ndarray().autodiff();
    let config = LinearChainCrfConfig::new(4).with_constraints(Some(spans(4)));
    let case = Case::on(&device, 2.0, 4, &LENGTHS, config);
    check_by_enumeration(&case, Some(&spans(4)));
    let targets = case.targets(|row| case.some_path(row, Some(&spans(4))));
    let closed = gradients(&case, &targets, false).concat();
    for (found, expected) in closed
        .into_iter()
        .zip(gradients(&case, &targets, true).concat())
    {
        assert!(
            (found - expected).abs() < 1e-5,
            "{found}, expected {expected}"
        );
    }
}
