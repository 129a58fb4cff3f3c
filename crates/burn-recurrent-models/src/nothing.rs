//! Reshaping what may be without elements, which Burn refuses.

use burn::tensor::{Int, Tensor};
use burn_recurrent::ZeroOutput;

/// Every place's vector, `[batch * time, width]`, of `[batch, time, width]`.
pub(crate) fn places(input: Tensor<3>) -> Tensor<2> {
    let [batch, time, width] = input.dims();
    match batch * time {
        0 => without_rows(input, [0, width]),
        count => input.reshape([count, width]),
    }
}

/// Every place's index, `[batch * time]`, of `[batch, time]`.
pub(crate) fn indices(input: Tensor<2, Int>) -> Tensor<1, Int> {
    let [batch, time] = input.dims();
    match batch * time {
        0 => Tensor::zeros([0], &input.device()),
        count => input.reshape([count]),
    }
}

/// What is left of a tensor in a shape without elements: its gradient, of zeros.
pub(crate) fn without_rows<const D: usize, const E: usize>(
    input: Tensor<D>,
    shape: [usize; E],
) -> Tensor<E> {
    ZeroOutput::like(&input).of(&input).shaped(shape)
}
