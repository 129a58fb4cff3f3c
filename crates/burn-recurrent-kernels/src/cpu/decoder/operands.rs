//! What a decoder reads.

use super::sizes::DecoderSizes;
use crate::kind::KernelCell;

/// What a call reads; all as in [`crate::attention_decoder`].
#[derive(Clone, Copy)]
pub(crate) struct DecoderOperands<'a> {
    /// `[batch, time, d_embedded]`
    pub(crate) embedded: &'a [f32],
    /// `[d_embedded + d_attended, columns]`
    pub(crate) w_ih: &'a [f32],
    /// `[d_hidden, columns]`
    pub(crate) w_hh: &'a [f32],
    /// `[columns]`
    pub(crate) bias: &'a [f32],
    /// `[d_hidden]`, for a GRU.
    pub(crate) bias_candidate: &'a [f32],
    /// `[d_hidden, d_key]`, for additive scores.
    pub(crate) w_query: &'a [f32],
    /// `[d_key]`, for additive scores.
    pub(crate) energy: &'a [f32],
    /// `[batch, source, d_key]`
    pub(crate) keys: &'a [f32],
    /// `[batch, source, d_value]`
    pub(crate) values: &'a [f32],
    /// Source steps that exist, at least one, by row.
    pub(crate) lengths: &'a [usize],
    /// `[d_hidden + d_value, d_attended]`
    pub(crate) w_attended: &'a [f32],
    /// `[d_attended]`
    pub(crate) b_attended: &'a [f32],
    /// `[batch, d_hidden]`
    pub(crate) hidden: &'a [f32],
    /// `[batch, d_hidden]`, for an LSTM.
    pub(crate) cell: &'a [f32],
    /// `[batch, d_attended]`
    pub(crate) fed: &'a [f32],
}

impl DecoderOperands<'_> {
    /// Panics where one does not have the size that it must have: the passes read through pointers.
    pub(super) fn check(&self, sizes: &DecoderSizes) {
        let DecoderSizes {
            cell,
            batch,
            source,
            d_hidden,
            d_attended,
            d_key,
            ..
        } = *sizes;
        let columns = sizes.columns();
        let only = |len, condition| if condition { len } else { 0 };
        let lstm = cell == KernelCell::Lstm;
        assert!(cell.has_decoder(), "no decoder of {cell:?}");
        assert!(sizes.additive || d_key == d_hidden, "keys of dot products");
        let embedded = sizes.steps() * sizes.d_embedded;
        for (name, found, expected) in [
            ("embedded", self.embedded.len(), embedded),
            (
                "w_ih",
                self.w_ih.len(),
                (sizes.d_embedded + d_attended) * columns,
            ),
            ("w_hh", self.w_hh.len(), d_hidden * columns),
            ("bias", self.bias.len(), columns),
            ("keys", self.keys.len(), batch * source * d_key),
            ("values", self.values.len(), batch * source * sizes.d_value),
            ("lengths", self.lengths.len(), batch),
            (
                "w_attended",
                self.w_attended.len(),
                sizes.joined() * d_attended,
            ),
            ("b_attended", self.b_attended.len(), d_attended),
            ("hidden", self.hidden.len(), batch * d_hidden),
            ("fed", self.fed.len(), batch * d_attended),
        ] {
            assert_eq!(found, expected, "{name}");
        }
        for (name, found, least) in [
            (
                "bias_candidate",
                self.bias_candidate.len(),
                only(d_hidden, !lstm),
            ),
            (
                "w_query",
                self.w_query.len(),
                only(d_hidden * d_key, sizes.additive),
            ),
            ("energy", self.energy.len(), only(d_key, sizes.additive)),
            ("cell", self.cell.len(), only(batch * d_hidden, lstm)),
        ] {
            assert!(found >= least, "{name}: {found} numbers of {least}");
        }
        let exist = |&length: &usize| (1..=source).contains(&length);
        assert!(self.lengths.iter().all(exist), "source lengths");
    }
}
