//! The likelihood with tensor operations alone.

use super::{LinearChainCrf, TransitionConstraints};
use crate::lengths::{never, padding};
use burn::tensor::{Int, Tensor, TensorData};
use burn_recurrent::ZeroOutput;

impl LinearChainCrf {
    /// The same as [`negative_log_likelihood`](Self::negative_log_likelihood) with tensor
    /// operations on the device, step by step, the gradients by automatic differentiation; only
    /// the targets are fetched.
    ///
    /// # Shapes
    ///
    /// - emissions: `[batch, time, labels]`
    /// - targets: `[batch, time]`
    /// - returns: `[batch]`
    ///
    /// # Panics
    ///
    /// If a shape does not fit, a length is longer than the time, or a target is not a label.
    pub fn negative_log_likelihood_on_device(
        &self,
        emissions: Tensor<3>,
        targets: Tensor<2, Int>,
        lengths: &[usize],
    ) -> Tensor<1> {
        self.check(&emissions, lengths);
        let [batch, time, labels] = emissions.dims();
        let device = emissions.device();
        let targets = self.fetch_targets(targets, &emissions, lengths);
        if batch == 0 || time == 0 {
            return ZeroOutput::like(&emissions)
                .of(&emissions)
                .of_module(self)
                .shaped([batch]);
        }
        let past_end = padding(lengths, time, &device);
        let emissions = crate::lengths::fill_padding(emissions, lengths, 0.0);

        let mut start = self.start.val().reshape([1, labels]);
        let mut transitions = self.transitions.val().reshape([1, labels, labels]);
        let mut end = self.end.val().reshape([1, labels]);
        let (path_score, is_empty) = {
            let scores = [start.clone(), end.clone()];
            path_scores(&emissions, &targets, scores, transitions.clone())
        };
        if let Some(constraints) = self.training_constraints() {
            let allowed: Vec<f32> = targets
                .iter()
                .map(|path| f32::from(u8::from(constraints.allows(path))))
                .collect();
            let like = (&device, emissions.dtype());
            let rows = Tensor::<1>::from_data(allowed.as_slice(), like);
            let [of_start, of_transitions, of_end] = penalties(constraints, &emissions);
            let rows_2 = rows.clone().reshape([batch, 1]);
            start = start + rows_2.clone() * of_start.reshape([1, labels]);
            end = end + rows_2 * of_end.reshape([1, labels]);
            let of_transitions = of_transitions.reshape([1, labels, labels]);
            transitions = transitions + rows.reshape([batch, 1, 1]) * of_transitions;
        }

        let step = |t: usize| emissions.clone().narrow(1, t, 1).reshape([batch, labels]);
        let mut alpha = start + step(0);
        for t in 1..time {
            let pairs = alpha.clone().reshape([batch, labels, 1]) + transitions.clone();
            let next = log_sum_exp(pairs, 1).reshape([batch, labels]) + step(t);
            alpha = match &past_end {
                Some(past_end) => {
                    let ended = past_end.clone().narrow(1, t, 1).expand([batch, labels]);
                    next.mask_where(ended, alpha)
                }
                None => next,
            };
        }
        let partition = log_sum_exp(alpha + end, 1).reshape([batch]);
        (partition - path_score) * (is_empty.neg() + 1.0)
    }
}

/// The score of each row's path, and 1 for each row that has none.
fn path_scores(
    emissions: &Tensor<3>,
    targets: &[Vec<usize>],
    [start, end]: [Tensor<2>; 2],
    transitions: Tensor<3>,
) -> (Tensor<1>, Tensor<1>) {
    let [batch, time, labels] = emissions.dims();
    let (device, dtype) = (emissions.device(), emissions.dtype());
    // How often the path uses each part, as a weight for each part's score.
    let mut emitted = vec![0.0_f32; batch * time * labels];
    let mut moved = vec![0.0_f32; batch * labels * labels];
    let mut first = vec![0.0_f32; batch * labels];
    let mut last = vec![0.0_f32; batch * labels];
    let mut empty = vec![0.0_f32; batch];
    for (row, path) in targets.iter().enumerate() {
        let (Some(begin), Some(finish)) = (path.first(), path.last()) else {
            empty[row] = 1.0;
            continue;
        };
        first[row * labels + begin] = 1.0;
        last[row * labels + finish] = 1.0;
        for (t, label) in path.iter().enumerate() {
            emitted[(row * time + t) * labels + label] = 1.0;
        }
        for pair in path.windows(2) {
            moved[(row * labels + pair[0]) * labels + pair[1]] += 1.0;
        }
    }
    let weigh = |weights: Vec<f32>, width: usize, scores: Tensor<2>| {
        let weights = TensorData::new(weights, [batch, width]);
        let weights = Tensor::<2>::from_data(weights, (&device, dtype));
        (weights * scores).sum_dim(1).reshape([batch])
    };
    let emissions = emissions.clone().reshape([batch, time * labels]);
    let transitions = transitions.reshape([1, labels * labels]);
    let score = weigh(emitted, time * labels, emissions)
        + weigh(moved, labels * labels, transitions)
        + weigh(first, labels, start)
        + weigh(last, labels, end);
    (score, Tensor::from_data(empty.as_slice(), (&device, dtype)))
}

/// Zero where something is allowed: of start, transitions and end.
fn penalties(constraints: &TransitionConstraints, emissions: &Tensor<3>) -> [Tensor<1>; 3] {
    let (device, dtype) = (emissions.device(), emissions.dtype());
    let forbidden = never(dtype);
    let penalties = |allowed: &mut dyn Iterator<Item = &bool>| {
        let penalties: Vec<f32> = allowed
            .map(|allowed| if *allowed { 0.0 } else { forbidden })
            .collect();
        Tensor::<1>::from_data(penalties.as_slice(), (&device, dtype))
    };
    [
        penalties(&mut constraints.start.iter()),
        penalties(&mut constraints.transitions.iter().flatten()),
        penalties(&mut constraints.end.iter()),
    ]
}

fn log_sum_exp<const D: usize>(scores: Tensor<D>, axis: usize) -> Tensor<D> {
    let largest = scores.clone().max_dim(axis).detach();
    (scores - largest.clone()).exp().sum_dim(axis).log() + largest
}
