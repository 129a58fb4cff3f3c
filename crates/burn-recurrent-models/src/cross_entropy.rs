//! Cross entropy over a vocabulary.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};
use burn_recurrent::ZeroOutput;
use burn_recurrent_kernels::{self as kernels, Operation};

/// The negative log-probability of each target under the softmax of its logits, in nats.
///
/// # Shapes
///
/// - logits: `[tokens, vocabulary]`
/// - targets: `[tokens]`, each below the vocabulary's size
/// - returns: `[tokens]`
pub fn token_nats(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    if logits.dims()[0] == 0 {
        return ZeroOutput::like(&logits).of(&logits).shaped([0]);
    }
    log_softmax(logits, 1)
        .gather(1, targets.unsqueeze_dim(1))
        .squeeze_dim::<1>(1)
        .neg()
}

/// The same after a linear layer, by the fused operation where the device has one.
///
/// # Shapes
///
/// - features: `[tokens, d_features]`
/// - weight: `[d_features, vocabulary]`
/// - bias: `[vocabulary]`
/// - targets: `[tokens]`, each below the vocabulary's size
/// - returns: `[tokens]`
pub(crate) fn linear_nats(
    features: Tensor<2>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    targets: Tensor<1, Int>,
) -> Tensor<1> {
    if features.dims()[0] == 0 {
        let operands = ZeroOutput::like(&features).of(&features).of(&weight);
        let operands = bias.iter().fold(operands, |all, bias| all.of(bias));
        return operands.shaped([0]);
    }
    let dtypes = [features.dtype(), weight.dtype()];
    let operation = Operation::LinearCrossEntropy;
    if kernels::path(operation, &features.device(), &dtypes).is_fused() {
        return kernels::linear_cross_entropy(features, weight, bias, targets);
    }
    let logits = features.matmul(weight);
    let logits = match bias {
        Some(bias) => logits + bias.unsqueeze(),
        None => logits,
    };
    token_nats(logits, targets)
}
