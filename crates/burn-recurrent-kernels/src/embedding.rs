//! Embeddings.

use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};

use crate::extension::RecurrentOps;
use crate::path::{Operation, assert_fused};

/// The rows of `weight` that `indices` name, on the fused path: `[batch, time, width]`. Gradients flow to the weight.
///
/// `weight` is `[rows, width]`, `indices` `[batch, time]`, each at least zero and below `rows`.
///
/// # Panics
///
/// Where an index is not in the table, or [`path`](crate::path()) says that there is no fused path.
pub fn embedding(weight: Tensor<2>, indices: Tensor<2, Int>) -> Tensor<3> {
    assert_fused(Operation::Embedding, &weight.device(), &[weight.dtype()]);
    Tensor::from_dispatch(<Dispatch as RecurrentOps>::recurrent_embedding(
        weight.into_dispatch(),
        indices.into_dispatch(),
    ))
}
