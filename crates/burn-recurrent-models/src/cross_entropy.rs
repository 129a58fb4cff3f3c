//! Cross entropy over a vocabulary.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

/// The negative log-probability of each target under the softmax of its logits, in nats.
///
/// # Shapes
///
/// - logits: `[tokens, vocabulary]`
/// - targets: `[tokens]`, each below the vocabulary's size
/// - returns: `[tokens]`
pub fn token_nats(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    log_softmax(logits, 1)
        .gather(1, targets.unsqueeze_dim(1))
        .squeeze_dim::<1>(1)
        .neg()
}
