//! The steps of a forward recurrence: product, gates and state of some rows and hidden units.

use core::ops::Range;

use super::cells::{ForwardFn, ForwardRow};
use super::kernels::Kernels;
use super::pack::{Packed, Source};
use super::pool::{Barrier, share};
use super::product::{Left, multiply, multiply_unpacked};
use super::projection::Projection;
use super::schedule::Schedule;
use super::scratch::Scratch;
use super::shared::{Shared, Sizes, padded};
use crate::kind::Cell;

/// Everything that the threads of a forward recurrence share.
pub(crate) struct Shape<'a> {
    pub(crate) kernels: &'static Kernels,
    pub(crate) schedule: &'a Schedule,
    pub(crate) sizes: Sizes,
    pub(crate) save: bool,
    /// What the gates get their input projection from, where it is not there from the start.
    pub(crate) projection: Option<&'a Projection<'a>>,
    pub(crate) packed: &'a [[Packed; 2]],
    pub(crate) w_hh: Source,
    /// Recurrent products by position, `[batch, gates * d_hidden]`, where the weights are used where
    /// they are.
    pub(crate) products: Shared,
    /// Whether the first step's are computed by [`Shape::begin`].
    pub(crate) products_begun: bool,
    pub(crate) gates: Shared,
    pub(crate) bias: Shared,
    pub(crate) bias_candidate: Shared,
    pub(crate) extra: Shared,
    /// Hidden states by position, for odd and even steps.
    pub(crate) states: [Shared; 2],
    /// GRU with the reset before the product: `r * h` by position.
    pub(crate) reset: Shared,
    /// Distance between rows of `states` and `reset`.
    pub(crate) state_row: usize,
    pub(crate) has_state: bool,
    pub(crate) cells: Shared,
    pub(crate) cell_start: Shared,
    pub(crate) zeros: Shared,
    pub(crate) output: Shared,
    pub(crate) hidden: Shared,
    pub(crate) cell: Shared,
}

// SAFETY: the raw pointers are read-only or shared as `Shared` describes.
unsafe impl Sync for Shape<'_> {}

/// Where a recurrent product comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// There is no state to multiply.
    Zero,
    /// [`Shape::begin`] has computed it.
    Begun,
    /// It is computed when it is needed.
    Here,
}

impl Shape<'_> {
    /// The steps of some rows and units.
    ///
    /// # Safety
    ///
    /// All members of a row group call this with the same rows and barrier, each with its own units,
    /// after the weights are packed, and the gate buffer holds the input projection where there is no
    /// `projection`.
    pub(crate) unsafe fn recur(
        &self,
        group: usize,
        rows: &Range<usize>,
        member: usize,
        units: &Range<usize>,
        barrier: &Barrier,
    ) {
        let kernels = self.kernels;
        let count = units.len();
        let product_row = padded(self.sizes.cell.gates() * count + 8 * kernels.lanes);
        let product = Scratch::new(rows.len() * product_row);
        let before = self.sizes.cell == Cell::GruResetBefore;
        let step_fn: ForwardFn = match (self.sizes.cell, self.save) {
            (Cell::RnnTanh, _) => kernels.rnn_tanh_forward,
            (Cell::RnnRelu, _) => kernels.rnn_relu_forward,
            (Cell::GruResetAfter, _) => kernels.gru_after_forward,
            (Cell::GruResetBefore, _) => kernels.gru_before_forward,
            (Cell::Lstm, true) => kernels.lstm_forward_save,
            (Cell::Lstm, false) => kernels.lstm_forward,
        };
        for step in 0..self.schedule.time {
            let t = self.schedule.time_of(step);
            if let Some(projection) = self.projection {
                // SAFETY: its rows are computed here and in `help` alone, before they are read.
                unsafe { projection.ensure(group, step) };
            }
            let active = self.schedule.active(rows, t);
            if active.is_empty() {
                continue;
            }
            // SAFETY: rows and units are this thread's own; hidden states of the other units were
            // written before the last barrier, and are written again into the other buffer.
            unsafe {
                let origin = match step {
                    0 if !self.has_state => Origin::Zero,
                    0 if self.products_begun => Origin::Begun,
                    _ => Origin::Here,
                };
                let state = self.states[step % 2];
                self.product(
                    0,
                    member,
                    units,
                    barrier,
                    state,
                    &active,
                    origin,
                    &product,
                    product_row,
                );
                if before {
                    for position in active.clone() {
                        let mut row =
                            self.row(position, t, step, units, rows, &product, product_row);
                        row.hidden_out = self.reset.at(position * self.state_row + units.start);
                        (kernels.gru_before_reset)(&row);
                    }
                    barrier.wait();
                    self.product(
                        1,
                        member,
                        units,
                        barrier,
                        self.reset,
                        &active,
                        match origin {
                            Origin::Zero => Origin::Zero,
                            Origin::Begun | Origin::Here => Origin::Here,
                        },
                        &product,
                        product_row,
                    );
                }
                for position in active {
                    let mut row = self.row(position, t, step, units, rows, &product, product_row);
                    if before {
                        row.product = row.product.add(count);
                    }
                    step_fn(&row);
                    let index = self.schedule.order[position];
                    if self.schedule.is_last(index, t) {
                        let to = index * self.sizes.d_hidden + units.start;
                        self.hidden.at(to).copy_from(row.output, count);
                        if !self.cell.is_null() && self.save && self.sizes.cell == Cell::Lstm {
                            self.cell.at(to).copy_from(row.cell_out, count);
                        }
                    }
                }
            }
            barrier.wait();
        }
    }

    /// The recurrent product of the active rows for one part of the gates.
    ///
    /// # Safety
    ///
    /// All members of a row group call this, with the same `barrier` and rows; `member` and `units` are
    /// the calling thread's. `left` holds the active rows, which no thread
    /// writes meanwhile; `product` has room for as many rows, `product_row` apart, of all gates of
    /// the units and a whole tile beyond. Where it was begun, all members have waited for that.
    #[expect(clippy::too_many_arguments)]
    unsafe fn product(
        &self,
        part: usize,
        member: usize,
        units: &Range<usize>,
        barrier: &Barrier,
        left: Shared,
        active: &Range<usize>,
        origin: Origin,
        product: &Scratch,
        product_row: usize,
    ) {
        let parts = self.sizes.parts();
        // SAFETY: the scratch has room for all rows and gates of this thread; see `recur`.
        unsafe {
            let out = product.ptr().add(parts[0].len() * units.len() * part);
            if origin == Origin::Zero {
                for row in 0..active.len() {
                    out.add(row * product_row)
                        .write_bytes(0, parts[part].len() * units.len());
                }
                return;
            }
            match self.packed.get(member) {
                Some(packed) => {
                    let packed = &packed[part];
                    let left = self.left(left, active);
                    multiply(
                        self.kernels,
                        left,
                        packed,
                        active.len(),
                        out,
                        product_row,
                        false,
                    );
                }
                None => {
                    if origin == Origin::Here {
                        self.product_in_place(part, member, barrier.size(), left, active);
                        barrier.wait();
                    }
                    let (gates, hidden) = (&parts[part], self.sizes.d_hidden);
                    let all = self.sizes.columns();
                    let to = self.products.at(active.start * all);
                    for row in 0..active.len() {
                        for (i, gate) in gates.clone().enumerate() {
                            let from = to.add(row * all + gate * hidden + units.start);
                            out.add(row * product_row + i * units.len())
                                .copy_from_nonoverlapping(from, units.len());
                        }
                    }
                }
            }
        }
    }

    /// One member's columns of the recurrent product of the active rows, for one part of the gates, into
    /// `products`, with the weights where they are.
    ///
    /// # Safety
    ///
    /// As [`Shape::product`], of `members` members; nobody reads these rows of `products` meanwhile.
    unsafe fn product_in_place(
        &self,
        part: usize,
        member: usize,
        members: usize,
        left: Shared,
        active: &Range<usize>,
    ) {
        let (gates, hidden) = (&self.sizes.parts()[part], self.sizes.d_hidden);
        // Columns that are neighbours come faster than those of a thread's units.
        let mut columns = share(
            gates.len() * hidden,
            8 * self.kernels.lanes,
            member,
            members,
        );
        columns.start += gates.start * hidden;
        columns.end += gates.start * hidden;
        let all = self.sizes.columns();
        // SAFETY: passed on.
        unsafe {
            multiply_unpacked(
                self.kernels,
                self.left(left, active),
                self.w_hh,
                hidden,
                columns.clone(),
                active.len(),
                self.products.at(active.start * all + columns.start),
                all,
            );
        }
    }

    /// The first step's recurrent product, for as much of it as needs no gate: where `products_begun` says so.
    ///
    /// # Safety
    ///
    /// All members of a row group of `members` call this once, with the same rows, and wait for one another before
    /// they [`recur`](Self::recur); `states[0]` holds the initial states. Neither packed weights nor the input
    /// projection need be there.
    pub(crate) unsafe fn begin(&self, rows: &Range<usize>, member: usize, members: usize) {
        let active = self.schedule.active(rows, self.schedule.time_of(0));
        if !active.is_empty() {
            // SAFETY: passed on; nobody reads a product before all members are here.
            unsafe { self.product_in_place(0, member, members, self.states[0], &active) };
        }
    }

    /// The active rows of `states` as the left operand of a product.
    fn left(&self, states: Shared, active: &Range<usize>) -> Left {
        Left {
            data: states.at(active.start * self.state_row),
            row: self.state_row,
            k: 1,
        }
    }

    /// The pointers of one row's step.
    ///
    /// # Safety
    ///
    /// `position` is in `rows`, for which `product` has room, `product_row` numbers each.
    #[expect(clippy::too_many_arguments)]
    unsafe fn row(
        &self,
        position: usize,
        t: usize,
        step: usize,
        units: &Range<usize>,
        rows: &Range<usize>,
        product: &Scratch,
        product_row: usize,
    ) -> ForwardRow {
        let hidden = self.sizes.d_hidden;
        let index = self.schedule.order[position];
        let compact = self.schedule.compact(index, t);
        let first = units.start;
        let place = |base: Shared, at: usize| {
            if base.is_null() {
                core::ptr::null_mut()
            } else {
                base.at(at)
            }
        };
        let own = index * hidden + first;
        let (cell_in, cell_out) = if self.sizes.cell != Cell::Lstm {
            (core::ptr::null_mut(), core::ptr::null_mut())
        } else if !self.save {
            (self.cell.at(own), self.cell.at(own))
        } else {
            let cell_in = match self.schedule.previous(index, t) {
                Some(t) => self
                    .cells
                    .at(self.schedule.compact(index, t) * hidden + first),
                None if self.cell_start.is_null() => self.zeros.at(first),
                None => self.cell_start.at(own),
            };
            (cell_in, self.cells.at(compact * hidden + first))
        };
        let state = position * self.state_row + first;
        // Past the last row this is one that has no such step, which does not matter.
        let next = self.schedule.order.get(position + 1).unwrap_or(&index);
        let next = self.schedule.compact(*next, t);
        ForwardRow {
            units: units.len(),
            gate_stride: hidden,
            // SAFETY: the row is one of this thread's, for which the scratch has room.
            product: unsafe { product.ptr().add((position - rows.start) * product_row) },
            gates: self.gates.at(compact * self.sizes.columns() + first),
            next_gates: self.gates.at(next * self.sizes.columns() + first),
            bias: place(self.bias, first),
            bias_candidate: place(self.bias_candidate, first),
            extra: place(self.extra, compact * hidden + first),
            hidden_in: self.states[step % 2].at(state),
            hidden_out: self.states[(step + 1) % 2].at(state),
            output: self
                .output
                .at(self.schedule.full(index, t) * hidden + first),
            cell_in,
            cell_out,
        }
    }
}
