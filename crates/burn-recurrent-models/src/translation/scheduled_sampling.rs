//! Training on what the model itself writes.

use super::{EncoderDecoder, EncoderDecoderBatch};
use burn::module::Module;
use burn::tensor::{Distribution, Int, Tensor};

/// The decoder's inputs, `[batch, target - 1]`, each but the first with probability `sampling` a
/// word that the model draws from its distribution after the inputs before it (Bengio et al. 2015,
/// section 2.4, a coin for every word).
///
/// The draws are the device's: seed it for the same ones again.
pub(super) fn scheduled_inputs(
    model: &EncoderDecoder,
    batch: &EncoderDecoderBatch,
    sampling: f64,
) -> Tensor<2, Int> {
    let device = batch.target.device();
    let model = model.valid();
    let plain = device.clone().inner();
    let given = batch.inputs().to_device(&plain);
    let [rows, time] = given.dims();
    let source = batch.source.clone().to_device(&plain);
    let source = model.encode(source, &batch.source_lengths);
    let mut state = source.start.clone();
    let mut inputs = vec![given.clone().narrow(1, 0, 1)];
    for t in 1..time {
        let decoded = model.decode(inputs[t - 1].clone(), None, state, &source);
        state = decoded.state;
        let drawn = draw(model.logits(decoded.output).squeeze_dim::<2>(1));
        let coins = Tensor::<2>::random([rows, 1], Distribution::Default, &plain);
        let heads = coins.lower_scalar(sampling);
        inputs.push(given.clone().narrow(1, t, 1).mask_where(heads, drawn));
    }
    Tensor::cat(inputs, 1).to_device(&device)
}

/// A word for every row of `[rows, vocabulary]`, `[rows, 1]`: the largest of the logits after
/// noise from the Gumbel distribution was added to them is distributed as their softmax.
fn draw(logits: Tensor<2>) -> Tensor<2, Int> {
    let uniform = Distribution::Uniform(1e-9, 1.0);
    let uniform = Tensor::<2>::random(logits.dims(), uniform, &logits.device());
    let noise = uniform.log().neg().clamp_min(1e-9).log().neg();
    (logits + noise).argmax(1)
}
