//! A conditional random field whose numbers are known on the host, and what enumeration and
//! automatic differentiation say about it.
#![allow(dead_code, reason = "each test uses some of it")]

use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use burn_recurrent_models::{CrfPath, LinearChainCrf, LinearChainCrfConfig, TransitionConstraints};

/// A field with its numbers on the host, in f64.
pub struct Case {
    pub crf: LinearChainCrf,
    pub transitions: Vec<f64>,
    pub start: Vec<f64>,
    pub end: Vec<f64>,
    pub emissions: Vec<f64>,
    pub batch: usize,
    pub time: usize,
    pub labels: usize,
    pub lengths: Vec<usize>,
    pub device: Device,
}

pub fn normal<const D: usize>(shape: [usize; D], scale: f64, device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, scale), device)
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// O, B, I, .. in turn: label 2, 5, .. only after the one before it or itself; no B at the end.
pub fn spans(labels: usize) -> TransitionConstraints {
    let inside = |label: usize| label % 3 == 2;
    TransitionConstraints::from_fn(
        labels,
        |first| !inside(first),
        |from, to| !inside(to) || from == to || from + 1 == to,
        |last| last % 3 != 1,
    )
}

impl Case {
    pub fn new(labels: usize, lengths: &[usize], config: LinearChainCrfConfig) -> Self {
        Self::on(&Device::flex().autodiff(), 2.0, labels, lengths, config)
    }

    pub fn on(
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

    pub fn emissions(&self) -> Tensor<3> {
        let data = TensorData::new(self.emissions.clone(), [self.batch, self.time, self.labels]);
        Tensor::from_data(data, &self.device)
    }

    pub fn score(&self, row: usize, path: &[usize]) -> f64 {
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
    pub fn enumerate(
        &self,
        row: usize,
        constraints: Option<&TransitionConstraints>,
    ) -> Vec<CrfPath> {
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
    pub fn targets(&self, path_of: impl Fn(usize) -> Vec<usize>) -> Tensor<2, Int> {
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
    pub fn some_path(&self, row: usize, constraints: Option<&TransitionConstraints>) -> Vec<usize> {
        let paths = self.enumerate(row, constraints);
        paths[paths.len() / 2].labels.clone()
    }
}

pub fn log_sum_exp(scores: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = scores.clone().fold(f64::NEG_INFINITY, f64::max);
    largest
        + scores
            .map(|score| (score - largest).exp())
            .sum::<f64>()
            .ln()
}

pub fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs().max(1.0)
}

/// Everything the field computes is what enumeration gives.
pub fn check_by_enumeration(case: &Case, constraints: Option<&TransitionConstraints>) {
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

pub const LENGTHS: [usize; 6] = [3, 0, 5, 1, 2, 4];

/// A weighted sum of the rows' nats, so that the rows' gradients cannot stand in for each other.
pub fn weighted(nats: Tensor<1>) -> Tensor<1> {
    let rows = nats.dims()[0];
    let weights: Vec<f32> = (0..rows).map(|row| 1.0 + row as f32 * 0.5).collect();
    let weights = Tensor::<1>::from_data(weights.as_slice(), &nats.device());
    (nats * weights).sum()
}

/// The gradients of the emissions, transitions, start and end.
pub fn gradients(case: &Case, targets: &Tensor<2, Int>, on_device: bool) -> Vec<Vec<f64>> {
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

pub fn constrained_cases() -> Vec<(Case, Option<TransitionConstraints>)> {
    Device::flex().seed(4);
    [None, Some(spans(4))]
        .into_iter()
        .map(|constraints| {
            let config = LinearChainCrfConfig::new(4).with_constraints(constraints.clone());
            (Case::new(4, &LENGTHS, config), constraints)
        })
        .collect()
}
