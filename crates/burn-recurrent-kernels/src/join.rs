//! The outputs of two directions side by side.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::Path;
use crate::extension::RecurrentOps;

/// `left` and `right` side by side in the last dimension, on the fused path: what `Tensor::cat` does, with all threads and
/// in memory that is used again. Gradients flow to both.
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
    if let Path::Portable(reason) = crate::path(&left.device(), left.dtype()) {
        panic!("no fused join here: {reason}");
    }
    Tensor::from_dispatch(<Dispatch as RecurrentOps>::recurrent_join(
        left.into_dispatch(),
        right.into_dispatch(),
    ))
}
