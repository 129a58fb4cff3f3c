//! What the model computes against PyTorch: each attention, and the model without.

use super::fixtures::{Case, cases};
use super::support::{assert_all_close, gradients, values};
use burn::tensor::Device;

/// f32 sums of a few terms, in another order than PyTorch's.
const TOLERANCE: f64 = 1e-5;

fn check(case: &Case, device: &Device) {
    let name = |what: &str| format!("{} {what}", case.name);
    let model = case.model(device);
    let batch = case.batch(device);
    let source = model.encode(batch.source.clone(), &batch.source_lengths);
    let [_, time] = batch.target.dims();
    let inputs = batch.target.clone().narrow(1, 0, time - 1);
    let decoded = model.decode(inputs, None, source.start.clone(), &source);
    let logits = values(model.logits(decoded.output));
    assert_all_close(&logits, &case.numbers("logits"), TOLERANCE, &name("logits"));
    assert_eq!(decoded.weights.is_some(), case.has("weights"));
    if let Some(weights) = decoded.weights {
        let expected = case.numbers("weights");
        assert_all_close(&values(weights), &expected, TOLERANCE, &name("weights"));
    }
    let nats = values(model.nats(&batch));
    assert_all_close(&nats, &case.numbers("nats"), TOLERANCE, &name("nats"));

    let smoothed = model.training_nats(&batch, 0.0).sum();
    let expected = case.numbers("smoothed");
    assert_all_close(
        &values(smoothed.clone()),
        &expected,
        TOLERANCE,
        &name("smoothed"),
    );
    if device.is_autodiff() {
        for (weight, found) in gradients(&model, &smoothed.backward()) {
            let expected = case.numbers(&format!("grad.{weight}"));
            assert_all_close(&found, &expected, TOLERANCE, &name(&weight));
        }
    }
}

#[test]
fn outputs_losses_and_gradients_are_pytorchs() {
    let cases = cases();
    assert_eq!(cases.len(), 10);
    for case in cases {
        check(&case, &Device::flex().autodiff());
    }
}

#[test]
#[expect(
    deprecated,
    reason = "deprecated upstream, kept here as a second backend to agree with"
)]
fn outputs_losses_and_gradients_are_pytorchs_on_ndarray() {
    for case in cases() {
        check(&case, &Device::ndarray().autodiff());
    }
}
