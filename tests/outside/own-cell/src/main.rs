//! Trains layers of a cell of one's own, in both directions, to say of every step of a padded row whether the sum of the
//! numbers up to it is above zero, and runs the rows padded and one by one.

mod minimal_gated;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Device, Distribution, Tensor};
use burn_recurrent::{Recurrent, RecurrentConfig};
use minimal_gated::{MinimalGatedCell, MinimalGatedCellConfig};

const TIME: usize = 8;
const D_HIDDEN: usize = 16;

#[derive(Module, Debug)]
struct Model {
    layers: Recurrent<MinimalGatedCell>,
    output: Linear,
}

impl Model {
    fn new(device: &Device) -> Self {
        Self {
            layers: RecurrentConfig::new()
                .with_num_layers(2)
                .with_bidirectional(true)
                .with_dropout(0.1)
                .init_with(1, |d_input| {
                    MinimalGatedCellConfig::new(d_input, D_HIDDEN).init(device)
                }),
            output: LinearConfig::new(2 * D_HIDDEN, 1).init(device),
        }
    }

    fn logits(&self, input: Tensor<3>, lengths: &[usize]) -> Tensor<3> {
        let (features, _) = self.layers.forward_padded(input, lengths, None);
        self.output.forward(features)
    }
}

/// The lengths of a batch's rows, some of them zero.
fn lengths(rows: usize) -> Vec<usize> {
    (0..rows).map(|row| TIME - row % (TIME + 1)).collect()
}

/// Rows of numbers, and for each number 1 or -1 for a sum so far above or below zero, 0 in the padding.
fn batch(rows: usize, device: &Device) -> (Tensor<3>, Tensor<3>) {
    let inside: Vec<f32> = lengths(rows)
        .iter()
        .flat_map(|length| (0..TIME).map(move |t| if t < *length { 1.0 } else { 0.0 }))
        .collect();
    let inside = Tensor::<1>::from_floats(inside.as_slice(), device).reshape([rows, TIME, 1]);
    let input = Tensor::random([rows, TIME, 1], Distribution::Normal(0.0, 1.0), device);
    let target = input.clone().cumsum(1).sign() * inside;
    (input, target)
}

/// How far the outputs and the final state of padded rows are from those of each row alone.
fn deviation(model: &Model, device: &Device) -> f32 {
    let rows = 2 * (TIME + 1);
    let (input, _) = batch(rows, device);
    let lengths = lengths(rows);
    let (output, state) = model.layers.forward_padded(input.clone(), &lengths, None);
    let mut largest = 0.0_f32;
    let mut compare = |found: Tensor<3>, expected: Tensor<3>| {
        let difference = (found - expected).abs().max();
        largest = largest.max(difference.into_scalar::<f32>());
    };
    for (row, length) in lengths.into_iter().enumerate() {
        let output = output.clone().narrow(0, row, 1);
        let state = state.hidden.clone().narrow(1, row, 1);
        if length < TIME {
            let padding = output.clone().narrow(1, length, TIME - length);
            compare(padding.clone(), padding.zeros_like());
        }
        if length == 0 {
            compare(state.clone(), state.zeros_like());
            continue;
        }
        let alone = input.clone().narrow(0, row, 1).narrow(1, 0, length);
        let (expected, expected_state) = model.layers.forward(alone, None);
        compare(output.narrow(1, 0, length), expected);
        compare(state, expected_state.hidden);
    }
    largest
}

fn main() {
    let device = Device::flex().autodiff();
    device.seed(7);
    let mut model = Model::new(&device);
    println!("{model}");
    let mut optimizer = AdamConfig::new().init();
    let rows = 63;
    for _ in 0..150 {
        let (input, target) = batch(rows, &device);
        let loss = log_sigmoid(model.logits(input, &lengths(rows)) * target).mean().neg();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.02, model, gradients);
    }

    let device = device.inner();
    let model = model.valid();
    let (input, target) = batch(513, &device);
    let asked = target.clone().abs().sum();
    let right = (model.logits(input, &lengths(513)) * target).greater_elem(0.0).float();
    let accuracy = (right.sum() / asked).into_scalar::<f32>();
    println!("accuracy {accuracy:.3}");
    println!("deviation {:e}", deviation(&model, &device));
}
