//! Gradients against finite differences.

use super::support::{architectures, batch, gradients, model, values};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent_models::EncoderDecoder;

/// Adds to one number of one weight, counted as the weights are visited.
struct Nudge {
    weight: usize,
    number: usize,
    by: f32,
}

impl ModuleMapper for Nudge {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let here = self.weight == 0;
        self.weight = self.weight.wrapping_sub(1);
        if !here {
            return param;
        }
        let (number, by) = (self.number, self.by);
        param.map(|tensor| {
            let device = tensor.device();
            let shape = tensor.dims();
            let mut numbers: Vec<f32> = tensor.into_data().iter::<f32>().collect();
            numbers[number] += by;
            Tensor::from_data(TensorData::new(numbers, shape), &device)
        })
    }
}

fn loss(model: &EncoderDecoder, device: &Device) -> f64 {
    values(model.training_nats(&batch(device), 0.0))
        .iter()
        .sum()
}

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    let device = Device::flex();
    for (name, config) in architectures() {
        let config = config.with_label_smoothing(0.1);
        let trained = model(&config, &device.clone().autodiff());
        let nats = trained.training_nats(&batch(&device.clone().autodiff()), 0.0);
        // In the order of their visit, which is that of the names' first appearance.
        let gradients = gradients(&trained, &nats.sum().backward());
        let plain = trained.valid();
        let names = visited(&plain);
        for (weight, weight_name) in names.iter().enumerate() {
            let gradient = &gradients[weight_name];
            // Three numbers of each weight: the first, the last, one between.
            for number in [0, gradient.len() / 2, gradient.len() - 1] {
                let nudged = |by: f32| {
                    let mut nudge = Nudge { weight, number, by };
                    loss(&plain.clone().map(&mut nudge), &device)
                };
                // In f32 the loss has an error of 1e-6, the slope one of 1e-4; the curvature's
                // part, of the order of the step squared, is as large.
                let step = 1e-2;
                let slope = (nudged(step) - nudged(-step)) / (2.0 * f64::from(step));
                let error = (slope - gradient[number]).abs();
                assert!(
                    error <= 2e-3 * slope.abs().max(1.0),
                    "{name}, {weight_name} number {number}: {} for a slope of {slope}",
                    gradient[number],
                );
            }
        }
    }
}

/// The names of a module's weights in the order of their visit.
fn visited(module: &EncoderDecoder) -> Vec<String> {
    use burn::store::ModuleSnapshot;
    let tensors = module.collect(None, None, false);
    tensors.into_iter().map(|tensor| tensor.name).collect()
}
