//! The conditional random field against enumeration of all its paths.

use crate::crf_case::{Case, LENGTHS, check_by_enumeration, close, log_sum_exp, spans, values};
use burn::tensor::{Device, Int, Tensor};
use burn_recurrent_models::{CrfError, CrfPath, LinearChainCrfConfig, TransitionConstraints};
use proptest::prelude::*;

#[test]
fn all_that_it_computes_is_what_enumeration_gives() {
    let device = Device::flex().autodiff();
    for seed in 0..5 {
        device.seed(seed);
        for labels in [1, 2, 3, 4] {
            let case = Case::new(labels, &LENGTHS, LinearChainCrfConfig::new(labels));
            check_by_enumeration(&case, None);
        }
    }
}

#[test]
fn constraints_leave_only_what_they_allow() {
    Device::flex().seed(1);
    for labels in [1, 3, 4] {
        let constraints = spans(labels);
        let config = LinearChainCrfConfig::new(labels).with_constraints(Some(constraints.clone()));
        check_by_enumeration(&Case::new(labels, &LENGTHS, config), Some(&constraints));
    }
}

#[test]
fn constraints_of_decoding_alone_leave_the_likelihood() {
    Device::flex().seed(2);
    let constraints = spans(3);
    let config = LinearChainCrfConfig::new(3)
        .with_constraints(Some(constraints.clone()))
        .with_constrain_training(false);
    let case = Case::new(3, &LENGTHS, config);
    let targets = case.targets(|row| case.some_path(row, None));
    let nats = case
        .crf
        .negative_log_likelihood(case.emissions(), targets, &case.lengths);
    for (row, found) in values(nats).into_iter().enumerate() {
        let paths = case.enumerate(row, None);
        let partition = log_sum_exp(paths.iter().map(|path| path.score));
        let expected = partition - case.score(row, &case.some_path(row, None));
        assert!(close(found, expected, 1e-6), "{found}, expected {expected}");
    }
    for path in case.crf.viterbi(case.emissions(), &case.lengths) {
        assert!(constraints.allows(&path.labels));
    }
}

#[test]
fn forbidden_targets_count_as_if_nothing_were_forbidden() {
    Device::flex().seed(3);
    let constraints = spans(3);
    let config = LinearChainCrfConfig::new(3).with_constraints(Some(constraints.clone()));
    let case = Case::new(3, &[3, 3], config);
    let forbidden = vec![0, 2, 0];
    assert!(!constraints.allows(&forbidden));
    let targets = case.targets(|_| forbidden.clone());
    for nats in [
        case.crf
            .negative_log_likelihood(case.emissions(), targets.clone(), &case.lengths),
        case.crf
            .negative_log_likelihood_on_device(case.emissions(), targets, &case.lengths),
    ] {
        for (row, found) in values(nats).into_iter().enumerate() {
            let paths = case.enumerate(row, None);
            let partition = log_sum_exp(paths.iter().map(|path| path.score));
            let expected = partition - case.score(row, &forbidden);
            assert!(close(found, expected, 1e-6), "{found}, expected {expected}");
        }
    }
}

#[test]
fn a_sentence_without_words_has_one_empty_path() {
    let device = Device::flex().autodiff();
    let case = Case::new(3, &[0, 0], LinearChainCrfConfig::new(3));
    let nothing = CrfPath {
        labels: vec![],
        score: 0.0,
    };
    let crf = &case.crf;
    assert_eq!(crf.viterbi(case.emissions(), &[0, 0])[1], nothing);
    assert_eq!(crf.k_best(case.emissions(), &[0, 0], 3)[0], [nothing]);
    assert_eq!(crf.log_partition(case.emissions(), &[0, 0]), [0.0, 0.0]);
    let targets = case.targets(|_| vec![]);
    let nats = crf.negative_log_likelihood(case.emissions(), targets, &[0, 0]);
    assert_eq!(values(nats), [0.0, 0.0]);
    // No sentences, and no time.
    for shape in [[0, 2, 3], [2, 0, 3]] {
        let lengths = vec![0; shape[0]];
        let emissions = Tensor::<3>::zeros(shape, &device);
        let targets = Tensor::<2, Int>::zeros([shape[0], shape[1]], &device);
        assert_eq!(crf.viterbi(emissions.clone(), &lengths).len(), shape[0]);
        assert_eq!(crf.marginals(emissions.clone(), &lengths).dims(), shape);
        let closed = crf.negative_log_likelihood(emissions.clone(), targets.clone(), &lengths);
        assert_eq!(closed.dims(), [shape[0]]);
        let stepwise = crf.negative_log_likelihood_on_device(emissions, targets, &lengths);
        assert_eq!(stepwise.dims(), [shape[0]]);
    }
}

#[test]
fn even_what_is_no_number_decodes_what_is_allowed() {
    let constraints = spans(6);
    let config = LinearChainCrfConfig::new(6).with_constraints(Some(constraints.clone()));
    let mut case = Case::new(6, &[7, 1, 4], config);
    for (index, emission) in case.emissions.iter_mut().enumerate() {
        *emission = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0][index % 4];
    }
    let nan = Tensor::<2>::full([6, 6], f32::NAN, &case.device);
    for diverged in [false, true] {
        if diverged {
            case.crf.transitions = case.crf.transitions.map(|_| nan.clone().require_grad());
        }
        let best = case.crf.viterbi(case.emissions(), &case.lengths);
        let more = case.crf.k_best(case.emissions(), &case.lengths, 9);
        let mut paths = best.iter().chain(more.iter().flatten());
        assert!(paths.all(|path| constraints.allows(&path.labels)));
        assert!(
            best.iter()
                .zip(&case.lengths)
                .all(|(p, l)| p.labels.len() == *l)
        );
    }
}

#[test]
fn of_equal_paths_the_smaller_labels_win() {
    let crf = LinearChainCrfConfig::new(3).init(&Device::flex()).unwrap();
    let emissions = Tensor::<3>::zeros([1, 3, 3], &Device::flex());
    assert_eq!(crf.viterbi(emissions.clone(), &[3])[0].labels, [0, 0, 0]);
    let paths = crf.k_best(emissions, &[3], 27).remove(0);
    assert_eq!(paths[0].labels, [0, 0, 0]);
    assert_eq!(paths.len(), 27);
}

#[test]
fn constraints_that_cannot_be_kept_are_refused() {
    let init = |constraints| {
        let config = LinearChainCrfConfig::new(2).with_constraints(Some(constraints));
        config.init(&Device::flex()).map(|_| ()).unwrap_err()
    };
    let all = |_| true;
    assert_eq!(
        init(TransitionConstraints::from_fn(3, all, |_, _| true, all)),
        CrfError::Constraints {
            table: "start",
            place: String::new(),
            expected: 2,
            found: 3
        }
    );
    let mut ragged = TransitionConstraints::from_fn(2, all, |_, _| true, all);
    ragged.transitions[1].pop();
    let message = init(ragged).to_string();
    assert!(
        message.contains("`transitions` must have 2 entries in row 1"),
        "{message}"
    );
    // 0 and 1 take turns, from 0 to 1: no sentence of an odd length.
    let turns = |from, to| from != to;
    let error = init(TransitionConstraints::from_fn(
        2,
        |l| l == 0,
        turns,
        |l| l == 1,
    ));
    assert_eq!(error, CrfError::NoSequence { length: 1 });
    // 0 at most twice.
    let up = |from, to| from < to;
    let error = init(TransitionConstraints::from_fn(2, all, up, all));
    assert_eq!(error, CrfError::NoSequence { length: 3 });
    assert_eq!(
        LinearChainCrfConfig::new(0)
            .init(&Device::flex())
            .map(|_| ()),
        Err(CrfError::NoLabels)
    );
}

#[test]
#[should_panic(expected = "the target at row 0, time 1 is 3, but there are 3 labels")]
fn a_target_that_is_no_label_panics() {
    let case = Case::new(3, &[2], LinearChainCrfConfig::new(3));
    let targets = case.targets(|_| vec![0, 3]);
    case.crf
        .negative_log_likelihood(case.emissions(), targets, &[2]);
}

#[test]
#[should_panic(expected = "row 1 has length 4, but the input has only 3 time steps")]
fn a_length_beyond_the_time_panics() {
    let case = Case::new(3, &[2, 2], LinearChainCrfConfig::new(3));
    case.crf.viterbi(case.emissions(), &[2, 4]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever the scores, sizes and constraints (label 0 is always allowed).
    #[test]
    fn paths_and_probabilities_agree(
        seed in 0_u64..1_000_000,
        labels in 1_usize..12,
        lengths in prop::collection::vec(0_usize..9, 1..5),
        scale in prop::sample::select(vec![0.1, 1.0, 30.0, 3000.0]),
        forbidden in prop::collection::vec(any::<bool>(), 144),
        constrained in any::<bool>(),
    ) {
        let constraints = constrained.then(|| TransitionConstraints::from_fn(
            labels,
            |label| label == 0 || !forbidden[label],
            |from, to| from == 0 || to == 0 || !forbidden[from * labels + to],
            |label| label == 0 || !forbidden[143 - label],
        ));
        let device = Device::flex();
        device.seed(seed);
        let config = LinearChainCrfConfig::new(labels).with_constraints(constraints.clone());
        let case = Case::on(&device, scale, labels, &lengths, config);
        let partitions = case.crf.log_partition(case.emissions(), &lengths);
        let best = case.crf.viterbi(case.emissions(), &lengths);
        let more = case.crf.k_best(case.emissions(), &lengths, 4);
        let marginals = values(case.crf.marginals(case.emissions(), &lengths));
        for row in 0..lengths.len() {
            prop_assert_eq!(&more[row][0], &best[row]);
            prop_assert_eq!(best[row].labels.len(), lengths[row]);
            let mut probability = 0.0;
            for (rank, path) in more[row].iter().enumerate() {
                if let Some(constraints) = &constraints {
                    prop_assert!(constraints.allows(&path.labels));
                }
                prop_assert!(close(path.score, case.score(row, &path.labels), 1e-12));
                prop_assert!(rank == 0 || path.score <= more[row][rank - 1].score);
                prop_assert!(more[row][..rank].iter().all(|other| other.labels != path.labels));
                probability += (path.score - partitions[row]).exp();
            }
            prop_assert!(probability < 1.0 + 1e-9, "{}", probability);
            for t in 0..lengths[row] {
                let start = (row * case.time + t) * labels;
                let sum: f64 = marginals[start..start + labels].iter().sum();
                prop_assert!((sum - 1.0).abs() < 1e-5, "{}", sum);
            }
        }
    }
}
