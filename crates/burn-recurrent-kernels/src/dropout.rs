//! Dropout in one pass.

use burn::backend::Dispatch;
use burn::tensor::{Distribution, Tensor};

use crate::extension::RecurrentOps;
use crate::path::{Operation, assert_fused};

/// Sets every number to zero with the given probability and multiplies the others by `1 / (1 - probability)` (Srivastava
/// et al. 2014), on the fused path. Gradients flow to what is kept. `input` has any shape,
/// and the result the same.
///
/// The mask is computed again in the backward pass from a key that the device's generator draws: it takes no memory, and
/// it depends on the generator's seed and on nothing else.
///
/// # Panics
///
/// Where the probability is not in `[0, 1)`, or [`path`](crate::path()) says that there is no fused path.
pub fn dropout<const D: usize>(input: Tensor<D>, probability: f64) -> Tensor<D> {
    assert!(
        (0.0..1.0).contains(&probability),
        "the probability of dropout must be in [0, 1), but is {probability}"
    );
    let device = input.device();
    assert_fused(Operation::Dropout, &device, &[input.dtype()]);
    let device = device.inner();
    // An f32 from [0, 1) has 24 random bits.
    let drawn = Tensor::<1>::random([4], Distribution::Default, &device)
        .into_data()
        .iter::<f32>()
        .map(|x| (x * 16_777_216.0) as u32)
        .collect::<Vec<u32>>();
    let key = [drawn[0] << 8 ^ drawn[1], drawn[2] << 8 ^ drawn[3]];
    Tensor::from_dispatch(<Dispatch as RecurrentOps>::recurrent_dropout(
        input.into_dispatch(),
        probability,
        key,
    ))
}
