//! Gradients: the operations as nodes of Burn's graph, with backward passes written by hand.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, AutodiffBackend, Backend, TensorMetadata};

use super::{Call, Leftover, Operands, RecurrentKernels, RecurrentOps};

/// Where the node of the final states leaves its gradient for the node of the output.
type Handover<B> = Arc<Mutex<Option<FloatTensor<B>>>>;

/// A sequence operation whose output is the output of all steps.
#[derive(Debug)]
struct Sequence;

#[derive(Clone, Debug)]
struct SequenceRecord<B: Backend> {
    operands: Operands<B>,
    call: Call,
    output: FloatTensor<B>,
    leftover: Leftover,
    d_last: Handover<B>,
}

impl<B: RecurrentKernels> Backward<B, 7> for Sequence {
    type State = SequenceRecord<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 7>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let d_output = grads.consume::<B>(&ops.node);
        let SequenceRecord {
            operands,
            call,
            output,
            leftover,
            d_last,
        } = ops.state;
        let d_last = d_last.lock().unwrap_or_else(PoisonError::into_inner).take();
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let gradients =
            B::sequence_backward(operands, &call, output, &leftover, d_output, d_last, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<B>(parent.id, gradient);
            }
        }
    }
}

/// The final states, as a child of the output: a node has one output tensor, and one that packed
/// both would have to be sliced apart, and its gradient put together, at every step of training.
/// This node hands its gradient over beside the graph, and tells the output's node to run.
#[derive(Debug)]
struct Last;

#[derive(Clone, Debug)]
struct LastRecord<B: Backend> {
    output: FloatTensor<B>,
    d_last: Handover<B>,
}

impl<B: RecurrentKernels> Backward<B, 1> for Last {
    type State = LastRecord<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let LastRecord { output, d_last } = ops.state;
        *d_last.lock().unwrap_or_else(PoisonError::into_inner) = Some(gradient);
        if let [Some(parent)] = ops.parents {
            let zeros = B::float_zeros(output.shape(), &output.device(), output.dtype().into());
            grads.register::<B>(parent.id, zeros);
        }
    }
}

/// A linear layer with cross entropy, whose output is the loss of each token.
#[derive(Debug)]
struct LinearCrossEntropy;

#[derive(Clone, Debug)]
struct LossRecord<B: Backend> {
    operands: [FloatTensor<B>; 3],
    leftover: Leftover,
}

impl<B: RecurrentKernels> Backward<B, 3> for LinearCrossEntropy {
    type State = LossRecord<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let d_loss = grads.consume::<B>(&ops.node);
        let LossRecord { operands, leftover } = ops.state;
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let gradients = B::loss_backward(operands, &leftover, d_loss, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<B>(parent.id, gradient);
            }
        }
    }
}

impl<B: RecurrentKernels, C: CheckpointStrategy> RecurrentOps for Autodiff<B, C> {
    fn recurrent_sequence(
        input: FloatTensor<Self>,
        w_ih: FloatTensor<Self>,
        w_hh: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        bias_candidate: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        cell: FloatTensor<Self>,
        call: Call,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let tensors = [input, w_ih, w_hh, bias, bias_candidate, hidden, cell];
        let nodes = tensors.each_ref().map(|tensor| tensor.node());
        let operands: Operands<B> = tensors.map(|tensor| tensor.into_primitive());
        match Sequence.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (output, last, leftover) = B::sequence_train(&operands, &call);
                let d_last = Handover::<B>::default();
                let record = SequenceRecord {
                    operands,
                    call,
                    output: output.clone(),
                    leftover,
                    d_last: d_last.clone(),
                };
                let tracked = prep.finish(record, output.clone());
                let last = match Last
                    .prepare::<C>([tracked.node()])
                    .compute_bound()
                    .stateful()
                {
                    OpsKind::Tracked(prep) => prep.finish(LastRecord { output, d_last }, last),
                    OpsKind::UnTracked(prep) => prep.finish(last),
                };
                (tracked, last)
            }
            OpsKind::UnTracked(prep) => {
                let [input, w_ih, w_hh, bias, bias_candidate, hidden, cell] = operands;
                let (output, last) = B::recurrent_sequence(
                    input,
                    w_ih,
                    w_hh,
                    bias,
                    bias_candidate,
                    hidden,
                    cell,
                    call,
                );
                (
                    prep.finish(output),
                    <Self as AutodiffBackend>::from_inner(last),
                )
            }
        }
    }

    fn recurrent_linear_cross_entropy(
        hidden: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        targets: IntTensor<Self>,
        has_bias: bool,
    ) -> FloatTensor<Self> {
        let tensors = [hidden, weight, bias];
        let nodes = tensors.each_ref().map(|tensor| tensor.node());
        let operands: [FloatTensor<B>; 3] = tensors.map(|tensor| tensor.into_primitive());
        match LinearCrossEntropy
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                let (losses, leftover) = B::loss_train(&operands, targets, has_bias);
                prep.finish(LossRecord { operands, leftover }, losses)
            }
            OpsKind::UnTracked(prep) => {
                let [hidden, weight, bias] = operands;
                prep.finish(B::recurrent_linear_cross_entropy(
                    hidden, weight, bias, targets, has_bias,
                ))
            }
        }
    }
}
