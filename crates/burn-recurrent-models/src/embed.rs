//! Embeddings of tokens.

use burn::nn::Embedding;
use burn::tensor::{Int, Tensor};
use burn_recurrent_kernels as kernels;

/// The embeddings of tokens, by the fused operation where the device has one.
///
/// # Shapes
///
/// - tokens: `[batch, time]`
/// - returns: `[batch, time, width]`
pub(crate) fn embed(embedding: &Embedding, tokens: Tensor<2, Int>) -> Tensor<3> {
    let weight = embedding.weight.val();
    if kernels::supported(&weight.device(), weight.dtype()) {
        kernels::embedding(weight, tokens)
    } else {
        embedding.forward(tokens)
    }
}
