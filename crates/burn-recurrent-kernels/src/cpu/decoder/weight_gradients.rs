//! Gradients of weights: products with sums over all steps of all rows, in the order of rows and steps.

use core::ops::Range;

use super::backward::{DecoderRecord, Kept, Results};
use super::{DecoderOperands, DecoderSaved, DecoderSizes};
use crate::cpu::kernels::Kernels;
use crate::cpu::pack::Source;
use crate::cpu::scratch::Scratch;
use crate::cpu::shared::Shared;
use crate::cpu::tasks::guided;
use crate::cpu::tiled::Tiled;
use crate::cpu::weight_product::{DEPTH, SendProducts, Use, WeightProduct, weight_product};
use crate::kind::Cell;

/// Columns of a weight's gradient in a task, at most: results should stay in cache from block to block of the
/// sum.
const MOST_COLUMNS: usize = 128;

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
pub(super) struct WeightGradients<'a> {
    products: SendProducts<'a>,
    /// Of each product: the length of its sums, and the distance between rows of its results.
    shapes: Vec<(usize, usize)>,
}

/// Some columns of a product.
pub(super) struct Part {
    product: usize,
    columns: Range<usize>,
}

impl<'a> WeightGradients<'a> {
    pub(super) fn new(
        sizes: &DecoderSizes,
        lefts: &'a Lefts,
        saved: &DecoderSaved,
        kept: &Kept,
        results: &mut Results,
    ) -> Self {
        let DecoderSizes {
            d_hidden,
            d_attended,
            d_key,
            ..
        } = *sizes;
        let mut all = Self {
            products: SendProducts(Vec::new()),
            shapes: Vec::new(),
        };
        all.add_cell(sizes, lefts, saved, results);
        let steps = sizes.steps();
        let right = whole(&kept.d_attended, d_attended);
        let out = results.w_attended.ptr();
        let uses = vec![
            used(&lefts.hidden, out.at(0)),
            used(&lefts.contexts, out.at(d_hidden * d_attended)),
        ];
        let sums = results.b_attended.ptr().at(0);
        all.add(right, uses, sums, (steps, d_attended, d_attended));
        if sizes.additive {
            let right = whole(&kept.d_queries, d_key);
            let uses = vec![used(&lefts.hidden, results.w_query.ptr().at(0))];
            all.add(right, uses, core::ptr::null_mut(), (steps, d_key, d_key));
            let right = whole(&kept.d_energies, d_key);
            let sums = results.energy.ptr().at(0);
            all.add(right, Vec::new(), sums, (sizes.batch, d_key, d_key));
        }
        all
    }

    /// The products of the cell's weights. A GRU's candidate has two gradients: that of its input's part, which is
    /// among the gates, and that of the recurrent part.
    fn add_cell(
        &mut self,
        sizes: &DecoderSizes,
        lefts: &'a Lefts,
        saved: &DecoderSaved,
        results: &mut Results,
    ) {
        let d_hidden = sizes.d_hidden;
        let (steps, columns) = (sizes.steps(), sizes.columns());
        let (w_ih, w_hh) = (results.w_ih.ptr(), results.w_hh.ptr());
        let bias = results.bias.ptr();
        let inputs = |column: usize| {
            vec![
                used(&lefts.embedded, w_ih.at(column)),
                used(&lefts.fed, w_ih.at(sizes.d_embedded * columns + column)),
            ]
        };
        let state = |column: usize| used(&lefts.before, w_hh.at(column));
        let gates = whole(&saved.gates, columns);
        let mut both = inputs(0);
        both.push(state(0));
        if sizes.cell == Cell::Lstm {
            self.add(gates, both, bias.at(0), (steps, columns, columns));
            return;
        }
        let candidate = 2 * d_hidden;
        self.add(gates, both, bias.at(0), (steps, candidate, columns));
        let right = Source {
            data: gates.data.wrapping_add(candidate),
            ..gates
        };
        let sums = bias.at(candidate);
        self.add(right, inputs(candidate), sums, (steps, d_hidden, columns));
        let right = whole(&saved.extra, d_hidden);
        let sums = results.bias_candidate.ptr().at(0);
        let uses = vec![state(candidate)];
        self.add(right, uses, sums, (steps, d_hidden, columns));
    }

    /// One product, with the length of its sums, its columns and the distance between rows of its results.
    fn add(
        &mut self,
        right: Source,
        uses: Vec<Use<'a>>,
        sums: *mut f32,
        (steps, columns, row): (usize, usize, usize),
    ) {
        self.products.0.push(WeightProduct {
            right,
            columns,
            uses,
            sums,
        });
        self.shapes.push((steps, row));
    }

    /// All products in parts for threads to take.
    pub(super) fn parts(&self, kernels: &Kernels, threads: usize) -> Vec<Part> {
        let products = self.products.0.iter().enumerate();
        products
            .flat_map(|(index, product)| {
                let grain = 4 * kernels.lanes;
                let parts = guided(product.columns, grain, MOST_COLUMNS, threads);
                parts.into_iter().map(move |columns| Part {
                    product: index,
                    columns,
                })
            })
            .collect()
    }

    /// Computes one part.
    ///
    /// # Safety
    ///
    /// All operands are there, and no other thread computes this part.
    pub(super) unsafe fn run(&self, kernels: &'static Kernels, part: &Part) {
        let (steps, row) = self.shapes[part.product];
        let product = &self.products.0[part.product];
        // SAFETY: passed on.
        unsafe { weight_product(kernels, product, steps, part.columns.clone(), row) };
    }
}

/// A matrix of `width` columns.
fn whole(data: &Scratch, width: usize) -> Source {
    Source {
        data: data.ptr(),
        row: width,
        col: 1,
    }
}

fn used(left: &Tiled, out: *mut f32) -> Use<'_> {
    Use { left, out }
}
