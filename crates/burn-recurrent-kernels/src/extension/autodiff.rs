//! Gradients: the operations as nodes of Burn's graph, with backward passes written by hand.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, AutodiffBackend, Backend, TensorMetadata};

use super::{Call, Leftover, RecurrentKernels, RecurrentOps, SEQUENCE_TENSORS, SequenceTensors};

/// Where the node of the final states leaves its gradient for the node of the output.
type Handover<B> = Arc<Mutex<Option<FloatTensor<B>>>>;

/// A sequence operation whose output is the output of all steps.
#[derive(Debug)]
struct Sequence;

#[derive(Clone, Debug)]
struct SequenceRecord<B: Backend> {
    tensors: SequenceTensors<B>,
    call: Call,
    output: FloatTensor<B>,
    leftover: Leftover,
    d_last: Handover<B>,
}

impl<B: RecurrentKernels> Backward<B, SEQUENCE_TENSORS> for Sequence {
    type State = SequenceRecord<B>;

    fn backward(
        self,
        ops: Ops<Self::State, SEQUENCE_TENSORS>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let d_output = grads.consume::<B>(&ops.node);
        let SequenceRecord {
            tensors,
            call,
            output,
            leftover,
            d_last,
        } = ops.state;
        let d_last = d_last.lock().unwrap_or_else(PoisonError::into_inner).take();
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let gradients =
            B::sequence_backward(tensors, &call, output, &leftover, d_output, d_last, wanted);
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

/// Rows of an embedding.
#[derive(Debug)]
struct EmbeddingRows;

#[derive(Clone, Debug)]
struct EmbeddingRecord {
    shape: [usize; 2],
    indices: Arc<[usize]>,
}

impl<B: RecurrentKernels> Backward<B, 1> for EmbeddingRows {
    type State = EmbeddingRecord;

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let d_output = grads.consume::<B>(&ops.node);
        if let [Some(parent)] = ops.parents {
            let EmbeddingRecord { shape, indices } = ops.state;
            let gradient = B::rows_backward(shape, &indices, d_output);
            grads.register::<B>(parent.id, gradient);
        }
    }
}

/// Dropout; the gradient is dropped by the same mask.
#[derive(Debug)]
struct Dropout;

impl<B: RecurrentKernels> Backward<B, 1> for Dropout {
    type State = (f64, [u32; 2]);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let d_output = grads.consume::<B>(&ops.node);
        if let [Some(parent)] = ops.parents {
            let (probability, key) = ops.state;
            let gradient = B::recurrent_dropout(d_output, probability, key);
            grads.register::<B>(parent.id, gradient);
        }
    }
}

/// Two tensors side by side.
#[derive(Debug)]
struct Join;

impl<B: RecurrentKernels> Backward<B, 2> for Join {
    type State = [usize; 2];

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let d_output = grads.consume::<B>(&ops.node);
        if ops.parents.iter().any(Option::is_some) {
            let sides = B::split(d_output, ops.state);
            for (parent, gradient) in ops.parents.iter().zip(sides) {
                if let Some(parent) = parent {
                    grads.register::<B>(parent.id, gradient);
                }
            }
        }
    }
}

impl<B: RecurrentKernels, C: CheckpointStrategy> RecurrentOps for Autodiff<B, C> {
    fn recurrent_sequence(
        tensors: SequenceTensors<Self>,
        call: Call,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let nodes = tensors.each().map(|tensor| tensor.node());
        let tensors: SequenceTensors<B> = tensors.map(|tensor| tensor.into_primitive());
        match Sequence.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (output, last, leftover) = B::sequence_train(&tensors, &call);
                let d_last = Handover::<B>::default();
                let record = SequenceRecord {
                    tensors,
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
                let (output, last) = B::recurrent_sequence(tensors, call);
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

    fn recurrent_embedding(
        weight: FloatTensor<Self>,
        indices: IntTensor<Self>,
    ) -> FloatTensor<Self> {
        let node = weight.node();
        let weight: FloatTensor<B> = weight.into_primitive();
        match EmbeddingRows
            .prepare::<C>([node])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                let (output, indices) = B::rows_train(&weight, indices);
                let shape = weight.shape().dims::<2>();
                prep.finish(EmbeddingRecord { shape, indices }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::recurrent_embedding(weight, indices)),
        }
    }

    fn recurrent_dropout(
        input: FloatTensor<Self>,
        probability: f64,
        key: [u32; 2],
    ) -> FloatTensor<Self> {
        let node = input.node();
        let output = B::recurrent_dropout(input.into_primitive(), probability, key);
        match Dropout.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((probability, key), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn recurrent_join(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [left.node(), right.node()];
        let sides = [left, right].map(|side| side.into_primitive());
        let last = |side: &FloatTensor<B>| side.shape().last().copied().unwrap_or(0);
        let widths = sides.each_ref().map(last);
        let [left, right] = sides;
        let output = B::recurrent_join(left, right);
        match Join.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(widths, output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}
