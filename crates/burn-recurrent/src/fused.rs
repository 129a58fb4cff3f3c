//! The built-in cells' way to the fused kernels.

use crate::cell::Sequence;
use crate::recurrence::Recurrence;
use burn::module::Param;
use burn::tensor::Tensor;
use burn_recurrent_kernels::{
    KernelCell, Layout, SequenceOptions, SequenceOutput, SequenceState, SequenceWeights, sequence,
};

/// A built-in cell's parameters as the kernels take them.
pub(crate) struct FusedCell<'a> {
    pub(crate) kind: KernelCell,
    pub(crate) weight_input: &'a Param<Tensor<2>>,
    pub(crate) weight_hidden: &'a Param<Tensor<2>>,
    pub(crate) bias: Option<&'a Param<Tensor<1>>>,
    pub(crate) bias_candidate: Option<&'a Param<Tensor<1>>>,
    pub(crate) recurrence: &'a Recurrence,
}

impl FusedCell<'_> {
    /// Runs the sequence, whose state was taken apart into `state`.
    pub(crate) fn run<S>(&self, input: &Sequence<'_, S>, state: SequenceState) -> SequenceOutput {
        let weights = SequenceWeights {
            w_ih: self.weight_input.val(),
            w_hh: self.recurrence.drop_weights(self.weight_hidden.val()),
            bias: self.bias.map(Param::val),
            bias_candidate: self.bias_candidate.map(Param::val),
        };
        let options = SequenceOptions {
            layout: match input.batch_first {
                true => Layout::BatchFirst,
                false => Layout::TimeFirst,
            },
            reverse: input.reverse,
            lengths: input.lengths,
        };
        sequence(self.kind, input.input.clone(), weights, state, options)
    }
}
