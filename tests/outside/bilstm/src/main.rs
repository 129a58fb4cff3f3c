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

/// Rows of numbers, and 1 or -1 for above or below the mean.
fn batch(rows: usize, device: &Device) -> (Tensor<3>, Tensor<3>) {
    let input = Tensor::random([rows, TIME, 1], Distribution::Normal(0.0, 1.0), device);
    let mean = input.clone().mean_dim(1);
    let target = (input.clone() - mean).sign();
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
    let lengths = [TIME; 64];
    for _ in 0..200 {
        let (input, target) = batch(64, &device);
        let loss = log_sigmoid(model.logits(input, &lengths) * target).mean().neg();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.02, model, gradients);
    }

    let device = device.inner();
    let model = model.valid();
    let (input, target) = batch(512, &device);
    let right = (model.logits(input, &[TIME; 512]) * target).greater_elem(0.0).float();
    let accuracy = right.mean().into_scalar::<f32>();
    println!("accuracy {accuracy:.3}");
    assert!(accuracy > 0.9, "the model has not learned: {accuracy}");
}
