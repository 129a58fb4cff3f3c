//! `burn::nn`'s gates, one by one, and the weights of all gates side by side.

use burn::module::Param;
use burn::nn::{GateController, Linear};
use burn::tensor::Tensor;

/// The weights of several gates side by side, with both biases.
pub(super) struct Gates {
    /// `[d_input, gates * d_hidden]`.
    pub(super) weight_input: Tensor<2>,
    /// `[d_hidden, gates * d_hidden]`.
    pub(super) weight_hidden: Tensor<2>,
    /// The biases of the input's product and of the recurrent product, `[gates * d_hidden]` each.
    biases: Option<[Tensor<1>; 2]>,
    /// Whether any of the parameters takes gradients.
    pub(super) trainable: bool,
}

impl Gates {
    /// Puts gates side by side.
    pub(super) fn join(gates: &[&GateController]) -> Self {
        let inputs: Vec<&Linear> = gates.iter().map(|gate| &gate.input_transform).collect();
        let hiddens: Vec<&Linear> = gates.iter().map(|gate| &gate.hidden_transform).collect();
        let mut all = inputs.iter().chain(&hiddens);
        let biased = all.clone().any(|linear| linear.bias.is_some());
        Self {
            weight_input: weights(&inputs),
            weight_hidden: weights(&hiddens),
            biases: biased.then(|| [biases(&inputs), biases(&hiddens)]),
            trainable: all.any(|linear| {
                takes_gradients(&linear.weight) || linear.bias.as_ref().is_some_and(takes_gradients)
            }),
        }
    }

    /// One bias for all gates, the sum of both, `[gates * d_hidden]`.
    pub(super) fn summed_bias(&self) -> Option<Tensor<1>> {
        let [input, hidden] = self.biases.clone()?;
        Some((input + hidden).detach())
    }

    /// The biases where those of the last gate must stay apart: the sum of both but the input's alone for the last gate,
    /// `[gates * d_hidden]`, and the recurrent one of the last gate, `[d_hidden]`.
    pub(super) fn split_bias(&self) -> Option<[Tensor<1>; 2]> {
        let [input, hidden] = self.biases.clone()?;
        let [d_hidden, width] = self.weight_hidden.dims();
        let before = width - d_hidden;
        let sum = input.clone().narrow(0, 0, before) + hidden.clone().narrow(0, 0, before);
        let joined = Tensor::cat(vec![sum, input.narrow(0, before, d_hidden)], 0);
        Some([joined.detach(), hidden.narrow(0, before, d_hidden).detach()])
    }
}

/// The parameters of one cell of this crate, gates side by side.
pub(super) struct Joined<'a> {
    /// `[d_input, gates * d_hidden]`.
    pub(super) weight_input: &'a Param<Tensor<2>>,
    /// `[d_hidden, gates * d_hidden]`.
    pub(super) weight_hidden: &'a Param<Tensor<2>>,
    /// `[gates * d_hidden]`.
    pub(super) bias: Option<&'a Param<Tensor<1>>>,
}

impl Joined<'_> {
    /// One gate as `burn::nn` has it, with both biases or none. That of the recurrent product is zero unless given.
    pub(super) fn gate(
        &self,
        index: usize,
        bias_hidden: Option<&Param<Tensor<1>>>,
    ) -> GateController {
        let d_hidden = self.weight_hidden.dims()[0];
        let bias = self.bias.map(|bias| part(bias, index, d_hidden));
        let bias_hidden = bias.as_ref().map(|bias| match bias_hidden {
            Some(given) => part(given, 0, d_hidden),
            None => parameter(bias.val().zeros_like(), takes_gradients(bias)),
        });
        GateController {
            input_transform: Linear {
                weight: part(self.weight_input, index, d_hidden),
                bias,
            },
            hidden_transform: Linear {
                weight: part(self.weight_hidden, index, d_hidden),
                bias: bias_hidden,
            },
        }
    }
}

fn weights(linears: &[&Linear]) -> Tensor<2> {
    let weights = linears.iter().map(|linear| linear.weight.val());
    Tensor::cat(weights.collect(), 1).detach()
}

/// The biases side by side, zero where there is none.
fn biases(linears: &[&Linear]) -> Tensor<1> {
    let biases = linears.iter().map(|linear| match &linear.bias {
        Some(bias) => bias.val(),
        None => {
            let weight = linear.weight.val();
            Tensor::zeros([weight.dims()[1]], (&weight.device(), weight.dtype()))
        }
    });
    Tensor::cat(biases.collect(), 0).detach()
}

/// One of several parameters that lie side by side along the last axis, `width` wide each.
fn part<const D: usize>(param: &Param<Tensor<D>>, index: usize, width: usize) -> Param<Tensor<D>> {
    let tensor = param.val().narrow(D - 1, index * width, width);
    parameter(tensor.detach(), takes_gradients(param))
}

/// Whether the parameter takes gradients; on a device without them Burn does not tell, and it is taken to.
fn takes_gradients<const D: usize>(param: &Param<Tensor<D>>) -> bool {
    param.is_require_grad() || !param.val().device().is_autodiff()
}

fn parameter<const D: usize>(tensor: Tensor<D>, trainable: bool) -> Param<Tensor<D>> {
    Param::from_tensor(tensor).set_require_grad(trainable)
}
