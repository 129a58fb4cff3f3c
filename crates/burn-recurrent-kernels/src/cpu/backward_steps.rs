//! The steps of a backward recurrence: gradients of gates and states of some rows and hidden units.

use core::ops::Range;
use core::ptr::null_mut;

use super::cell::{Saved, States};
use super::cells::{BackwardFn, BackwardRow, gru};
use super::grid::Member;
use super::kernels::Kernels;
use super::matrix::Left;
use super::pack::Packed;
use super::product::Product;
use super::schedule::Schedule;
use super::scratch::{Numbers, Scratch, padded};
use super::shared::Shared;
use super::sizes::Sizes;
use crate::kind::KernelCell;

/// Everything that the threads of a backward recurrence share.
pub(crate) struct Steps<'a> {
    pub(crate) kernels: &'static Kernels,
    pub(crate) schedule: &'a Schedule,
    pub(crate) sizes: Sizes,
    /// By member of a row group, `[gates * d_hidden, units]`: the transposed recurrent weights of the gates of both of
    /// [`Sizes::parts`].
    pub(crate) packed: &'a [[Packed; 2]],
    pub(crate) saved: &'a Saved,
    pub(crate) operand: &'a Operand,
    pub(crate) given: Given<'a>,
    pub(crate) d_states: DStatePlaces,
}

// SAFETY: the raw pointers are read-only or shared as `Shared` describes.
unsafe impl Sync for Steps<'_> {}

/// What the steps read and nobody writes.
pub(crate) struct Given<'a> {
    /// `[batch, time, d_hidden]`, in the schedule's layout.
    pub(crate) d_output: Shared,
    /// Gradients of the final states, `[batch, d_hidden]`, or null.
    pub(crate) d_hidden_last: Shared,
    pub(crate) d_cell_last: Shared,
    /// LSTM: the cell states before the first step, `[batch, d_hidden]`, or null.
    pub(crate) cell_start: Shared,
    /// The hidden state that each real step started from: `[steps]` pointers to `[d_hidden]`.
    pub(crate) previous: &'a [Shared],
}

/// Gates' gradients as the left operand of the recurrent product: rows by position. At each step a member writes its
/// own units of its own rows, and reads, from one barrier of its row group to the next, all units.
pub(crate) struct Operand {
    /// `[batch, gates * d_hidden]` for even and odd steps: one is read while the other is written.
    gates: [Scratch; 2],
    /// Distance between rows.
    row: usize,
}

impl Operand {
    pub(crate) fn new(batch: usize, columns: usize) -> Self {
        let row = padded(columns);
        Self {
            gates: [Scratch::new(batch * row), Scratch::new(batch * row)],
            row,
        }
    }
}

/// Gradients of the states before the first step, each row and unit written by the thread whose it is.
pub(crate) struct DStates {
    /// `[batch, d_hidden]`. Those of the final states at first, which rows without steps keep.
    pub(crate) hidden: Numbers,
    /// LSTM: `[batch, d_hidden]`, likewise.
    pub(crate) cell: Numbers,
}

impl DStates {
    pub(crate) fn new(schedule: &Schedule, sizes: Sizes, last: States) -> Self {
        let initial = |state: Option<&[f32]>| match state {
            Some(state) => Numbers::from(state),
            None => Numbers::zeros(schedule.batch * sizes.d_hidden),
        };
        Self {
            hidden: initial(last.hidden),
            cell: if sizes.cell == KernelCell::Lstm {
                initial(last.cell)
            } else {
                Numbers::zeros(0)
            },
        }
    }

    pub(crate) fn places(&mut self) -> DStatePlaces {
        DStatePlaces {
            hidden: Shared(self.hidden.as_mut_ptr()),
            cell: Shared(self.cell.as_mut_ptr()),
        }
    }
}

/// Where [`DStates`] are.
pub(crate) struct DStatePlaces {
    hidden: Shared,
    cell: Shared,
}

/// One thread's gradients on their way from step to step, `[rows, units]` each, with room for a whole tile beyond.
struct Carried {
    /// Of the hidden state, from the following step.
    hidden: Scratch,
    /// LSTM: of the cell state, likewise.
    cell: Scratch,
    /// GRU with the reset before the product: of `r * h`, within a step.
    reset: Scratch,
    /// Distance between rows.
    row: usize,
}

impl Carried {
    fn new(steps: &Steps, member: Member) -> Self {
        let row = padded(member.units.len() + 8 * steps.kernels.lanes);
        let numbers = member.rows.len() * row;
        let only = |wanted| if wanted { numbers } else { 0 };
        let cell = steps.sizes.cell;
        Self {
            hidden: Scratch::zeros(numbers),
            cell: Scratch::zeros(only(cell == KernelCell::Lstm)),
            reset: Scratch::new(only(cell == KernelCell::GruResetBefore)),
            row,
        }
    }
}

/// One step of a row group.
struct Step<'a> {
    /// In the order of the input.
    t: usize,
    /// Positions of the rows at work.
    active: Range<usize>,
    /// This step's operand of [`Operand`].
    operand: &'a Scratch,
}

impl Steps<'_> {
    /// All steps of a member, last step first.
    ///
    /// # Safety
    ///
    /// All members of a row group call this, after the weights are packed.
    pub(crate) unsafe fn recur(&self, member: Member) {
        let carried = Carried::new(self, member);
        let step_fn = self.step_fn();
        let cell = self.sizes.cell;
        let gru = matches!(cell, KernelCell::GruResetAfter | KernelCell::GruResetBefore);
        let [main, second] = &self.packed[member.index];
        for number in (0..self.schedule.time).rev() {
            let t = self.schedule.time_of(number);
            let active = self.schedule.active(member.rows, t);
            if active.is_empty() {
                continue;
            }
            let count = active.len();
            let step = Step {
                t,
                active,
                operand: &self.operand.gates[number % 2],
            };
            // SAFETY: rows and units are this thread's own; gradients of the other units' gates were
            // written before the last barrier, and the next step writes to the other buffer.
            unsafe {
                self.differentiate(member, &step, &carried, step_fn);
                member.barrier.wait();
                if cell == KernelCell::GruResetBefore {
                    let left = self.left(&step, gru::NEW * self.sizes.d_hidden);
                    Product::new(left, count, second).whole(carried.reset.ptr(), carried.row);
                    self.differentiate_reset(member, &step, &carried);
                    member.barrier.wait();
                }
                Product::new(self.left(&step, 0), count, main)
                    .accumulate(gru)
                    .whole(carried.hidden.ptr(), carried.row);
            }
        }
        // SAFETY: these rows and units are this thread's own.
        unsafe { self.leave(member, &carried) };
    }

    /// The cell's function of a row's step, the first one where it has two.
    fn step_fn(&self) -> BackwardFn {
        let kernels = self.kernels;
        match self.sizes.cell {
            KernelCell::RnnTanh => kernels.rnn_tanh_backward,
            KernelCell::RnnRelu => kernels.rnn_relu_backward,
            KernelCell::GruResetAfter => kernels.gru_after_backward,
            KernelCell::GruResetBefore => kernels.gru_before_update,
            KernelCell::Lstm => kernels.lstm_backward,
        }
    }

    /// Gradients of the gates of the active rows; with the reset before the product, of all but the reset gate.
    ///
    /// # Safety
    ///
    /// The rows and units are this thread's.
    unsafe fn differentiate(
        &self,
        member: Member,
        step: &Step,
        carried: &Carried,
        step_fn: BackwardFn,
    ) {
        let count = member.units.len();
        for position in step.active.clone() {
            let row = self.row(member, step, position, carried);
            let index = self.schedule.order[position];
            // SAFETY: passed on; gradients of final states have all rows and units.
            unsafe {
                if self.schedule.is_last(index, step.t) {
                    let own = index * self.sizes.d_hidden + member.units.start;
                    let Given {
                        d_hidden_last,
                        d_cell_last,
                        ..
                    } = self.given;
                    if !d_hidden_last.is_null() {
                        row.d_hidden.copy_from(d_hidden_last.at(own), count);
                    }
                    if self.sizes.cell == KernelCell::Lstm && !d_cell_last.is_null() {
                        row.d_cell.copy_from(d_cell_last.at(own), count);
                    }
                }
                step_fn(&row);
            }
        }
    }

    /// Gradients of the reset gates of the active rows.
    ///
    /// # Safety
    ///
    /// The rows and units are this thread's; the gradients of `r * h` are there.
    unsafe fn differentiate_reset(&self, member: Member, step: &Step, carried: &Carried) {
        for position in step.active.clone() {
            // SAFETY: passed on.
            unsafe {
                (self.kernels.gru_before_backward)(&self.row(member, step, position, carried));
            }
        }
    }

    /// Leaves the gradients of the states before the first step, of rows that had steps.
    ///
    /// # Safety
    ///
    /// The rows and units are this thread's.
    unsafe fn leave(&self, member: Member, carried: &Carried) {
        let count = member.units.len();
        for position in member.rows.clone() {
            let index = self.schedule.order[position];
            if self.schedule.lengths[index] == 0 {
                continue;
            }
            let at = (position - member.rows.start) * carried.row;
            let own = index * self.sizes.d_hidden + member.units.start;
            // SAFETY: passed on.
            unsafe {
                let hidden = self.d_states.hidden.at(own);
                hidden.copy_from(carried.hidden.at(at), count);
                if self.sizes.cell == KernelCell::Lstm {
                    let cell = self.d_states.cell.at(own);
                    cell.copy_from(carried.cell.at(at), count);
                }
            }
        }
    }

    /// The gates' gradients of the active rows from `column` on, as the left operand of a product.
    fn left(&self, step: &Step, column: usize) -> Left {
        let row = self.operand.row;
        Left::rows(step.operand.at(step.active.start * row + column), row)
    }

    /// The pointers of one row's step.
    #[inline]
    fn row(&self, member: Member, step: &Step, position: usize, carried: &Carried) -> BackwardRow {
        let (schedule, d_hidden) = (self.schedule, self.sizes.d_hidden);
        let columns = self.sizes.columns();
        let Saved {
            gates,
            cells,
            extra,
        } = self.saved;
        let index = schedule.order[position];
        let compact = schedule.compact(index, step.t);
        let first = member.units.start;
        let cell = self.sizes.cell;
        let cell_in = match schedule.previous(index, step.t) {
            Some(t) => cells.at(schedule.compact(index, t) * d_hidden + first),
            None if self.given.cell_start.is_null() => null_mut(),
            None => self.given.cell_start.at(index * d_hidden + first),
        };
        // Past the last row this is one that has no such step, which does not matter.
        let next = *schedule.order.get(position + 1).unwrap_or(&index);
        let next_compact = schedule.compact(next, step.t);
        let next_full = schedule.full(next, step.t);
        let at = (position - member.rows.start) * carried.row;
        let only = |data: &Scratch, wanted| data.at(if wanted { at } else { 0 });
        let d_output = self.given.d_output;
        BackwardRow {
            units: member.units.len(),
            gate_stride: d_hidden,
            gates: gates.at(compact * columns + first),
            next_gates: gates.at(next_compact * columns + first),
            next_d_output: d_output.at(next_full * d_hidden + first),
            next_cell: cells.at(next_compact * d_hidden + first),
            operand: step.operand.at(position * self.operand.row + first),
            extra: extra.at(compact * d_hidden + first),
            d_output: d_output.at(schedule.full(index, step.t) * d_hidden + first),
            d_reset: only(&carried.reset, cell == KernelCell::GruResetBefore),
            d_hidden: carried.hidden.at(at),
            d_cell: only(&carried.cell, cell == KernelCell::Lstm),
            hidden_in: self.given.previous[compact].at(first),
            cell_in,
            cell: cells.at(compact * d_hidden + first),
            no_state_in: cell == KernelCell::Lstm && cell_in.is_null(),
        }
    }
}
