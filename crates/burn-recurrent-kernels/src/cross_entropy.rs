//! A linear layer over a vocabulary together with its cross entropy.

use burn::backend::Dispatch;
use burn::tensor::{DType, Int, Tensor};

use crate::extension::RecurrentOps;
use crate::path::{Operation, assert_fused};

/// Negative log-likelihood of each token's target under `softmax(hidden weight + bias)`, in nats:
/// `[tokens]`, on the fused path.
///
/// `hidden` is `[tokens, d_hidden]`, `weight` `[d_hidden, vocabulary]`, `bias` `[vocabulary]` and
/// `targets` `[tokens]`, each at least zero and below `vocabulary`. Take the mean, or multiply by a
/// mask and take the sum, as the model needs it; gradients flow to hidden states, weight and bias.
///
/// At most one buffer of `[tokens, vocabulary]` numbers is alive at any time: in training it holds
/// the exponentials of the logits and is turned into their gradient in place; in inference there is
/// none.
///
/// # Panics
///
/// Where shapes do not fit together, a target is not in the vocabulary, or [`path`](crate::path())
/// says that there is no fused path.
pub fn linear_cross_entropy(
    hidden: Tensor<2>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    targets: Tensor<1, Int>,
) -> Tensor<1> {
    let device = hidden.device();
    assert_fused(Operation::LinearCrossEntropy, &device, &[hidden.dtype()]);
    let [tokens, d_hidden] = hidden.dims();
    let [rows, vocabulary] = weight.dims();
    assert_eq!(
        rows, d_hidden,
        "weight must be [d_hidden, vocabulary], for hidden {tokens} x {d_hidden}"
    );
    assert_eq!(targets.dims(), [tokens], "one target for each token");
    if let Some(bias) = &bias {
        assert_eq!(bias.dims(), [vocabulary], "bias must be [vocabulary]");
    }
    let has_bias = bias.is_some();
    let bias = bias.unwrap_or_else(|| Tensor::zeros([1], (&device, DType::F32)));
    Tensor::from_dispatch(<Dispatch as RecurrentOps>::recurrent_linear_cross_entropy(
        hidden.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        targets.into_dispatch(),
        has_bias,
    ))
}
