//! The outputs of two directions side by side.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::extension::RecurrentOps;
use crate::path::{Operation, assert_fused};

/// `left` and `right` side by side in the last dimension, on the fused path: what `Tensor::cat` does, with all threads and
/// in memory that is used again. Gradients flow to both.
///
/// `left` is `[.., width]`, `right` `[.., other width]`, and the result `[.., width + other width]`.
///
/// # Panics
///
/// Where another dimension than the last differs, or [`path`](crate::path()) says that there is no fused path.
pub fn join<const D: usize>(left: Tensor<D>, right: Tensor<D>) -> Tensor<D> {
    let (one, other) = (left.dims(), right.dims());
    assert_eq!(
        one[..D - 1],
        other[..D - 1],
        "only the last dimension may differ, in {one:?} and {other:?}"
    );
    assert_fused(
        Operation::Join,
        &left.device(),
        &[left.dtype(), right.dtype()],
    );
    Tensor::from_dispatch(<Dispatch as RecurrentOps>::recurrent_join(
        left.into_dispatch(),
        right.into_dispatch(),
    ))
}
