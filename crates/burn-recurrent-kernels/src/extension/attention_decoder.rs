//! The attention decoder as Burn sees it, and as a node of Burn's graph.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, ExtensionType, backend_extension};

use super::Leftover;
use crate::kind::KernelCell;

/// Everything about a call that is not a tensor.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "flex"),
    expect(dead_code, reason = "only kernels read it")
)]
pub(crate) struct DecoderCall {
    pub(crate) cell: KernelCell,
    /// Whether scores are additive; else `w_query` and `energy` are any small tensors.
    pub(crate) additive: bool,
    /// Source steps of each row.
    pub(crate) lengths: Arc<[usize]>,
}

/// The tensors of a call, with the shapes that [`crate::attention_decoder()`] gives; one that the call has no use
/// for is any small tensor. Or their gradients.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct DecoderTensors<B: Backend> {
    pub(crate) embedded: FloatTensor<B>,
    pub(crate) w_ih: FloatTensor<B>,
    pub(crate) w_hh: FloatTensor<B>,
    pub(crate) bias: FloatTensor<B>,
    pub(crate) bias_candidate: FloatTensor<B>,
    pub(crate) w_query: FloatTensor<B>,
    pub(crate) energy: FloatTensor<B>,
    pub(crate) keys: FloatTensor<B>,
    pub(crate) values: FloatTensor<B>,
    pub(crate) w_attended: FloatTensor<B>,
    pub(crate) b_attended: FloatTensor<B>,
    pub(crate) hidden: FloatTensor<B>,
    pub(crate) cell: FloatTensor<B>,
    pub(crate) fed: FloatTensor<B>,
}

/// How many there are.
const TENSORS: usize = 14;

impl<B: Backend> DecoderTensors<B> {
    /// All of them, in the order of the fields.
    fn each(&self) -> [&FloatTensor<B>; TENSORS] {
        [
            &self.embedded,
            &self.w_ih,
            &self.w_hh,
            &self.bias,
            &self.bias_candidate,
            &self.w_query,
            &self.energy,
            &self.keys,
            &self.values,
            &self.w_attended,
            &self.b_attended,
            &self.hidden,
            &self.cell,
            &self.fed,
        ]
    }

    /// Each by a function.
    pub(crate) fn map<C: Backend>(
        self,
        f: impl Fn(FloatTensor<B>) -> FloatTensor<C>,
    ) -> DecoderTensors<C> {
        DecoderTensors {
            embedded: f(self.embedded),
            w_ih: f(self.w_ih),
            w_hh: f(self.w_hh),
            bias: f(self.bias),
            bias_candidate: f(self.bias_candidate),
            w_query: f(self.w_query),
            energy: f(self.energy),
            keys: f(self.keys),
            values: f(self.values),
            w_attended: f(self.w_attended),
            b_attended: f(self.b_attended),
            hidden: f(self.hidden),
            cell: f(self.cell),
            fed: f(self.fed),
        }
    }
}

/// The operation, dispatched by device.
#[backend_extension(Flex: cfg(feature = "flex"), Autodiff)]
pub(crate) trait DecoderOps: Backend {
    /// Returns the attended vectors, the attention weights, and the last states, `[1 or 2, batch, d_hidden]`.
    fn attention_decoder(
        #[extension_type] tensors: DecoderTensors<Self>,
        call: DecoderCall,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// What a forward pass returns.
pub(crate) struct DecoderResults<B: Backend> {
    pub(crate) attended: FloatTensor<B>,
    pub(crate) weights: FloatTensor<B>,
    pub(crate) last: FloatTensor<B>,
    /// For the backward pass.
    pub(crate) leftover: Leftover,
}

/// Forward and backward passes of a backend with kernels.
pub(crate) trait DecoderKernels: DecoderOps {
    /// The forward pass.
    fn decoder_train(tensors: &DecoderTensors<Self>, call: &DecoderCall) -> DecoderResults<Self>;

    /// Gradients of the operands; `None` for one that the call has no use for.
    fn decoder_backward(
        record: DecoderRecord<Self>,
        d_attended: FloatTensor<Self>,
    ) -> [Option<FloatTensor<Self>>; TENSORS];
}

/// What the backward pass needs.
#[derive(Clone, Debug)]
pub(crate) struct DecoderRecord<B: Backend> {
    pub(crate) tensors: DecoderTensors<B>,
    pub(crate) call: DecoderCall,
    pub(crate) attended: FloatTensor<B>,
    pub(crate) weights: FloatTensor<B>,
    pub(crate) leftover: Leftover,
}

/// A decoder, whose output is the attended vectors.
#[derive(Debug)]
struct AttentionDecoder;

impl<B: DecoderKernels> Backward<B, TENSORS> for AttentionDecoder {
    type State = DecoderRecord<B>;

    fn backward(
        self,
        ops: Ops<Self::State, TENSORS>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let d_attended = grads.consume::<B>(&ops.node);
        let gradients = B::decoder_backward(ops.state, d_attended);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<B>(parent.id, gradient);
            }
        }
    }
}

impl<B: DecoderKernels, C: CheckpointStrategy> DecoderOps for Autodiff<B, C> {
    fn attention_decoder(
        tensors: DecoderTensors<Self>,
        call: DecoderCall,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let nodes = tensors.each().map(|tensor| tensor.node());
        let tensors = tensors.map::<B>(|tensor| tensor.into_primitive());
        let untracked = <Self as AutodiffBackend>::from_inner;
        match AttentionDecoder
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                let DecoderResults {
                    attended,
                    weights,
                    last,
                    leftover,
                } = B::decoder_train(&tensors, &call);
                let record = DecoderRecord {
                    tensors,
                    call,
                    attended: attended.clone(),
                    weights: weights.clone(),
                    leftover,
                };
                let attended = prep.finish(record, attended);
                (attended, untracked(weights), untracked(last))
            }
            OpsKind::UnTracked(prep) => {
                let (attended, weights, last) = B::attention_decoder(tensors, call);
                (prep.finish(attended), untracked(weights), untracked(last))
            }
        }
    }
}
