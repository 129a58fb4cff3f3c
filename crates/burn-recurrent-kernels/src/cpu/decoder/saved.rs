//! What the forward pass leaves for the backward pass, and what it returned.

use super::sizes::DecoderSizes;
use crate::cpu::scratch::Scratch;
use crate::kind::KernelCell;

/// What the backward pass needs of the forward pass, for all steps of all rows.
#[derive(Debug)]
pub(crate) struct DecoderSaved {
    /// Activated gates, `[batch, time, columns]`.
    pub(super) gates: Scratch,
    /// GRU: the candidate's recurrent part, `[batch, time, d_hidden]`.
    pub(super) extra: Scratch,
    /// LSTM: cell states, `[batch, time, d_hidden]`.
    pub(super) cells: Scratch,
    /// `[batch, time, d_hidden]`
    pub(super) hidden: Scratch,
    /// `[batch, time, d_value]`
    pub(super) contexts: Scratch,
    /// Additive scores: `[batch, time, d_key]`.
    pub(super) queries: Scratch,
}

impl DecoderSaved {
    pub(super) fn new(sizes: &DecoderSizes) -> Self {
        let steps = sizes.steps();
        let room = |width, condition| Scratch::new(if condition { steps * width } else { 0 });
        let lstm = sizes.cell == KernelCell::Lstm;
        Self {
            gates: room(sizes.columns(), true),
            extra: room(sizes.d_hidden, !lstm),
            cells: room(sizes.d_hidden, lstm),
            hidden: room(sizes.d_hidden, true),
            contexts: room(sizes.d_value, true),
            queries: room(sizes.d_key, sizes.additive),
        }
    }
}

/// What the forward pass returned.
#[derive(Clone, Copy)]
pub(crate) struct DecoderRecord<'a> {
    /// `[batch, time, d_attended]`
    pub(crate) attended: &'a [f32],
    /// `[batch, time, source]`
    pub(crate) weights: &'a [f32],
}

impl DecoderRecord<'_> {
    /// Panics where one does not have the size that it must have: the pass reads through pointers.
    pub(super) fn check(&self, sizes: &DecoderSizes) {
        let attended = sizes.steps() * sizes.d_attended;
        assert_eq!(self.attended.len(), attended, "attended");
        let weights = sizes.steps() * sizes.source;
        assert_eq!(self.weights.len(), weights, "weights");
    }
}
