//! Weights in the order in which products read them.

use super::operands::DecoderOperands;
use super::sizes::DecoderSizes;
use crate::cpu::kernels::Kernels;
use crate::cpu::matrix::Source;
use crate::cpu::pack::{Fill, Packed};
use crate::cpu::product::{panel_vectors, wide_panel_vectors};

/// All weights of a pass: as they are for the forward pass, transposed for the backward pass. Each panel is filled by one
/// thread, and read at every step by all.
pub(super) struct PackedWeights {
    /// The rows of `w_ih` for embedded words, `[d_embedded, columns]`, and those for what is fed back,
    /// `[d_attended, columns]`.
    pub(super) embedded: Packed,
    pub(super) fed: Packed,
    /// `[d_hidden, columns]`
    pub(super) hidden: Packed,
    /// `[d_hidden, d_key]`, without rows or columns where scores are dot products.
    pub(super) query: Packed,
    /// `[d_hidden + d_value, d_attended]`
    pub(super) attended: Packed,
    transposed: bool,
}

impl PackedWeights {
    /// Room for the weights of a call whose threads take `rows` rows each.
    pub(super) fn new(
        kernels: &'static Kernels,
        sizes: &DecoderSizes,
        rows: usize,
        transposed: bool,
    ) -> Self {
        let columns = sizes.columns();
        let pack = |k, columns, vectors| {
            let (k, columns) = if transposed {
                (columns, k)
            } else {
                (k, columns)
            };
            Packed::new(kernels, k, core::slice::from_ref(&(0..columns)), vectors)
        };
        let vectors = panel_vectors(rows);
        let d_query = if sizes.additive { sizes.d_key } else { 0 };
        let wide = wide_panel_vectors(kernels, rows * sizes.time);
        Self {
            embedded: pack(sizes.d_embedded, columns, wide),
            fed: pack(sizes.d_attended, columns, vectors),
            hidden: pack(sizes.d_hidden, columns, vectors),
            query: pack(sizes.d_hidden, d_query, vectors),
            attended: pack(sizes.joined(), sizes.d_attended, vectors),
            transposed,
        }
    }

    /// What is to be done so that they are there.
    pub(super) fn fills(&self, sizes: &DecoderSizes, operands: &DecoderOperands) -> Vec<Fill<'_>> {
        let columns = sizes.columns();
        let (embedded, fed) = operands.w_ih.split_at(sizes.d_embedded * columns);
        let all = [
            (&self.embedded, embedded, columns),
            (&self.fed, fed, columns),
            (&self.hidden, operands.w_hh, columns),
            (&self.query, operands.w_query, sizes.d_key),
            (&self.attended, operands.w_attended, sizes.d_attended),
        ];
        all.into_iter()
            .flat_map(|(packed, weight, row)| {
                packed.fills(if self.transposed {
                    Source::transposed(weight.as_ptr(), row)
                } else {
                    Source::rows(weight.as_ptr(), row)
                })
            })
            .collect()
    }
}
