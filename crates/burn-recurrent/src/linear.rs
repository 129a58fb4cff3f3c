//! A linear layer that takes empty batches.

use crate::ZeroOutput;
use burn::nn::Linear;
use burn::tensor::Tensor;

/// Burn's [`Linear`], which may also be given nothing: for an input without elements it returns an output without
/// elements, of the right shape, from which gradients of zeros come.
///
/// In burn-flex 0.22.1 a `Linear` over three axes or more ends the process with a segmentation fault where the batch is
/// empty, as is the last one of a filtered data set. After a recurrent module, which takes empty batches, this is the
/// way on:
///
/// ```
/// use burn::nn::LinearConfig;
/// use burn::tensor::{Device, Tensor};
/// use burn_recurrent::{LstmConfig, apply_linear};
///
/// let device = Device::default();
/// let lstm = LstmConfig::new(3, 4).init(&device);
/// let tags = LinearConfig::new(4, 5).init(&device);
/// for batch in [2, 0] {
///     let (features, _) = lstm.forward(Tensor::zeros([batch, 7, 3], &device), None);
///     assert_eq!(apply_linear(&tags, features).dims(), [batch, 7, 5]);
/// }
/// ```
///
/// # Panics
///
/// If the last axis of the input is not the layer's `d_input`.
pub fn apply_linear<const D: usize>(linear: &Linear, input: Tensor<D>) -> Tensor<D> {
    let mut dims = input.dims();
    if !dims[..D - 1].contains(&0) {
        return linear.forward(input);
    }
    let [d_input, d_output] = linear.weight.dims();
    assert!(
        dims[D - 1] == d_input,
        "the input's last axis must be the linear layer's d_input = {d_input}, but the input is {dims:?}"
    );
    dims[D - 1] = d_output;
    ZeroOutput::like(&input)
        .of(&input)
        .of_module(linear)
        .shaped(dims)
}
