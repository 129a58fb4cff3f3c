//! Trains a bidirectional LSTM to say of every number in a row whether it is above the row's mean, which takes both
//! directions: what comes later counts as much as what came before.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Device, Distribution, Tensor};
use burn_recurrent::{Lstm, LstmConfig};

const TIME: usize = 8;

#[derive(Module, Debug)]
struct Model {
    lstm: Lstm,
    output: Linear,
}

impl Model {
    fn logits(&self, input: Tensor<3>, lengths: &[usize]) -> Tensor<3> {
        let (features, _) = self.lstm.forward_padded(input, lengths, None);
        self.output.forward(features)
    }
}

/// The lengths of a batch's rows, all but the first shorter than the batch.
fn lengths(rows: usize) -> Vec<usize> {
    (0..rows).map(|row| TIME - row % 4).collect()
}

/// Padded rows of numbers, and for each 1 or -1 for above or below its row's mean, 0 in the padding.
fn batch(rows: usize, device: &Device) -> (Tensor<3>, Tensor<3>) {
    let lengths = lengths(rows);
    let inside: Vec<f32> = lengths
        .iter()
        .flat_map(|length| (0..TIME).map(move |t| if t < *length { 1.0 } else { 0.0 }))
        .collect();
    let inside = Tensor::<1>::from_floats(inside.as_slice(), device).reshape([rows, TIME, 1]);
    let input = Tensor::random([rows, TIME, 1], Distribution::Normal(0.0, 1.0), device);
    let mean = (input.clone() * inside.clone()).sum_dim(1) / inside.clone().sum_dim(1);
    let target = (input.clone() - mean).sign() * inside;
    (input, target)
}

fn main() {
    let device = Device::flex().autodiff();
    device.seed(7);
    let mut model = Model {
        lstm: LstmConfig::new(1, 24).with_bidirectional(true).init(&device),
        output: LinearConfig::new(48, 1).init(&device),
    };
    println!("{model}");
    let mut optimizer = AdamConfig::new().init();
    let rows = 64;
    for _ in 0..200 {
        let (input, target) = batch(rows, &device);
        let loss = log_sigmoid(model.logits(input, &lengths(rows)) * target).mean().neg();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.02, model, gradients);
    }

    let device = device.inner();
    let model = model.valid();
    let (input, target) = batch(512, &device);
    let asked = target.clone().abs().sum();
    let right = (model.logits(input, &lengths(512)) * target).greater_elem(0.0).float();
    let accuracy = (right.sum() / asked).into_scalar::<f32>();
    println!("accuracy {accuracy:.3}");
}
