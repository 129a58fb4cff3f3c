//! The steps of some rows of the forward pass.

use core::ops::Range;

use super::STEPS;
use super::lines::Lines;
use super::operands::DecoderOperands;
use super::packed::PackedWeights;
use super::saved::DecoderSaved;
use super::sizes::DecoderSizes;
use crate::cpu::attended::AttendedRow;
use crate::cpu::attention::{AdditiveRow, DotsRow, WeightedSum};
use crate::cpu::cells::{ForwardFn, ForwardRow};
use crate::cpu::kernels::Kernels;
use crate::cpu::matrix::{Left, Target};
use crate::cpu::product::Product;
use crate::cpu::shared::Shared;
use crate::cpu::softmax::GroupRow;
use crate::kind::KernelCell;

/// What the threads of a forward pass share. Each row of what is written belongs to the thread that takes it through
/// all steps.
pub(super) struct Steps<'a> {
    pub(super) kernels: &'static Kernels,
    pub(super) sizes: &'a DecoderSizes,
    pub(super) operands: &'a DecoderOperands<'a>,
    pub(super) packed: &'a PackedWeights,
    pub(super) saved: &'a DecoderSaved,
    pub(super) results: ResultPlaces,
}

/// Where the results go.
pub(super) struct ResultPlaces {
    /// `[batch, time, d_attended]`
    pub(super) attended: Shared,
    /// `[batch, time, source]`
    pub(super) weights: Shared,
    /// `[batch, d_hidden]`, and for an LSTM the cell states after them.
    pub(super) last: Shared,
}

/// The operands of the products of a step, of one thread's rows.
struct Own {
    /// The hidden state and the context side by side.
    joined: Lines,
    /// What the step before attended to.
    fed: Lines,
    /// Results of products.
    product: Lines,
}

impl Steps<'_> {
    /// All steps of some rows.
    ///
    /// # Safety
    ///
    /// The weights are packed, and no other thread works on these rows.
    pub(super) unsafe fn run(&self, rows: &Range<usize>) {
        let DecoderSizes {
            time,
            batch,
            d_hidden,
            d_attended,
            ..
        } = *self.sizes;
        let widest = self.sizes.columns().max(d_attended);
        let own = Own {
            joined: Lines::zeros(rows.len(), self.sizes.joined()),
            fed: Lines::zeros(rows.len(), d_attended),
            product: Lines::zeros(rows.len(), widest),
        };
        // SAFETY: all places are rows of this thread's own, inside buffers whose sizes were checked.
        unsafe {
            for (line, row) in rows.clone().enumerate() {
                let hidden = Shared::read(self.operands.hidden).at(row * d_hidden);
                own.joined.at(line).copy_from(hidden, d_hidden);
                let fed = Shared::read(self.operands.fed).at(row * d_attended);
                own.fed.at(line).copy_from(fed, d_attended);
            }
            self.project(rows);
            for t in 0..time {
                self.recur(rows, t, &own);
                self.attend(rows, t, &own);
                self.feed(rows, t, &own);
            }
            for (line, row) in rows.clone().enumerate() {
                let last = self.results.last.at(row * d_hidden);
                last.copy_from(own.joined.at(line), d_hidden);
                if self.sizes.cell == KernelCell::Lstm {
                    let cell = self.saved.cells.at((row * time + time - 1) * d_hidden);
                    last.add(batch * d_hidden).copy_from(cell, d_hidden);
                }
            }
        }
    }

    /// The embedded words' part of the gates, at all steps of some rows.
    ///
    /// # Safety
    ///
    /// As [`Steps::run`].
    unsafe fn project(&self, rows: &Range<usize>) {
        let DecoderSizes {
            time, d_embedded, ..
        } = *self.sizes;
        let columns = self.sizes.columns();
        let end = rows.end * time;
        for first in (rows.start * time..end).step_by(STEPS) {
            let embedded = Shared::read(self.operands.embedded).at(first * d_embedded);
            let product = Product::new(
                Left::rows(embedded, d_embedded),
                STEPS.min(end - first),
                &self.packed.embedded,
            );
            let target = Target {
                data: self.saved.gates.at(first * columns),
                row: columns,
                columns,
            };
            // SAFETY: steps of this thread's rows.
            unsafe { product.whole_to(target) };
        }
    }

    /// The cell: adds what was fed back to the gates, and steps from state to state.
    ///
    /// # Safety
    ///
    /// As [`Steps::run`].
    unsafe fn recur(&self, rows: &Range<usize>, t: usize, own: &Own) {
        let columns = self.sizes.columns();
        let gates = Target {
            data: self
                .saved
                .gates
                .at((rows.start * self.sizes.time + t) * columns),
            row: self.sizes.time * columns,
            columns,
        };
        let kernels = self.kernels;
        let step: ForwardFn = match self.sizes.cell {
            KernelCell::Lstm => kernels.lstm_forward_save,
            _ => kernels.gru_after_forward,
        };
        let (fed, hidden) = (own.fed.left(0), own.joined.left(0));
        let recurrent = own.product.target(0, columns);
        let count = rows.len();
        // SAFETY: the operands hold this thread's rows; every place is one of these rows.
        unsafe {
            Product::new(fed, count, &self.packed.fed)
                .accumulate(true)
                .whole_to(gates);
            Product::new(hidden, count, &self.packed.hidden).whole_to(recurrent);
            for (line, row) in rows.clone().enumerate() {
                step(&self.cell_row(row, t, line, own));
            }
        }
    }

    /// The pointers of one row's cell. The new hidden state takes the place of the old one.
    fn cell_row(&self, row: usize, t: usize, line: usize, own: &Own) -> ForwardRow {
        let DecoderSizes { time, d_hidden, .. } = *self.sizes;
        let at = row * time + t;
        let gates = self.saved.gates.at(at * self.sizes.columns());
        let cell_in = if t == 0 {
            Shared::read(self.operands.cell).at(row * d_hidden)
        } else {
            self.saved.cells.at((at - 1) * d_hidden)
        };
        let state = own.joined.at(line);
        ForwardRow {
            units: d_hidden,
            gate_stride: d_hidden,
            product: own.product.at(line),
            gates,
            next_gates: gates.wrapping_add(time * self.sizes.columns()),
            bias: self.operands.bias.as_ptr(),
            bias_candidate: self.operands.bias_candidate.as_ptr(),
            extra: self.saved.extra.at(at * d_hidden),
            hidden_in: state,
            hidden_out: state,
            output: self.saved.hidden.at(at * d_hidden),
            cell_in,
            cell_out: self.saved.cells.at(at * d_hidden),
        }
    }

    /// Weights and contexts of a step.
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
            if self.sizes.additive {
                let queries = Target {
                    data: self.saved.queries.at((rows.start * time + t) * d_key),
                    row: time * d_key,
                    columns: d_key,
                };
                let hidden = own.joined.left(0);
                Product::new(hidden, rows.len(), &self.packed.query).whole_to(queries);
            }
            for (line, row) in rows.clone().enumerate() {
                let at = row * time + t;
                let hidden = own.joined.at(line);
                let weights = self.results.weights.at(at * self.sizes.source);
                self.weigh(row, at, hidden, weights);
                let context = hidden.add(d_hidden);
                (self.kernels.weighted_sum)(&WeightedSum {
                    rows: Shared::read(self.operands.values).at(row * self.sizes.source * d_value),
                    count: self.operands.lengths[row],
                    width: d_value,
                    factors: weights,
                    factor_stride: 1,
                    out: context,
                });
                self.saved
                    .contexts
                    .at(at * d_value)
                    .copy_from(context, d_value);
            }
        }
    }

    /// The attention weights of step `at` of a row, whose hidden state is given.
    ///
    /// # Safety
    ///
    /// As [`Steps::run`], for this row.
    unsafe fn weigh(&self, row: usize, at: usize, hidden: *const f32, weights: *mut f32) {
        let DecoderSizes { source, d_key, .. } = *self.sizes;
        let count = self.operands.lengths[row];
        let keys = Shared::read(self.operands.keys).at(row * source * d_key);
        // SAFETY: a source has `count` of its `source` steps, and the weights have room for all of them.
        unsafe {
            if self.sizes.additive {
                (self.kernels.additive_scores)(&AdditiveRow {
                    steps: count,
                    width: d_key,
                    keys,
                    query: self.saved.queries.at(at * d_key),
                    energy: self.operands.energy.as_ptr(),
                    scores: weights,
                    d_keys: core::ptr::null_mut(),
                    d_query: core::ptr::null_mut(),
                    d_energy: core::ptr::null_mut(),
                });
            } else {
                (self.kernels.dots)(&DotsRow {
                    rows: keys,
                    count,
                    width: d_key,
                    vector: hidden,
                    out: weights,
                });
            }
            let (mut largest, mut sum) = (0.0, 0.0);
            let mut group = GroupRow {
                x: weights,
                panels: 1,
                width: count.next_multiple_of(self.kernels.lanes),
                stride: 0,
                columns: count,
                bias: core::ptr::null(),
                largest: &mut largest,
                sum: &mut sum,
                factor: 1.0,
            };
            (self.kernels.exponentials)(&group);
            group.factor = 1.0 / *group.sum;
            (self.kernels.scale)(&group);
            weights.add(count).write_bytes(0, source - count);
        }
    }

    /// What a step attended to, as its output and as the next step's input.
    ///
    /// # Safety
    ///
    /// As [`Steps::run`].
    unsafe fn feed(&self, rows: &Range<usize>, t: usize, own: &Own) {
        let DecoderSizes {
            time, d_attended, ..
        } = *self.sizes;
        let (joined, target) = (own.joined.left(0), own.product.target(0, d_attended));
        // SAFETY: the operands hold this thread's rows; every place is one of these rows.
        unsafe {
            Product::new(joined, rows.len(), &self.packed.attended).whole_to(target);
            for (line, row) in rows.clone().enumerate() {
                (self.kernels.attended_forward)(&AttendedRow {
                    width: d_attended,
                    product: own.product.at(line),
                    bias: self.operands.b_attended.as_ptr(),
                    fed: own.fed.at(line),
                    output: self.results.attended.at((row * time + t) * d_attended),
                });
            }
        }
    }
}
