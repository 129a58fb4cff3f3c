//! The steps of a backward recurrence: gradients of gates and states of some rows and hidden units.

use core::ops::Range;

use super::cells::{BackwardFn, BackwardRow};
use super::kernels::Kernels;
use super::pack::Packed;
use super::pool::Barrier;
use super::product::{Left, multiply};
use super::schedule::Schedule;
use super::scratch::Scratch;
use super::shared::{Shared, Sizes, padded};
use crate::kind::Cell;

/// Everything that the threads of a backward recurrence share.
pub(crate) struct Shape<'a> {
    pub(crate) kernels: &'static Kernels,
    pub(crate) schedule: &'a Schedule,
    pub(crate) sizes: Sizes,
    pub(crate) packed: &'a [[Packed; 2]],
    pub(crate) gates: Shared,
    pub(crate) extra: Shared,
    pub(crate) cells: Shared,
    /// Gate gradients by position, for odd and even steps.
    pub(crate) operands: [Shared; 2],
    pub(crate) operand_row: usize,
    /// The hidden state that each real step started from.
    pub(crate) previous: &'a [Shared],
    pub(crate) d_output: Shared,
    pub(crate) d_hidden_last: Shared,
    pub(crate) d_cell_last: Shared,
    pub(crate) cell_start: Shared,
    pub(crate) d_hidden: Shared,
    pub(crate) d_cell: Shared,
}

// SAFETY: the raw pointers are read-only or shared as `Shared` describes.
unsafe impl Sync for Shape<'_> {}

impl Shape<'_> {
    /// The steps of some rows and units, last step first.
    ///
    /// # Safety
    ///
    /// All members of a row group call this with the same rows and barrier, each with its own units,
    /// after the weights are packed.
    pub(crate) unsafe fn recur(
        &self,
        rows: &Range<usize>,
        member: usize,
        units: &Range<usize>,
        barrier: &Barrier,
    ) {
        let kernels = self.kernels;
        let Sizes { cell, d_hidden, .. } = self.sizes;
        let count = units.len();
        let row_len = padded(count + 8 * kernels.lanes);
        let lstm = cell == Cell::Lstm;
        let before = cell == Cell::GruResetBefore;
        let gru = before || cell == Cell::GruResetAfter;
        // The gradient of the hidden state from the following step, and that of the cell state.
        let carry = Scratch::zeros(rows.len() * row_len);
        let d_cell = Scratch::zeros(if lstm { rows.len() * row_len } else { 0 });
        let d_reset = Scratch::new(if before { rows.len() * row_len } else { 0 });
        let step_fn: BackwardFn = match cell {
            Cell::RnnTanh => kernels.rnn_tanh_backward,
            Cell::RnnRelu => kernels.rnn_relu_backward,
            Cell::GruResetAfter => kernels.gru_after_backward,
            Cell::GruResetBefore => kernels.gru_before_update,
            Cell::Lstm => kernels.lstm_backward,
        };
        for step in (0..self.schedule.time).rev() {
            let t = self.schedule.time_of(step);
            let active = self.schedule.active(rows, t);
            if active.is_empty() {
                continue;
            }
            let operand = self.operands[step % 2];
            // SAFETY: rows and units are this thread's own; gradients of the other units' gates were
            // written before the last barrier, and the next step writes to the other buffer.
            unsafe {
                let pointers = |position: usize| {
                    let at = (position - rows.start) * row_len;
                    let d_reset = d_reset.ptr().wrapping_add(if before { at } else { 0 });
                    let d_cell = d_cell.ptr().wrapping_add(if lstm { at } else { 0 });
                    self.row(
                        position,
                        t,
                        units,
                        operand,
                        carry.ptr().add(at),
                        d_cell,
                        d_reset,
                    )
                };
                for position in active.clone() {
                    let row = pointers(position);
                    let index = self.schedule.order[position];
                    if self.schedule.is_last(index, t) {
                        let own = index * d_hidden + units.start;
                        if !self.d_hidden_last.is_null() {
                            row.d_hidden.copy_from(self.d_hidden_last.at(own), count);
                        }
                        if lstm && !self.d_cell_last.is_null() {
                            row.d_cell.copy_from(self.d_cell_last.at(own), count);
                        }
                    }
                    step_fn(&row);
                }
                barrier.wait();
                let left = |column: usize| Left {
                    data: operand.at(active.start * self.operand_row + column),
                    row: self.operand_row,
                    k: 1,
                };
                let [main, second] = &self.packed[member];
                if before {
                    let out = d_reset.ptr();
                    let left = left(2 * d_hidden);
                    multiply(kernels, left, second, active.len(), out, row_len, false);
                    for position in active.clone() {
                        (kernels.gru_before_backward)(&pointers(position));
                    }
                    barrier.wait();
                }
                multiply(
                    kernels,
                    left(0),
                    main,
                    active.len(),
                    carry.ptr(),
                    row_len,
                    gru,
                );
            }
        }
        for position in rows.clone() {
            let index = self.schedule.order[position];
            if self.schedule.lengths[index] == 0 {
                continue;
            }
            let at = (position - rows.start) * row_len;
            let own = index * d_hidden + units.start;
            // SAFETY: these rows and units are this thread's own.
            unsafe {
                self.d_hidden.at(own).copy_from(carry.ptr().add(at), count);
                if lstm {
                    self.d_cell.at(own).copy_from(d_cell.ptr().add(at), count);
                }
            }
        }
    }

    /// The pointers of one row's step.
    #[expect(clippy::too_many_arguments)]
    fn row(
        &self,
        position: usize,
        t: usize,
        units: &Range<usize>,
        operand: Shared,
        d_hidden: *mut f32,
        d_cell: *mut f32,
        d_reset: *const f32,
    ) -> BackwardRow {
        let hidden = self.sizes.d_hidden;
        let index = self.schedule.order[position];
        let compact = self.schedule.compact(index, t);
        let first = units.start;
        let previous = self.schedule.previous(index, t);
        let lstm = self.sizes.cell == Cell::Lstm;
        let cell_in = match previous {
            Some(t) => self
                .cells
                .at(self.schedule.compact(index, t) * hidden + first),
            None if self.cell_start.is_null() => core::ptr::null_mut(),
            None => self.cell_start.at(index * hidden + first),
        };
        // Past the last row this is one that has no such step, which does not matter.
        let next = *self.schedule.order.get(position + 1).unwrap_or(&index);
        let next_compact = self.schedule.compact(next, t);
        let next_full = self.schedule.full(next, t);
        BackwardRow {
            units: units.len(),
            gate_stride: hidden,
            gates: self.gates.at(compact * self.sizes.columns() + first),
            next_gates: self.gates.at(next_compact * self.sizes.columns() + first),
            next_d_output: self.d_output.at(next_full * hidden + first),
            next_cell: self.cells.at(next_compact * hidden + first),
            operand: operand.at(position * self.operand_row + first),
            extra: self.extra.at(compact * hidden + first),
            d_output: self
                .d_output
                .at(self.schedule.full(index, t) * hidden + first),
            d_reset,
            d_hidden,
            d_cell,
            hidden_in: self.previous[compact].at(first),
            cell_in,
            cell: self.cells.at(compact * hidden + first),
            no_state_in: lstm && cell_in.is_null(),
        }
    }
}
