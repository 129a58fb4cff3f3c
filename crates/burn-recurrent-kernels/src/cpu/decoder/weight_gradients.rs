//! Gradients of weights: products with sums over all steps of all rows, in the order of rows and steps.

use super::gradients::{Kept, Results};
use super::operands::DecoderOperands;
use super::saved::{DecoderRecord, DecoderSaved};
use super::sizes::DecoderSizes;
use crate::cpu::cells::{gru, lstm};
use crate::cpu::kernels::Kernels;
use crate::cpu::matrix::Source;
use crate::cpu::shared::Shared;
use crate::cpu::tiled::Tiled;
use crate::cpu::weight_product::{DEPTH, Use, WeightProduct, WeightProducts};
use crate::kind::KernelCell;

/// Left operands of the products: what the weights were multiplied with at each step.
pub(super) struct Lefts {
    embedded: Tiled,
    /// What was fed back into each step.
    fed: Tiled,
    /// The hidden state that each step started from.
    before: Tiled,
    hidden: Tiled,
    contexts: Tiled,
}

impl Lefts {
    pub(super) fn new(kernels: &Kernels, sizes: &DecoderSizes) -> Self {
        let tiled = |width| Tiled::new(kernels, width, sizes.steps(), DEPTH);
        Self {
            embedded: tiled(sizes.d_embedded),
            fed: tiled(sizes.d_attended),
            before: tiled(sizes.d_hidden),
            hidden: tiled(sizes.d_hidden),
            contexts: tiled(sizes.d_value),
        }
    }

    /// How many pieces there are to fill.
    pub(super) fn tasks(&self) -> usize {
        5 * self.embedded.blocks()
    }

    /// Fills one piece.
    ///
    /// # Safety
    ///
    /// All operands have their sizes, and no other thread fills this piece.
    pub(super) unsafe fn fill(
        &self,
        task: usize,
        sizes: &DecoderSizes,
        operands: &DecoderOperands,
        record: DecoderRecord,
        saved: &DecoderSaved,
    ) {
        let DecoderSizes {
            time,
            d_embedded,
            d_hidden,
            d_attended,
            d_value,
            ..
        } = *sizes;
        let [embedded, start_fed, start_hidden, attended] = [
            operands.embedded,
            operands.fed,
            operands.hidden,
            record.attended,
        ]
        .map(Shared::read);
        let (hidden, contexts) = (Shared(saved.hidden.ptr()), Shared(saved.contexts.ptr()));
        // What a step started from: the result of the step before, or what the row started with.
        let before = |step: usize, start: Shared, all: Shared, width: usize| {
            if step.is_multiple_of(time) {
                start.at(step / time * width)
            } else {
                all.at((step - 1) * width)
            }
        };
        let block = task / 5;
        let steps = self.embedded.depth(block);
        // SAFETY: the steps are those of all rows, for which each buffer has room.
        unsafe {
            match task % 5 {
                0 => self
                    .embedded
                    .fill(block, steps, |step| embedded.at(step * d_embedded)),
                1 => self.fed.fill(block, steps, |step| {
                    before(step, start_fed, attended, d_attended)
                }),
                2 => self.before.fill(block, steps, |step| {
                    before(step, start_hidden, hidden, d_hidden)
                }),
                3 => self
                    .hidden
                    .fill(block, steps, |step| hidden.at(step * d_hidden)),
                _ => self
                    .contexts
                    .fill(block, steps, |step| contexts.at(step * d_value)),
            }
        }
    }
}

/// All products.
pub(super) fn weight_products<'a>(
    sizes: &DecoderSizes,
    lefts: &'a Lefts,
    saved: &DecoderSaved,
    kept: &Kept,
    results: &mut Results,
) -> WeightProducts<'a> {
    let DecoderSizes {
        d_hidden,
        d_attended,
        d_key,
        ..
    } = *sizes;
    let mut all = cell_products(sizes, lefts, saved, results);
    let steps = sizes.steps();
    let out = results.w_attended.ptr();
    all.push(WeightProduct {
        right: Source::rows(kept.d_attended.ptr(), d_attended),
        steps,
        columns: d_attended,
        uses: vec![
            used(&lefts.hidden, out.at(0)),
            used(&lefts.contexts, out.at(d_hidden * d_attended)),
        ],
        row: d_attended,
        sums: results.b_attended.ptr().at(0),
    });
    if sizes.additive {
        all.push(WeightProduct {
            right: Source::rows(kept.d_queries.ptr(), d_key),
            steps,
            columns: d_key,
            uses: vec![used(&lefts.hidden, results.w_query.ptr().at(0))],
            row: d_key,
            sums: core::ptr::null_mut(),
        });
        all.push(WeightProduct {
            right: Source::rows(kept.d_energies.ptr(), d_key),
            steps: sizes.batch,
            columns: d_key,
            uses: Vec::new(),
            row: d_key,
            sums: results.energy.ptr().at(0),
        });
    }
    WeightProducts(all)
}

/// The products of the cell's weights. A GRU's candidate has two gradients: that of its input's part, which is
/// among the gates, and that of the recurrent part.
fn cell_products<'a>(
    sizes: &DecoderSizes,
    lefts: &'a Lefts,
    saved: &DecoderSaved,
    results: &mut Results,
) -> Vec<WeightProduct<'a>> {
    let d_hidden = sizes.d_hidden;
    let (steps, columns) = (sizes.steps(), sizes.columns());
    let (w_ih, w_hh) = (results.w_ih.ptr(), results.w_hh.ptr());
    let bias = results.bias.ptr();
    let inputs = |gate: usize| {
        let column = gate * d_hidden;
        vec![
            used(&lefts.embedded, w_ih.at(column)),
            used(&lefts.fed, w_ih.at(sizes.d_embedded * columns + column)),
        ]
    };
    let state = |gate: usize| used(&lefts.before, w_hh.at(gate * d_hidden));
    // The product of the gradients of `count` gates from `gate` on.
    let gates = |gate: usize, count: usize, uses| WeightProduct {
        right: Source::rows(saved.gates.at(gate * d_hidden), columns),
        steps,
        columns: count * d_hidden,
        uses,
        row: columns,
        sums: bias.at(gate * d_hidden),
    };
    let mut both = inputs(0);
    both.push(state(0));
    if sizes.cell == KernelCell::Lstm {
        return vec![gates(0, lstm::GATES, both)];
    }
    let recurrent = WeightProduct {
        right: Source::rows(saved.extra.ptr(), d_hidden),
        steps,
        columns: d_hidden,
        uses: vec![state(gru::NEW)],
        row: columns,
        sums: results.bias_candidate.ptr().at(0),
    };
    vec![
        gates(gru::RESET, gru::NEW - gru::RESET, both),
        gates(gru::NEW, 1, inputs(gru::NEW)),
        recurrent,
    ]
}

fn used(left: &Tiled, out: *mut f32) -> Use<'_> {
    Use { left, out }
}
