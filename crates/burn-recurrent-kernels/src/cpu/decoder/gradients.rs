//! Gradients of a decoder, and what the steps leave for those that are products over all steps.

use super::sizes::DecoderSizes;
use crate::cpu::scratch::{Numbers, Output, Scratch};
use crate::cpu::shared::Shared;
use crate::kind::KernelCell;

/// Gradients with the shapes of what they belong to; empty where a call has no such operand.
pub(crate) struct DecoderGradients {
    pub(crate) embedded: Numbers,
    pub(crate) w_ih: Numbers,
    pub(crate) w_hh: Numbers,
    pub(crate) bias: Numbers,
    pub(crate) bias_candidate: Numbers,
    pub(crate) w_query: Numbers,
    pub(crate) energy: Numbers,
    pub(crate) keys: Numbers,
    pub(crate) values: Numbers,
    pub(crate) w_attended: Numbers,
    pub(crate) b_attended: Numbers,
    pub(crate) hidden: Numbers,
    pub(crate) cell: Numbers,
    pub(crate) fed: Numbers,
}

/// The same while they are computed.
pub(super) struct Results {
    pub(super) embedded: Output,
    pub(super) w_ih: Output,
    pub(super) w_hh: Output,
    pub(super) bias: Output,
    pub(super) bias_candidate: Output,
    pub(super) w_query: Output,
    pub(super) energy: Output,
    pub(super) keys: Output,
    pub(super) values: Output,
    pub(super) w_attended: Output,
    pub(super) b_attended: Output,
    pub(super) hidden: Output,
    pub(super) cell: Output,
    pub(super) fed: Output,
}

impl Results {
    pub(super) fn new(sizes: &DecoderSizes) -> Self {
        let DecoderSizes {
            batch,
            source,
            d_hidden,
            d_attended,
            d_key,
            ..
        } = *sizes;
        let columns = sizes.columns();
        let lstm = sizes.cell == KernelCell::Lstm;
        let only = |len, condition| Output::new(if condition { len } else { 0 });
        Self {
            embedded: Output::new(sizes.steps() * sizes.d_embedded),
            w_ih: Output::new((sizes.d_embedded + d_attended) * columns),
            w_hh: Output::new(d_hidden * columns),
            bias: Output::new(columns),
            bias_candidate: only(d_hidden, !lstm),
            w_query: only(d_hidden * d_key, sizes.additive),
            energy: only(d_key, sizes.additive),
            keys: Output::new(batch * source * d_key),
            values: Output::new(batch * source * sizes.d_value),
            w_attended: Output::new(sizes.joined() * d_attended),
            b_attended: Output::new(d_attended),
            hidden: Output::new(batch * d_hidden),
            cell: only(batch * d_hidden, lstm),
            fed: Output::new(batch * d_attended),
        }
    }

    /// Where the gradients are that belong to rows.
    pub(super) fn row_places(&mut self) -> RowPlaces {
        RowPlaces {
            embedded: self.embedded.ptr(),
            keys: self.keys.ptr(),
            values: self.values.ptr(),
            hidden: self.hidden.ptr(),
            cell: self.cell.ptr(),
            fed: self.fed.ptr(),
        }
    }

    /// # Safety
    ///
    /// All elements have been written.
    pub(super) unsafe fn finish(self) -> DecoderGradients {
        // SAFETY: passed on.
        unsafe {
            DecoderGradients {
                embedded: self.embedded.finish(),
                w_ih: self.w_ih.finish(),
                w_hh: self.w_hh.finish(),
                bias: self.bias.finish(),
                bias_candidate: self.bias_candidate.finish(),
                w_query: self.w_query.finish(),
                energy: self.energy.finish(),
                keys: self.keys.finish(),
                values: self.values.finish(),
                w_attended: self.w_attended.finish(),
                b_attended: self.b_attended.finish(),
                hidden: self.hidden.finish(),
                cell: self.cell.finish(),
                fed: self.fed.finish(),
            }
        }
    }
}

/// Where the gradients are that belong to rows, each row written by the thread that takes it through all steps; those of
/// embedded words piece by piece by whoever takes one when all steps are done.
pub(super) struct RowPlaces {
    /// `[batch, time, d_embedded]`
    pub(super) embedded: Shared,
    /// `[batch, source, d_key]`
    pub(super) keys: Shared,
    /// `[batch, source, d_value]`
    pub(super) values: Shared,
    /// `[batch, d_hidden]`
    pub(super) hidden: Shared,
    /// LSTM: `[batch, d_hidden]`
    pub(super) cell: Shared,
    /// `[batch, d_attended]`
    pub(super) fed: Shared,
}

/// What the steps leave for the gradients of weights, keys and values, for all steps of all rows.
pub(super) struct Kept {
    /// Gradients of the attended vectors before activation, `[batch, time, d_attended]`.
    pub(super) d_attended: Scratch,
    /// `[batch, time, d_value]`
    pub(super) d_contexts: Scratch,
    /// `[batch, time, source]`, of which only the steps that a source has are written.
    pub(super) d_scores: Scratch,
    /// Additive scores: `[batch, time, d_key]`.
    pub(super) d_queries: Scratch,
    /// Additive scores: `[batch, d_key]`.
    pub(super) d_energies: Scratch,
}

impl Kept {
    pub(super) fn new(sizes: &DecoderSizes) -> Self {
        let steps = sizes.steps();
        let additive = |len| Scratch::new(if sizes.additive { len } else { 0 });
        Self {
            d_attended: Scratch::new(steps * sizes.d_attended),
            d_contexts: Scratch::new(steps * sizes.d_value),
            d_scores: Scratch::new(steps * sizes.source),
            d_queries: additive(steps * sizes.d_key),
            d_energies: additive(sizes.batch * sizes.d_key),
        }
    }
}
