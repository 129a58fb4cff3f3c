//! The operations as Burn sees them, and their implementations for backends.

// Without a backend in the list, what the macro writes leaves some arguments unused.
#![cfg_attr(not(feature = "flex"), allow(unused_variables))]

#[cfg(feature = "flex")]
pub(crate) mod additive_scores;
pub(crate) mod attention_decoder;
mod autodiff;
#[cfg(feature = "flex")]
mod bytes;
#[cfg(feature = "flex")]
mod flex;
#[cfg(feature = "flex")]
pub(crate) mod update;

#[cfg(feature = "flex")]
pub(crate) use flex::tensors::{burn_tensor, flex_tensor};

use std::sync::{Arc, Mutex};

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, ExtensionType, backend_extension};

use crate::kind::{KernelCell, Layout};

/// Everything about a call that is not a tensor.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "flex"),
    expect(dead_code, reason = "only kernels read it")
)]
pub(crate) struct Call {
    pub(crate) cell: KernelCell,
    pub(crate) layout: Layout,
    pub(crate) reverse: bool,
    pub(crate) lengths: Option<Arc<[usize]>>,
    /// Whether the tensors of these names are there; an absent one is any small tensor.
    pub(crate) bias: bool,
    pub(crate) bias_candidate: bool,
    pub(crate) hidden: bool,
    pub(crate) cell_state: bool,
}

/// The tensors of a sequence operation, with the shapes that [`crate::sequence()`] gives; one that the call does
/// without is any small tensor.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct SequenceTensors<B: Backend> {
    pub(crate) input: FloatTensor<B>,
    pub(crate) w_ih: FloatTensor<B>,
    pub(crate) w_hh: FloatTensor<B>,
    pub(crate) bias: FloatTensor<B>,
    pub(crate) bias_candidate: FloatTensor<B>,
    pub(crate) hidden: FloatTensor<B>,
    pub(crate) cell: FloatTensor<B>,
}

/// How many there are.
pub(crate) const SEQUENCE_TENSORS: usize = 7;

impl<B: Backend> SequenceTensors<B> {
    /// All of them, in the order of the fields.
    pub(crate) fn each(&self) -> [&FloatTensor<B>; SEQUENCE_TENSORS] {
        [
            &self.input,
            &self.w_ih,
            &self.w_hh,
            &self.bias,
            &self.bias_candidate,
            &self.hidden,
            &self.cell,
        ]
    }

    /// Each by a function.
    pub(crate) fn map<C: Backend>(
        self,
        f: impl Fn(FloatTensor<B>) -> FloatTensor<C>,
    ) -> SequenceTensors<C> {
        SequenceTensors {
            input: f(self.input),
            w_ih: f(self.w_ih),
            w_hh: f(self.w_hh),
            bias: f(self.bias),
            bias_candidate: f(self.bias_candidate),
            hidden: f(self.hidden),
            cell: f(self.cell),
        }
    }
}

/// The operations, dispatched by device.
#[backend_extension(Flex: cfg(feature = "flex"), Autodiff)]
pub(crate) trait RecurrentOps: Backend {
    /// Returns the output and the final states, `[1 or 2, batch, d_hidden]`.
    fn recurrent_sequence(
        #[extension_type] tensors: SequenceTensors<Self>,
        call: Call,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// Returns the negative log-likelihood of each token's target, `[tokens]`.
    fn recurrent_linear_cross_entropy(
        hidden: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        targets: IntTensor<Self>,
        has_bias: bool,
    ) -> FloatTensor<Self>;

    /// Returns the rows of `weight` that `indices` name, with one dimension more than these.
    fn recurrent_embedding(
        weight: FloatTensor<Self>,
        indices: IntTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Returns `input` without what the mask of `key` drops.
    fn recurrent_dropout(
        input: FloatTensor<Self>,
        probability: f64,
        key: [u32; 2],
    ) -> FloatTensor<Self>;

    /// Returns both side by side in the last dimension.
    fn recurrent_join(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// What the forward pass leaves for the backward pass, taken by the first to need it.
pub(crate) type Leftover = Arc<Mutex<Option<Box<dyn core::any::Any + Send>>>>;

/// Forward and backward passes of a backend with kernels, from which its operations with gradients
/// are made.
pub(crate) trait RecurrentKernels: RecurrentOps {
    /// Output, final states, and what the backward pass needs.
    fn sequence_train(
        tensors: &SequenceTensors<Self>,
        call: &Call,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, Leftover);

    /// Gradients of the tensors, in the order of the fields; only those that are `wanted` are sure to be there.
    fn sequence_backward(
        tensors: SequenceTensors<Self>,
        call: &Call,
        output: FloatTensor<Self>,
        leftover: &Leftover,
        d_output: FloatTensor<Self>,
        d_last: Option<FloatTensor<Self>>,
        wanted: [bool; SEQUENCE_TENSORS],
    ) -> [Option<FloatTensor<Self>>; SEQUENCE_TENSORS];

    /// Losses, and what the backward pass needs. The operands are hidden states, weight and bias.
    fn loss_train(
        operands: &[FloatTensor<Self>; 3],
        targets: IntTensor<Self>,
        has_bias: bool,
    ) -> (FloatTensor<Self>, Leftover);

    /// Gradients of the operands; only those that are `wanted` are sure to be there.
    fn loss_backward(
        operands: [FloatTensor<Self>; 3],
        leftover: &Leftover,
        d_loss: FloatTensor<Self>,
        wanted: [bool; 3],
    ) -> [Option<FloatTensor<Self>>; 3];

    /// What was joined, with the last dimensions `widths`.
    fn split(joined: FloatTensor<Self>, widths: [usize; 2]) -> [FloatTensor<Self>; 2];

    /// The rows of an embedding, and their numbers for the backward pass.
    fn rows_train(
        weight: &FloatTensor<Self>,
        indices: IntTensor<Self>,
    ) -> (FloatTensor<Self>, Arc<[usize]>);

    /// The gradient of an embedding of `[rows, width]`.
    fn rows_backward(
        shape: [usize; 2],
        indices: &[usize],
        d_output: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}
