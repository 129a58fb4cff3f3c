//! The computation behind the example `gradient-flow`.

#[allow(dead_code)]
#[path = "../examples/gradient-flow/adding.rs"]
mod adding;
#[path = "../examples/gradient-flow/flow.rs"]
mod flow;

use crate::generator;
use adding::{BASELINE, Sequences};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use burn_recurrent::{
    Cell, CellState, GruCellConfig, LstmCellConfig, RecurrentConfig, RnnActivation, RnnCellConfig,
};
use flow::{mean_norm, state_gradients};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SHAPE: [usize; 3] = [2, 4, 2];
const HIDDEN: usize = 3;
/// As in `finite_differences`: rounding and curvature are alike in f32.
const STEP: f32 = 1e-2;
const TOLERANCE: f32 = 3e-3;

/// A loss in which no two numbers have the same part.
fn loss(hidden: Tensor<2>) -> Tensor<1> {
    let [batch, width] = hidden.dims();
    let weights: Vec<f32> = (0..batch * width)
        .map(|i| (i as f32 * 0.7 + 0.3).sin())
        .collect();
    let weights =
        Tensor::<2>::from_data(TensorData::new(weights, [batch, width]), &hidden.device());
    ((hidden + weights.clone()).square() * (weights + 2.0)).sum()
}

/// The gradients are what whole sequences say that go on from a state of which one number is changed.
fn check<C: Cell>(build: impl Fn(&Device) -> C) {
    let device = Device::flex();
    let (cell, input) = {
        let _alone = generator();
        device.seed(5);
        let input = Tensor::<3>::random(SHAPE, Distribution::Normal(0.0, 1.0), &device);
        (build(&device.clone().autodiff()), input)
    };
    let tracked = Tensor::from_data(input.to_data(), &device.clone().autodiff());
    let gradients = state_gradients(&cell, &tracked, loss);
    let mut cell = Some(cell.valid());
    let module = RecurrentConfig::new().init_with(2, |_| cell.take().unwrap());

    let [batch, time, _] = SHAPE;
    assert_eq!(gradients.len(), time);
    for (step, parts) in gradients.into_iter().enumerate() {
        let (_, state) = module.forward(input.clone().narrow(1, 0, step + 1), None);
        let after = |part: usize, index: usize, delta: f32| {
            let mut parts = C::State::stacked_into_parts(state.clone());
            let mut values: Vec<f32> = parts[part].to_data().iter::<f32>().collect();
            values[index] += delta;
            parts[part] = Tensor::from_data(TensorData::new(values, [1, batch, HIDDEN]), &device);
            let mut state = C::State::stacked_from_parts(parts);
            let left = time - step - 1;
            if left > 0 {
                let rest = input.clone().narrow(1, step + 1, left);
                state = module.forward(rest, Some(state)).1;
            }
            let hidden = C::State::stacked_into_parts(state).swap_remove(0);
            loss(hidden.squeeze_dim(0)).into_scalar::<f32>()
        };
        for (part, gradient) in parts.into_iter().enumerate() {
            assert_eq!(gradient.dims(), [batch, HIDDEN]);
            let gradient: Vec<f32> = gradient.into_data().iter::<f32>().collect();
            for (index, expected) in gradient.into_iter().enumerate() {
                let difference = after(part, index, STEP) - after(part, index, -STEP);
                let found = difference / (2.0 * STEP);
                assert!(
                    (found - expected).abs() <= TOLERANCE * expected.abs().max(1.0),
                    "step {step}, part {part} [{index}]: {found} by differences, {expected}"
                );
            }
        }
    }
}

#[test]
fn gradients_of_states_are_those_of_finite_differences() {
    check(|device| {
        RnnCellConfig::new(2, HIDDEN)
            .with_activation(RnnActivation::Sigmoid)
            .init(device)
    });
    check(|device| GruCellConfig::new(2, HIDDEN).init(device));
    check(|device| LstmCellConfig::new(2, HIDDEN).init(device));
}

#[test]
fn a_norm_is_the_mean_of_the_rows_even_where_squares_vanish() {
    let rows = Tensor::<2>::from_data([[3e-30, 4e-30], [0.0, 1e-30]], &Device::flex());
    let norm = mean_norm(rows);
    assert!((norm / 3e-30 - 1.0).abs() < 1e-6, "{norm}");
}

#[test]
fn the_sum_of_the_marked_numbers_is_asked_for() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (count, length) = (4000, 7);
    let sequences = Sequences::draw(count, length, &mut rng, &Device::flex());
    let input: Vec<f32> = sequences.input.into_data().iter::<f32>().collect();
    let targets: Vec<f32> = sequences.targets.into_data().iter::<f32>().collect();
    let mut error = 0.0;
    for (sequence, target) in input.chunks(2 * length).zip(targets) {
        let marked = |places: std::ops::Range<usize>| {
            let marked: Vec<f32> = places
                .filter(|place| sequence[2 * place + 1] == 1.0)
                .map(|place| sequence[2 * place])
                .collect();
            assert_eq!(marked.len(), 1);
            marked[0]
        };
        assert_eq!(marked(0..3) + marked(3..length), target);
        error += f64::from(target - 1.0).powi(2);
    }
    // The deviation of a squared error is 0.197, of the mean of 4000 of them 0.003.
    let error = error / count as f64;
    assert!((error - BASELINE).abs() < 0.012, "{error}");
}
