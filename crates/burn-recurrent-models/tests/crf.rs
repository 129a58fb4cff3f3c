//! The conditional random field against enumeration of all its paths, and its gradients against
//! differences and automatic differentiation.

use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use burn_recurrent_models::{
    CrfError, CrfPath, LinearChainCrf, LinearChainCrfConfig, TransitionConstraints,
};
use proptest::prelude::*;

/// A field with its numbers on the host, in f64.
struct Case {
    crf: LinearChainCrf,
    transitions: Vec<f64>,
    start: Vec<f64>,
    end: Vec<f64>,
    emissions: Vec<f64>,
    batch: usize,
    time: usize,
    labels: usize,
    lengths: Vec<usize>,
    device: Device,
}

fn normal<const D: usize>(shape: [usize; D], scale: f64, device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, scale), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// O, B, I, .. in turn: label 2, 5, .. only after the one before it or itself; no B at the end.
fn spans(labels: usize) -> TransitionConstraints {
    let inside = |label: usize| label % 3 == 2;
    TransitionConstraints::from_fn(
        labels,
        |first| !inside(first),
        |from, to| !inside(to) || from == to || from + 1 == to,
        |last| last % 3 != 1,
    )
}

impl Case {
    fn new(labels: usize, lengths: &[usize], config: LinearChainCrfConfig) -> Self {
        Self::on(&Device::flex().autodiff(), 2.0, labels, lengths, config)
    }

    fn on(
        device: &Device,
        scale: f64,
        labels: usize,
        lengths: &[usize],
        config: LinearChainCrfConfig,
    ) -> Self {
        let mut crf = config.init(device).unwrap();
        let tracked = device.is_autodiff();
        let draw = |shape| normal::<2>(shape, scale, device).detach();
        let transitions = draw([labels, labels]).set_require_grad(tracked);
        crf.transitions = crf.transitions.map(|_| transitions);
        let vector = || {
            let vector = draw([1, labels]).reshape([labels]);
            vector.detach().set_require_grad(tracked)
        };
        crf.start = crf.start.map(|_| vector());
        crf.end = crf.end.map(|_| vector());
        let time = lengths.iter().copied().max().unwrap_or(0) + 1;
        let batch = lengths.len();
        Self {
            transitions: values(crf.transitions.val()),
            start: values(crf.start.val()),
            end: values(crf.end.val()),
            emissions: values(normal([batch, time, labels], scale, device)),
            crf,
            batch,
            time,
            labels,
            lengths: lengths.to_vec(),
            device: device.clone(),
        }
    }

    fn emissions(&self) -> Tensor<3> {
        let data = TensorData::new(self.emissions.clone(), [self.batch, self.time, self.labels]);
        Tensor::from_data(data, &self.device)
    }

    fn score(&self, row: usize, path: &[usize]) -> f64 {
        let (Some(first), Some(last)) = (path.first(), path.last()) else {
            return 0.0;
        };
        let emission =
            |t: usize, label: usize| self.emissions[(row * self.time + t) * self.labels + label];
        let emitted: f64 = path.iter().enumerate().map(|(t, l)| emission(t, *l)).sum();
        let moved: f64 = path
            .windows(2)
            .map(|pair| self.transitions[pair[0] * self.labels + pair[1]])
            .sum();
        self.start[*first] + emitted + moved + self.end[*last]
    }

    /// All paths of a row that the constraints allow, the best first.
    fn enumerate(&self, row: usize, constraints: Option<&TransitionConstraints>) -> Vec<CrfPath> {
        let length = self.lengths[row] as u32;
        let mut paths: Vec<CrfPath> = (0..self.labels.pow(length))
            .map(|number| {
                let digit = |place| number / self.labels.pow(place) % self.labels;
                (0..length).map(digit).collect::<Vec<usize>>()
            })
            .filter(|path| constraints.is_none_or(|c| c.allows(path)))
            .map(|labels| CrfPath {
                score: self.score(row, &labels),
                labels,
            })
            .collect();
        paths.sort_by(|a, b| b.score.total_cmp(&a.score));
        paths
    }

    /// The best path of every row as targets; in the padding something that is no label.
    fn targets(&self, path_of: impl Fn(usize) -> Vec<usize>) -> Tensor<2, Int> {
        let mut targets = vec![-7_i64; self.batch * self.time];
        for row in 0..self.batch {
            for (t, label) in path_of(row).into_iter().enumerate() {
                targets[row * self.time + t] = label as i64;
            }
        }
        let targets = TensorData::new(targets, [self.batch, self.time]);
        Tensor::from_data(targets, &self.device)
    }

    /// Some path of a row, for targets: allowed, and not the best.
    fn some_path(&self, row: usize, constraints: Option<&TransitionConstraints>) -> Vec<usize> {
        let paths = self.enumerate(row, constraints);
        paths[paths.len() / 2].labels.clone()
    }
}

fn log_sum_exp(scores: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = scores.clone().fold(f64::NEG_INFINITY, f64::max);
    largest
        + scores
            .map(|score| (score - largest).exp())
            .sum::<f64>()
            .ln()
}

fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs().max(1.0)
}

/// Everything the field computes is what enumeration gives.
fn check_by_enumeration(case: &Case, constraints: Option<&TransitionConstraints>) {
    let crf = &case.crf;
    let partitions = crf.log_partition(case.emissions(), &case.lengths);
    let best = crf.viterbi(case.emissions(), &case.lengths);
    let five = crf.k_best(case.emissions(), &case.lengths, 5);
    let all = crf.k_best(case.emissions(), &case.lengths, 10_000);
    let marginals = values(crf.marginals(case.emissions(), &case.lengths));
    let targets = case.targets(|row| case.some_path(row, constraints));
    let nats = values(crf.negative_log_likelihood(case.emissions(), targets, &case.lengths));
    for row in 0..case.batch {
        let paths = case.enumerate(row, constraints);
        let partition = log_sum_exp(paths.iter().map(|path| path.score));
        // The numbers come from f32, the sums are done in f64.
        assert!(close(partitions[row], partition, 1e-12));
        let target = case.some_path(row, constraints);
        let expected = partition - case.score(row, &target);
        assert!(close(nats[row], expected, 1e-6), "{} {expected}", nats[row]);

        assert_eq!(best[row].labels, paths[0].labels);
        assert!(close(best[row].score, paths[0].score, 1e-12));
        assert_eq!(five[row].len(), paths.len().min(5));
        assert_eq!(all[row].len(), paths.len());
        for (found, expected) in all[row].iter().zip(&paths) {
            assert_eq!(found.labels, expected.labels);
            assert!(close(found.score, expected.score, 1e-12));
        }
        assert_eq!(five[row], all[row][..five[row].len()]);

        for t in 0..case.time {
            for label in 0..case.labels {
                let with = paths
                    .iter()
                    .filter(|path| path.labels.get(t) == Some(&label));
                let expected: f64 = with.map(|path| (path.score - partition).exp()).sum();
                let found = marginals[(row * case.time + t) * case.labels + label];
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{found}, expected {expected}"
                );
            }
        }
    }
}

const LENGTHS: [usize; 6] = [3, 0, 5, 1, 2, 4];

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

/// A weighted sum of the rows' nats, so that the rows' gradients cannot stand in for each other.
fn weighted(nats: Tensor<1>) -> Tensor<1> {
    let rows = nats.dims()[0];
    let weights: Vec<f32> = (0..rows).map(|row| 1.0 + row as f32 * 0.5).collect();
    let weights = Tensor::<1>::from_data(weights.as_slice(), &nats.device());
    (nats * weights).sum()
}

/// The gradients of the emissions, transitions, start and end.
fn gradients(case: &Case, targets: &Tensor<2, Int>, on_device: bool) -> Vec<Vec<f64>> {
    let emissions = case.emissions().require_grad();
    let crf = &case.crf;
    let (input, targets) = (emissions.clone(), targets.clone());
    let nats = match on_device {
        true => crf.negative_log_likelihood_on_device(input, targets, &case.lengths),
        false => crf.negative_log_likelihood(input, targets, &case.lengths),
    };
    let gradients = weighted(nats).backward();
    vec![
        values(emissions.grad(&gradients).unwrap()),
        values(crf.transitions.val().grad(&gradients).unwrap()),
        values(crf.start.val().grad(&gradients).unwrap()),
        values(crf.end.val().grad(&gradients).unwrap()),
    ]
}

fn constrained_cases() -> Vec<(Case, Option<TransitionConstraints>)> {
    Device::flex().seed(4);
    [None, Some(spans(4))]
        .into_iter()
        .map(|constraints| {
            let config = LinearChainCrfConfig::new(4).with_constraints(constraints.clone());
            (Case::new(4, &LENGTHS, config), constraints)
        })
        .collect()
}

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
#[allow(deprecated)]
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
