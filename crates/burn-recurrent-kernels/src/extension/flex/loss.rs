//! Linear layers with cross entropy.

use burn::backend::TensorMetadata;
use burn_flex::FlexTensor;

use super::tensors::{
    contiguous, indices_below, is_transposed, leave, numbers, take, tensor, transposed,
};
use crate::cpu::cross_entropy::{LossOperands, LossSaved, LossSizes, loss_forward};
use crate::cpu::cross_entropy_backward::{LossWanted, loss_backward};
use crate::cpu::run::Run;
use crate::extension::Leftover;

/// The sizes of a linear layer with cross entropy.
fn loss_sizes(operands: &[FlexTensor; 3]) -> LossSizes {
    let [tokens, d_hidden] = operands[0].shape().dims::<2>();
    let [_, vocabulary] = operands[1].shape().dims::<2>();
    LossSizes {
        tokens,
        d_hidden,
        vocabulary,
    }
}

fn loss_operands<'a>(
    operands: &'a [FlexTensor; 3],
    has_bias: bool,
    targets: &'a [usize],
) -> LossOperands<'a> {
    LossOperands {
        hidden: numbers(&operands[0]),
        weight: numbers(&operands[1]),
        bias: has_bias.then(|| numbers(&operands[2])),
        targets,
    }
}

/// What a loss leaves for its backward pass.
struct LossLeftover {
    saved: LossSaved,
    targets: Vec<usize>,
    /// The weight's numbers, one after the other: not to be copied again.
    weight: FlexTensor,
}

fn losses(
    operands: &[FlexTensor; 3],
    targets: FlexTensor,
    has_bias: bool,
    save: bool,
) -> (FlexTensor, Option<LossLeftover>) {
    let sizes = loss_sizes(operands);
    let targets = indices_below(targets, sizes.vocabulary);
    let (losses, saved) = loss_forward(
        Run::selected(),
        sizes,
        loss_operands(operands, has_bias, &targets),
        save,
    );
    (
        tensor(losses, [sizes.tokens]),
        saved.map(|saved| LossLeftover {
            saved,
            targets,
            weight: operands[1].clone(),
        }),
    )
}

/// The negative log-likelihood of each token's target.
pub(super) fn infer(
    hidden: FlexTensor,
    weight: FlexTensor,
    bias: FlexTensor,
    targets: FlexTensor,
    has_bias: bool,
) -> FlexTensor {
    losses(
        &[hidden, weight, bias].map(contiguous),
        targets,
        has_bias,
        false,
    )
    .0
}

/// Losses, and what [`gradients`] needs.
pub(super) fn train(
    operands: &[FlexTensor; 3],
    targets: FlexTensor,
    has_bias: bool,
) -> (FlexTensor, Leftover) {
    let (losses, left) = losses(&operands.clone().map(contiguous), targets, has_bias, true);
    (losses, leave(left))
}

/// Gradients of hidden states, weight and bias.
pub(super) fn gradients(
    operands: [FlexTensor; 3],
    leftover: &Leftover,
    d_loss: FlexTensor,
    wanted: [bool; 3],
) -> [Option<FlexTensor>; 3] {
    let sizes = loss_sizes(&operands);
    assert_eq!(
        d_loss.shape().dims::<1>(),
        [sizes.tokens],
        "the gradient of the losses must have their shape"
    );
    let LossLeftover {
        saved,
        targets,
        weight,
    } = *take::<LossLeftover>(leftover);
    let [hidden, given_weight, bias] = operands;
    let operands = [contiguous(hidden), weight, bias];
    let gradients = loss_backward(
        Run::selected(),
        sizes,
        // The bias has no part in the gradients.
        loss_operands(&operands, false, &targets),
        saved,
        numbers(&contiguous(d_loss)),
        LossWanted {
            hidden: wanted[0],
            weight: wanted[1] || wanted[2],
        },
    );
    let LossSizes {
        tokens,
        d_hidden,
        vocabulary,
    } = sizes;
    [
        wanted[0].then(|| tensor(gradients.hidden, [tokens, d_hidden])),
        wanted[1].then(|| {
            let gradient = tensor(gradients.weight, [d_hidden, vocabulary]);
            // It lies as the weight does: what is added to it, such as the gradient of embeddings, lies so too.
            match is_transposed(&given_weight) {
                true => transposed(&gradient).transpose(0, 1),
                false => gradient,
            }
        }),
        wanted[2].then(|| tensor(gradients.bias, [vocabulary])),
    ]
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::super::tensors::testing::{ones, refused};
    use super::*;

    #[test]
    fn gradients_of_losses_of_the_wrong_shape_are_refused() {
        let run = |d_loss: usize| {
            let operands = [ones([3, 2]), ones([2, 5]), ones([1])];
            let targets = FlexTensor::from_data(TensorData::new(vec![0i64, 1, 4], [3]));
            let (_, leftover) = train(&operands, targets, false);
            refused(|| {
                gradients(operands, &leftover, ones([d_loss]), [true, true, false]);
            })
        };
        assert!(!run(3));
        assert!(run(2) && run(4));
    }
}
