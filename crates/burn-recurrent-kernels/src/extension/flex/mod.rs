//! The operations on tensors of the Flex backend, by the kernels for processors.

mod attention_decoder;
mod dropout;
mod embedding;
mod join;
mod loss;
mod sequence;
pub(super) mod tensors;

use std::sync::Arc;

use burn_flex::{Flex, FlexTensor};

use super::{Call, Leftover, RecurrentKernels, RecurrentOps, SEQUENCE_TENSORS, SequenceTensors};

impl RecurrentOps for Flex {
    fn recurrent_sequence(tensors: SequenceTensors<Self>, call: Call) -> (FlexTensor, FlexTensor) {
        sequence::infer(tensors, &call)
    }

    fn recurrent_linear_cross_entropy(
        hidden: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        targets: FlexTensor,
        has_bias: bool,
    ) -> FlexTensor {
        loss::infer(hidden, weight, bias, targets, has_bias)
    }

    fn recurrent_embedding(weight: FlexTensor, indices: FlexTensor) -> FlexTensor {
        embedding::rows(&weight, indices).0
    }

    fn recurrent_dropout(input: FlexTensor, probability: f64, key: [u32; 2]) -> FlexTensor {
        dropout::dropout(input, probability, key)
    }

    fn recurrent_join(left: FlexTensor, right: FlexTensor) -> FlexTensor {
        join::join(left, right)
    }
}

impl RecurrentKernels for Flex {
    fn sequence_train(
        tensors: &SequenceTensors<Self>,
        call: &Call,
    ) -> (FlexTensor, FlexTensor, Leftover) {
        sequence::train(tensors, call)
    }

    fn sequence_backward(
        tensors: SequenceTensors<Self>,
        call: &Call,
        output: FlexTensor,
        leftover: &Leftover,
        d_output: FlexTensor,
        d_last: Option<FlexTensor>,
        wanted: [bool; SEQUENCE_TENSORS],
    ) -> [Option<FlexTensor>; SEQUENCE_TENSORS] {
        sequence::gradients(tensors, call, output, leftover, d_output, d_last, wanted)
    }

    fn loss_train(
        operands: &[FlexTensor; 3],
        targets: FlexTensor,
        has_bias: bool,
    ) -> (FlexTensor, Leftover) {
        loss::train(operands, targets, has_bias)
    }

    fn loss_backward(
        operands: [FlexTensor; 3],
        leftover: &Leftover,
        d_loss: FlexTensor,
        wanted: [bool; 3],
    ) -> [Option<FlexTensor>; 3] {
        loss::gradients(operands, leftover, d_loss, wanted)
    }

    fn split(joined: FlexTensor, widths: [usize; 2]) -> [FlexTensor; 2] {
        join::split(joined, widths)
    }

    fn rows_train(weight: &FlexTensor, indices: FlexTensor) -> (FlexTensor, Arc<[usize]>) {
        embedding::rows(weight, indices)
    }

    fn rows_backward(shape: [usize; 2], indices: &[usize], d_output: FlexTensor) -> FlexTensor {
        embedding::gradient(shape, indices, d_output)
    }
}
