//! Embeddings of tokens.

use burn::nn::Embedding;
use burn::tensor::{Int, Tensor};
use burn_recurrent::ZeroOutput;
use burn_recurrent_kernels::{self as kernels, Operation};

/// The embeddings of tokens, by the fused operation where the device has one.
///
/// # Shapes
///
/// - tokens: `[batch, time]`
/// - returns: `[batch, time, width]`
pub(crate) fn embed(embedding: &Embedding, tokens: Tensor<2, Int>) -> Tensor<3> {
    embed_from(embedding.weight.val(), tokens)
}

/// The same from a table, `[tokens, width]`.
pub(crate) fn embed_from(weight: Tensor<2>, tokens: Tensor<2, Int>) -> Tensor<3> {
    let ([batch, time], [_, width]) = (tokens.dims(), weight.dims());
    let path = kernels::path(Operation::Embedding, &weight.device(), &[weight.dtype()]);
    if batch == 0 || time == 0 {
        ZeroOutput::like(&weight)
            .of(&weight)
            .shaped([batch, time, width])
    } else if path.is_fused() {
        kernels::embedding(weight, tokens)
    } else {
        burn::tensor::module::embedding(weight, tokens)
    }
}
