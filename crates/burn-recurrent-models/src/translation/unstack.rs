//! Taking a sequence apart step by step.

use burn::tensor::Tensor;

/// Splits `[time, rows, width]` into its steps, `[rows, width]` each.
///
/// The halves are split again and again: the backward pass of a cut fills a tensor of the size of
/// what it was cut from, so that cutting every step from the whole would cost time².
pub(super) fn unstack(sequence: Tensor<3>) -> Vec<Tensor<2>> {
    let [time, _, _] = sequence.dims();
    let mut steps = Vec::with_capacity(time);
    if time > 0 {
        collect(sequence, time, &mut steps);
    }
    steps
}

fn collect(sequence: Tensor<3>, time: usize, steps: &mut Vec<Tensor<2>>) {
    if time == 1 {
        steps.push(sequence.squeeze_dim(0));
        return;
    }
    let half = time / 2;
    collect(sequence.clone().narrow(0, 0, half), half, steps);
    collect(sequence.narrow(0, half, time - half), time - half, steps);
}
