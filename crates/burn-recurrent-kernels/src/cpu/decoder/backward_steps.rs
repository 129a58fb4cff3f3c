//! The steps of some rows of the backward pass.

use core::ops::Range;

use super::STEPS;
use super::gradients::{Kept, RowPlaces};
use super::lines::Lines;
use super::operands::DecoderOperands;
use super::packed::PackedWeights;
use super::saved::{DecoderRecord, DecoderSaved};
use super::sizes::DecoderSizes;
use crate::cpu::attended::AttendedBackwardRow;
use crate::cpu::attention::{AdditiveRow, DotsRow, WeightedSum};
use crate::cpu::cells::{BackwardFn, BackwardRow};
use crate::cpu::kernels::Kernels;
use crate::cpu::matrix::{Left, Target};
use crate::cpu::product::Product;
use crate::cpu::scratch::Scratch;
use crate::cpu::shared::Shared;
use crate::kind::KernelCell;

/// What the threads of a backward pass share. Each row of what is written belongs to the thread that takes it through
/// all steps.
pub(super) struct Steps<'a> {
    pub(super) kernels: &'static Kernels,
    pub(super) sizes: &'a DecoderSizes,
    pub(super) operands: &'a DecoderOperands<'a>,
    pub(super) packed: &'a PackedWeights,
    pub(super) record: DecoderRecord<'a>,
    /// `[batch, time, d_attended]`
    pub(super) d_output: &'a [f32],
    /// Activated gates become their gradients before activation; likewise a GRU's `extra`.
    pub(super) saved: &'a DecoderSaved,
    pub(super) kept: &'a Kept,
    pub(super) results: RowPlaces,
}

/// One thread's gradients on their way from step to step, and the operands of its products.
struct Own {
    /// Of the hidden states and contexts side by side, as the attended vectors give them.
    d_joined: Lines,
    /// Of hidden states, cell states and what is fed back, from the following step.
    d_hidden: Lines,
    d_cell: Lines,
    d_fed: Lines,
    /// Before activation: of the attended vectors; of the queries; of the gates, as the recurrent weights see
    /// them; and as the input weights do, where that is something else.
    d_attended: Lines,
    d_query: Lines,
    d_gates: Lines,
    d_inputs: Option<Lines>,
}

impl Own {
    fn new(sizes: &DecoderSizes, rows: usize) -> Self {
        let lines = |width, condition| Lines::zeros(if condition { rows } else { 0 }, width);
        let lstm = sizes.cell == KernelCell::Lstm;
        Self {
            d_joined: lines(sizes.joined(), true),
            d_hidden: lines(sizes.d_hidden, true),
            d_cell: lines(sizes.d_hidden, lstm),
            d_fed: lines(sizes.d_attended, true),
            d_attended: lines(sizes.d_attended, true),
            d_query: lines(sizes.d_key, true),
            d_gates: lines(sizes.columns(), true),
            d_inputs: (!lstm).then(|| lines(sizes.columns(), true)),
        }
    }
}

impl Steps<'_> {
    /// All steps of some rows, last step first.
    ///
    /// # Safety
    ///
    /// The weights are packed, and no other thread works on these rows.
    pub(super) unsafe fn run(&self, rows: &Range<usize>) {
        let DecoderSizes {
            time,
            source,
            d_hidden,
            d_attended,
            d_key,
            ..
        } = *self.sizes;
        let own = Own::new(self.sizes, rows.len());
        // SAFETY: all places are rows of this thread's own, inside buffers whose sizes were checked.
        unsafe {
            if self.sizes.additive {
                let keys = self.results.keys.at(rows.start * source * d_key);
                keys.write_bytes(0, rows.len() * source * d_key);
                let energies = self.kept.d_energies.at(rows.start * d_key);
                energies.write_bytes(0, rows.len() * d_key);
            }
            for t in (0..time).rev() {
                self.feed(rows, t, &own);
                self.attend(rows, t, &own);
                self.recur(rows, t, &own);
            }
            for (line, row) in rows.clone().enumerate() {
                let hidden = self.results.hidden.at(row * d_hidden);
                hidden.copy_from(own.d_hidden.at(line), d_hidden);
                if self.sizes.cell == KernelCell::Lstm {
                    let cell = self.results.cell.at(row * d_hidden);
                    cell.copy_from(own.d_cell.at(line), d_hidden);
                }
                let fed = self.results.fed.at(row * d_attended);
                fed.copy_from(own.d_fed.at(line), d_attended);
                self.source(row);
            }
        }
    }

    /// From the attended vectors to hidden states and contexts.
    ///
    /// # Safety
    ///
    /// As [`Steps::run`].
    unsafe fn feed(&self, rows: &Range<usize>, t: usize, own: &Own) {
        let DecoderSizes {
            time, d_attended, ..
        } = *self.sizes;
        let left = own.d_attended.left(0);
        let target = own.d_joined.target(0, self.sizes.joined());
        // SAFETY: the operands hold this thread's rows; every place is one of these rows.
        unsafe {
            for (line, row) in rows.clone().enumerate() {
                let at = (row * time + t) * d_attended;
                (self.kernels.attended_backward)(&AttendedBackwardRow {
                    width: d_attended,
                    output: Shared::read(self.record.attended).at(at),
                    d_output: Shared::read(self.d_output).at(at),
                    d_fed: own.d_fed.at(line),
                    operand: own.d_attended.at(line),
                    kept: self.kept.d_attended.at(at),
                });
            }
            Product::new(left, rows.len(), &self.packed.attended).whole_to(target);
        }
    }

    /// From contexts to scores, and from these to queries and keys, and on to the hidden states.
    ///
    /// # Safety
    ///
    /// As [`Steps::run`].
    unsafe fn attend(&self, rows: &Range<usize>, t: usize, own: &Own) {
        let DecoderSizes {
            time,
            d_hidden,
            d_key,
            d_value,
            ..
        } = *self.sizes;
        // SAFETY: the operands hold this thread's rows; every place is one of these rows.
        unsafe {
            for (line, row) in rows.clone().enumerate() {
                let at = row * time + t;
                let d_joined = own.d_joined.at(line);
                let d_context = self.kept.d_contexts.at(at * d_value);
                d_context.copy_from(d_joined.add(d_hidden), d_value);
                self.scores(row, at, d_context);
                let d_query = own.d_query.at(line);
                self.query(row, at, d_query);
                if self.sizes.additive {
                    let kept = self.kept.d_queries.at(at * d_key);
                    kept.copy_from(d_query, d_key);
                } else {
                    let d_hidden = core::slice::from_raw_parts_mut(d_joined, d_key);
                    let d_query = core::slice::from_raw_parts(d_query, d_key);
                    for (d_hidden, d_query) in d_hidden.iter_mut().zip(d_query) {
                        *d_hidden += d_query;
                    }
                }
            }
            if self.sizes.additive {
                let left = own.d_query.left(0);
                let target = own.d_joined.target(0, d_hidden);
                Product::new(left, rows.len(), &self.packed.query)
                    .accumulate(true)
                    .whole_to(target);
            }
        }
    }

    /// Gradients of the scores of step `at` of a row: through the weighted sum and the softmax.
    ///
    /// # Safety
    ///
    /// As [`Steps::run`], for this row.
    unsafe fn scores(&self, row: usize, at: usize, d_context: *const f32) {
        let DecoderSizes {
            source, d_value, ..
        } = *self.sizes;
        let count = self.operands.lengths[row];
        // SAFETY: a source has `count` of its `source` steps, and these are this thread's rows.
        unsafe {
            let d_scores = self.kept.d_scores.at(at * source);
            (self.kernels.dots)(&DotsRow {
                rows: Shared::read(self.operands.values).at(row * source * d_value),
                count,
                width: d_value,
                vector: d_context,
                out: d_scores,
            });
            let d_scores = core::slice::from_raw_parts_mut(d_scores, count);
            let weights = &self.record.weights[at * source..][..count];
            let products = weights.iter().zip(d_scores.iter());
            let mean: f32 = products.map(|(weight, d_weight)| weight * d_weight).sum();
            for (d_score, weight) in d_scores.iter_mut().zip(weights) {
                *d_score = weight * (*d_score - mean);
            }
        }
    }

    /// The gradient of the query of step `at` of a row; with additive scores also this step's part of those of
    /// keys and energy.
    ///
    /// # Safety
    ///
    /// As [`Steps::run`], for this row.
    unsafe fn query(&self, row: usize, at: usize, d_query: *mut f32) {
        let DecoderSizes { source, d_key, .. } = *self.sizes;
        let count = self.operands.lengths[row];
        let keys = row * source * d_key;
        let d_scores = self.kept.d_scores.at(at * source);
        // SAFETY: as in `scores`.
        unsafe {
            if self.sizes.additive {
                (self.kernels.additive_backward)(&AdditiveRow {
                    steps: count,
                    width: d_key,
                    keys: Shared::read(self.operands.keys).at(keys),
                    query: self.saved.queries.at(at * d_key),
                    energy: self.operands.energy.as_ptr(),
                    scores: d_scores,
                    d_keys: self.results.keys.at(keys),
                    d_query,
                    d_energy: self.kept.d_energies.at(row * d_key),
                });
            } else {
                (self.kernels.weighted_sum)(&WeightedSum {
                    rows: Shared::read(self.operands.keys).at(keys),
                    count,
                    width: d_key,
                    factors: d_scores,
                    factor_stride: 1,
                    out: d_query,
                });
            }
        }
    }

    /// From hidden states through the cell to the state before and to what was fed back.
    ///
    /// # Safety
    ///
    /// As [`Steps::run`].
    unsafe fn recur(&self, rows: &Range<usize>, t: usize, own: &Own) {
        let DecoderSizes {
            time,
            d_hidden,
            d_attended,
            ..
        } = *self.sizes;
        let columns = self.sizes.columns();
        let kernels = self.kernels;
        let step: BackwardFn = match self.sizes.cell {
            KernelCell::Lstm => kernels.lstm_backward,
            _ => kernels.gru_after_backward,
        };
        let gru = self.sizes.cell != KernelCell::Lstm;
        let inputs = own.d_inputs.as_ref().unwrap_or(&own.d_gates);
        let count = rows.len();
        // SAFETY: the operands hold this thread's rows; every place is one of these rows.
        unsafe {
            for (line, row) in rows.clone().enumerate() {
                let cell = self.cell_row(row, t, line, own);
                step(&cell);
                if let Some(inputs) = &own.d_inputs {
                    let gates = self.saved.gates.at((row * time + t) * columns);
                    inputs.at(line).copy_from(gates, columns);
                }
            }
            let (left, target) = (own.d_gates.left(0), own.d_hidden.target(0, d_hidden));
            Product::new(left, count, &self.packed.hidden)
                .accumulate(gru)
                .whole_to(target);
            let (left, target) = (inputs.left(0), own.d_fed.target(0, d_attended));
            Product::new(left, count, &self.packed.fed).whole_to(target);
        }
    }

    /// The pointers of one row's cell.
    fn cell_row(&self, row: usize, t: usize, line: usize, own: &Own) -> BackwardRow {
        let DecoderSizes { time, d_hidden, .. } = *self.sizes;
        let columns = self.sizes.columns();
        let at = row * time + t;
        let before = |start: &[f32], all: &Scratch| {
            if t == 0 {
                Shared::read(start).at(row * d_hidden)
            } else {
                all.at((at - 1) * d_hidden)
            }
        };
        let gates = self.saved.gates.at(at * columns);
        let cell = self.saved.cells.at(at * d_hidden);
        // Past the last row this is memory of nobody, which is only asked for.
        let next = time * d_hidden;
        let d_output = own.d_joined.at(line);
        BackwardRow {
            units: d_hidden,
            gate_stride: d_hidden,
            gates,
            next_gates: gates.wrapping_add(time * columns),
            next_d_output: d_output.wrapping_add(own.d_joined.row),
            next_cell: cell.wrapping_add(next),
            operand: own.d_gates.at(line),
            extra: self.saved.extra.at(at * d_hidden),
            d_output,
            d_reset: core::ptr::null(),
            d_hidden: own.d_hidden.at(line),
            d_cell: own.d_cell.at(line),
            hidden_in: before(self.operands.hidden, &self.saved.hidden),
            cell_in: before(self.operands.cell, &self.saved.cells),
            cell,
            no_state_in: false,
        }
    }

    /// Gradients of a row's values, and of its keys where scores are dot products: sums over all steps.
    ///
    /// # Safety
    ///
    /// As [`Steps::run`], for this row, all of whose steps are done.
    unsafe fn source(&self, row: usize) {
        let DecoderSizes {
            time,
            source,
            d_hidden,
            d_value,
            ..
        } = *self.sizes;
        let count = self.operands.lengths[row];
        let sums = |factors: Shared, vectors: Shared, out: Shared, width: usize| {
            let out = out.at(row * source * width);
            for s in 0..count {
                // SAFETY: this row's steps and source, as above.
                unsafe {
                    (self.kernels.weighted_sum)(&WeightedSum {
                        rows: vectors.at(row * time * width),
                        count: time,
                        width,
                        factors: factors.at(row * time * source + s),
                        factor_stride: source,
                        out: out.add(s * width),
                    });
                }
            }
            // SAFETY: as above.
            unsafe {
                out.add(count * width)
                    .write_bytes(0, (source - count) * width);
            }
        };
        let weights = Shared::read(self.record.weights);
        let d_contexts = Shared(self.kept.d_contexts.ptr());
        sums(weights, d_contexts, self.results.values, d_value);
        if !self.sizes.additive {
            let d_scores = Shared(self.kept.d_scores.ptr());
            let hidden = Shared(self.saved.hidden.ptr());
            sums(d_scores, hidden, self.results.keys, d_hidden);
        }
    }

    /// Gradients of piece `task` of all embedded words.
    ///
    /// # Safety
    ///
    /// The gates' gradients are there, and no other thread computes this piece.
    pub(super) unsafe fn embedded(&self, task: usize) {
        let first = task * STEPS;
        let count = STEPS.min(self.sizes.steps() - first);
        let (columns, width) = (self.sizes.columns(), self.sizes.d_embedded);
        let left = Left::rows(self.saved.gates.at(first * columns), columns);
        let target = Target {
            data: self.results.embedded.at(first * width),
            row: width,
            columns: width,
        };
        // SAFETY: steps of rows that there are.
        unsafe { Product::new(left, count, &self.packed.embedded).whole_to(target) };
    }
}
