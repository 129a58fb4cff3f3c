//! How much the loss at the end of a sequence depends on each earlier state.

use burn::tensor::Tensor;
use burn_recurrent::{Cell, CellState};

/// The gradients of a loss of the last hidden vector with respect to the state after each step, each part of it with the others
/// held fixed: `[step][part]`, `[batch, width]` each, the hidden vector first.
///
/// The cell takes step by step, and to each state a tensor of zeros is added: the gradient with respect to that tensor is the
/// one with respect to the state.
///
/// # Shapes
///
/// - input: `[batch, time, d_input]`, on a device with automatic differentiation
/// - loss: from the last hidden vector, `[batch, d_hidden]`, to a number
pub fn state_gradients<C: Cell>(
    cell: &C,
    input: &Tensor<3>,
    loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
) -> Vec<Vec<Tensor<2>>> {
    let [batch, time, _] = input.dims();
    let device = input.device();
    let prepared = cell.prepare(batch, &device);
    let mut state = cell.initial_state(batch, &device);
    let mut added: Vec<Vec<Tensor<2>>> = Vec::with_capacity(time);
    for step in 0..time {
        let input = input.clone().narrow(1, step, 1).squeeze_dim::<2>(1);
        let parts = cell
            .step(cell.project_input(input), state, &prepared)
            .into_parts();
        let zeros = parts.iter().map(|part| part.zeros_like().require_grad());
        let zeros: Vec<Tensor<2>> = zeros.collect();
        let sums = parts
            .into_iter()
            .zip(&zeros)
            .map(|(part, zeros)| part + zeros.clone());
        state = C::State::from_parts(sums.collect());
        added.push(zeros);
    }
    let gradients = loss(state.into_parts().swap_remove(0)).backward();
    // The last memory cell has no part in the loss: nothing reads it any more.
    let gradient =
        |zeros: &Tensor<2>| (zeros.grad(&gradients)).unwrap_or_else(|| zeros.zeros_like().inner());
    let step = |parts: &Vec<Tensor<2>>| parts.iter().map(gradient).collect();
    added.iter().map(step).collect()
}

/// The mean of the rows' norms, computed in f64: the squares of what vanishes are below what f32 can hold.
pub fn mean_norm(gradient: Tensor<2>) -> f64 {
    let [batch, width] = gradient.dims();
    let numbers: Vec<f64> = gradient.into_data().iter::<f64>().collect();
    let norm = |row: &[f64]| row.iter().map(|number| number * number).sum::<f64>().sqrt();
    numbers.chunks(width).map(norm).sum::<f64>() / batch as f64
}
