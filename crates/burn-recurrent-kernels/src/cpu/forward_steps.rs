//! The steps of a forward recurrence: product, gates and state of some rows and hidden units.

use core::ops::Range;
use core::ptr::null_mut;

use super::cell::Saved;
use super::cells::{ForwardFn, ForwardRow};
use super::grid::Member;
use super::kernels::Kernels;
use super::matrix::Source;
use super::pack::Packed;
use super::parts::share;
use super::product::Product;
use super::projection::Projection;
use super::schedule::Schedule;
use super::scratch::{Scratch, padded};
use super::shared::Shared;
use super::sizes::Sizes;
use super::state_rows::StateRows;
use super::unpacked::Unpacked;
use crate::kind::KernelCell;

/// The gates whose recurrent product comes first, in [`Sizes::parts`].
const FIRST: usize = 0;
/// The gate that waits for a reset.
const AFTER_RESET: usize = 1;

/// Everything that the threads of a forward recurrence share.
pub(crate) struct Steps<'a> {
    pub(crate) kernels: &'static Kernels,
    pub(crate) schedule: &'a Schedule,
    pub(crate) sizes: Sizes,
    /// Whether a backward pass follows, for which gates and cell states are kept.
    pub(crate) save: bool,
    /// What the gates get their input projection from, where it is not there from the start.
    pub(crate) projection: Option<&'a Projection<'a>>,
    pub(crate) weights: RecurrentWeights<'a>,
    pub(crate) saved: &'a Saved,
    pub(crate) states: &'a StateRows,
    /// LSTM: the cell states before the first step, `[batch, d_hidden]`; null where they are zeros.
    pub(crate) cell_start: Shared,
    /// `[d_hidden]`
    pub(crate) zeros: Shared,
    pub(crate) last: LastPlaces,
}

// SAFETY: the raw pointers are read-only or shared as `Shared` describes.
unsafe impl Sync for Steps<'_> {}

/// What the gates need besides the input, and the products where all members of a row group make them together.
pub(crate) struct RecurrentWeights<'a> {
    /// By member of a row group, `[d_hidden, gates * units]`: the gates of both of [`Sizes::parts`]. Read at every step,
    /// by that member. Empty where the weights are used where they are.
    pub(crate) packed: &'a [[Packed; 2]],
    /// `[d_hidden, gates * d_hidden]`
    pub(crate) w_hh: Source,
    /// `[batch, gates * d_hidden]` by position, without packed weights: each member writes some columns, and, when all
    /// have, reads those of its units.
    pub(crate) products: &'a Scratch,
    /// Whether the first step's are computed by [`Steps::begin`].
    pub(crate) begun: bool,
    /// `[gates * d_hidden]`, or null.
    pub(crate) bias: Shared,
    /// `[d_hidden]`, or null.
    pub(crate) bias_candidate: Shared,
}

/// Where the results go; each row and unit is written by the thread whose it is.
pub(crate) struct LastPlaces {
    /// `[batch, time, d_hidden]`, in the schedule's layout.
    pub(crate) output: Shared,
    /// `[batch, d_hidden]`
    pub(crate) hidden: Shared,
    /// LSTM: `[batch, d_hidden]`. Where nothing is saved it is also the cell state on its way from step to step.
    pub(crate) cell: Shared,
}

/// One step of a row group.
struct Step {
    /// In the order of computation.
    number: usize,
    /// In the order of the input.
    t: usize,
    /// Positions of the rows at work.
    active: Range<usize>,
}

/// Recurrent products of one thread.
struct Products {
    /// `[rows, gates * units]`, with room for a whole tile beyond.
    data: Scratch,
    row: usize,
}

impl Products {
    /// Where the products of some row of the thread start.
    fn at(&self, row: usize) -> *mut f32 {
        self.data.at(row * self.row)
    }
}

/// Where a recurrent product comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// There is no state to multiply.
    Zero,
    /// [`Steps::begin`] has computed it.
    Begun,
    /// It is computed when it is needed.
    Here,
}

impl Origin {
    /// Where that of the gate that waits for a reset comes from, which cannot be begun earlier.
    fn after_reset(self) -> Self {
        match self {
            Origin::Zero => Origin::Zero,
            Origin::Begun | Origin::Here => Origin::Here,
        }
    }
}

impl Steps<'_> {
    /// All steps of a member.
    ///
    /// # Safety
    ///
    /// All members of a row group call this, after the weights are packed; the gate buffer holds the input
    /// projection where there is no `projection`.
    pub(crate) unsafe fn recur(&self, member: Member) {
        let row = padded(self.sizes.cell.gates() * member.units.len() + 8 * self.kernels.lanes);
        let products = Products {
            data: Scratch::new(member.rows.len() * row),
            row,
        };
        let step_fn = self.step_fn();
        let before = self.sizes.cell == KernelCell::GruResetBefore;
        for number in 0..self.schedule.time {
            let t = self.schedule.time_of(number);
            if let Some(projection) = self.projection {
                // SAFETY: its rows are computed here and in `help` alone, before they are read.
                unsafe { projection.ensure(member.group, number) };
            }
            let active = self.schedule.active(member.rows, t);
            if active.is_empty() {
                continue;
            }
            let step = Step { number, t, active };
            let origin = self.origin(number);
            let states = self.states.of(number);
            // SAFETY: rows and units are this thread's own; hidden states of the other units were
            // written before the last barrier, and are written again into the other buffer.
            unsafe {
                self.product(FIRST, member, &step.active, states, origin, &products);
                if before {
                    self.reset(member, &step, &products);
                    member.barrier.wait();
                    let (states, origin) = (&self.states.reset, origin.after_reset());
                    self.product(AFTER_RESET, member, &step.active, states, origin, &products);
                }
                self.update(member, &step, &products, step_fn);
            }
            member.barrier.wait();
        }
    }

    /// The cell's function of a row's step.
    fn step_fn(&self) -> ForwardFn {
        let kernels = self.kernels;
        match (self.sizes.cell, self.save) {
            (KernelCell::RnnTanh, _) => kernels.rnn_tanh_forward,
            (KernelCell::RnnRelu, _) => kernels.rnn_relu_forward,
            (KernelCell::GruResetAfter, _) => kernels.gru_after_forward,
            (KernelCell::GruResetBefore, _) => kernels.gru_before_forward,
            (KernelCell::Lstm, true) => kernels.lstm_forward_save,
            (KernelCell::Lstm, false) => kernels.lstm_forward,
        }
    }

    /// Where the recurrent product of a step comes from.
    fn origin(&self, number: usize) -> Origin {
        match number {
            0 if !self.states.given => Origin::Zero,
            0 if self.weights.begun => Origin::Begun,
            _ => Origin::Here,
        }
    }

    /// The reset gates of the active rows, and what they leave of the states.
    ///
    /// # Safety
    ///
    /// The rows and units are this thread's, whose first products are there.
    unsafe fn reset(&self, member: Member, step: &Step, products: &Products) {
        for position in step.active.clone() {
            // SAFETY: passed on.
            unsafe {
                let mut row = self.row(member, step, position, products);
                let states = &self.states;
                row.hidden_out = states
                    .reset
                    .at(states.offset(position) + member.units.start);
                (self.kernels.gru_before_reset)(&row);
            }
        }
    }

    /// Gates and states of the active rows, and the final states of those whose last step this is.
    ///
    /// # Safety
    ///
    /// The rows and units are this thread's, all of whose products are there.
    unsafe fn update(&self, member: Member, step: &Step, products: &Products, step_fn: ForwardFn) {
        let count = member.units.len();
        let keeps_cells = self.save && self.sizes.cell == KernelCell::Lstm;
        for position in step.active.clone() {
            // SAFETY: passed on; the final states have room for every row and unit.
            unsafe {
                let row = self.row(member, step, position, products);
                step_fn(&row);
                let index = self.schedule.order[position];
                if self.schedule.is_last(index, step.t) {
                    let to = index * self.sizes.d_hidden + member.units.start;
                    self.last.hidden.at(to).copy_from(row.output, count);
                    if keeps_cells {
                        self.last.cell.at(to).copy_from(row.cell_out, count);
                    }
                }
            }
        }
    }

    /// The recurrent product of the active rows for one part of the gates.
    ///
    /// # Safety
    ///
    /// All members of a row group call this. `left` holds the active rows, which no thread writes meanwhile; `products`
    /// is the calling thread's. Where it was begun, all members have waited for that.
    unsafe fn product(
        &self,
        part: usize,
        member: Member,
        active: &Range<usize>,
        left: &Scratch,
        origin: Origin,
        products: &Products,
    ) {
        let parts = self.sizes.parts();
        let (gates, count) = (&parts[part], member.units.len());
        let column = parts[FIRST].len() * count * part;
        // SAFETY: the products have room for all rows and gates of this thread; see `recur`.
        unsafe {
            if origin == Origin::Zero {
                for row in 0..active.len() {
                    let zeros = products.at(row).add(column);
                    zeros.write_bytes(0, gates.len() * count);
                }
                return;
            }
            match self.weights.packed.get(member.index) {
                Some(packed) => {
                    let left = self.states.left(left, active);
                    let product = Product::new(left, active.len(), &packed[part]);
                    product.whole(products.at(0).add(column), products.row);
                }
                None => {
                    if origin == Origin::Here {
                        self.product_in_place(part, member, left, active);
                        member.barrier.wait();
                    }
                    for row in 0..active.len() {
                        let out = products.at(row).add(column);
                        self.pick(member, active.start + row, gates, out);
                    }
                }
            }
        }
    }

    /// Copies what a member needs of the common products of a row, for some gates.
    ///
    /// # Safety
    ///
    /// The row's products are there, and `out` has room for these gates of the member's units.
    unsafe fn pick(&self, member: Member, position: usize, gates: &Range<usize>, out: *mut f32) {
        let count = member.units.len();
        let row = position * self.sizes.columns();
        for (i, gate) in gates.clone().enumerate() {
            let column = gate * self.sizes.d_hidden + member.units.start;
            let from = self.weights.products.at(row + column);
            // SAFETY: passed on.
            unsafe { out.add(i * count).copy_from_nonoverlapping(from, count) };
        }
    }

    /// One member's columns of the recurrent product of the active rows, for one part of the gates, into
    /// the common products, with the weights where they are.
    ///
    /// # Safety
    ///
    /// As [`Steps::product`]; nobody reads these rows of the common products meanwhile.
    unsafe fn product_in_place(
        &self,
        part: usize,
        member: Member,
        left: &Scratch,
        active: &Range<usize>,
    ) {
        let (gates, d_hidden) = (&self.sizes.parts()[part], self.sizes.d_hidden);
        // Columns that are neighbours come faster than those of a thread's units.
        let columns = share(
            gates.len() * d_hidden,
            8 * self.kernels.lanes,
            member.index,
            member.barrier.size(),
        );
        let first = gates.start * d_hidden;
        let columns = first + columns.start..first + columns.end;
        let all = self.sizes.columns();
        let out = self.weights.products.at(active.start * all + columns.start);
        let product = Unpacked {
            kernels: self.kernels,
            left: self.states.left(left, active),
            right: self.weights.w_hh,
            k: d_hidden,
            rows: active.len(),
        };
        // SAFETY: passed on.
        unsafe { product.columns(columns, out, all) };
    }

    /// The first step's recurrent product, for as much of it as needs no gate: where the weights say that it is begun.
    ///
    /// # Safety
    ///
    /// All members of a row group call this once, and wait for one another before they
    /// [`recur`](Self::recur). Neither packed weights nor the input projection need be there.
    pub(crate) unsafe fn begin(&self, member: Member) {
        let active = self.schedule.active(member.rows, self.schedule.time_of(0));
        if !active.is_empty() {
            // SAFETY: passed on; nobody reads a product before all members are here.
            unsafe { self.product_in_place(FIRST, member, self.states.of(0), &active) };
        }
    }

    /// The pointers of one row's step.
    ///
    /// # Safety
    ///
    /// `position` is among the member's rows, for which `products` has room.
    #[inline]
    unsafe fn row(
        &self,
        member: Member,
        step: &Step,
        position: usize,
        products: &Products,
    ) -> ForwardRow {
        let (schedule, d_hidden) = (self.schedule, self.sizes.d_hidden);
        let index = schedule.order[position];
        let compact = schedule.compact(index, step.t);
        let first = member.units.start;
        let place = |base: Shared, at: usize| {
            if base.is_null() {
                null_mut()
            } else {
                base.at(at)
            }
        };
        let [cell_in, cell_out] = self.cell_states(index, step.t, first);
        let state = self.states.offset(position) + first;
        // Past the last row this is one that has no such step, which does not matter.
        let next = schedule.order.get(position + 1).unwrap_or(&index);
        let next = schedule.compact(*next, step.t);
        let keeps_extra = self.save && self.sizes.cell == KernelCell::GruResetAfter;
        ForwardRow {
            units: member.units.len(),
            gate_stride: d_hidden,
            product: products.at(position - member.rows.start),
            gates: self.saved.gates.at(compact * self.sizes.columns() + first),
            next_gates: self.saved.gates.at(next * self.sizes.columns() + first),
            bias: place(self.weights.bias, first),
            bias_candidate: place(self.weights.bias_candidate, first),
            extra: if keeps_extra {
                self.saved.extra.at(compact * d_hidden + first)
            } else {
                null_mut()
            },
            hidden_in: self.states.of(step.number).at(state),
            hidden_out: self.states.of(step.number + 1).at(state),
            output: self
                .last
                .output
                .at(schedule.full(index, step.t) * d_hidden + first),
            cell_in,
            cell_out,
        }
    }

    /// Where a row's step reads its cell state from unit `first` on, and where it writes it.
    #[inline]
    fn cell_states(&self, index: usize, t: usize, first: usize) -> [*mut f32; 2] {
        let (schedule, d_hidden) = (self.schedule, self.sizes.d_hidden);
        let own = index * d_hidden + first;
        if self.sizes.cell != KernelCell::Lstm {
            [null_mut(); 2]
        } else if !self.save {
            [self.last.cell.at(own); 2]
        } else {
            let kept = |t| {
                let compact = schedule.compact(index, t);
                self.saved.cells.at(compact * d_hidden + first)
            };
            let cell_in = match schedule.previous(index, t) {
                Some(t) => kept(t),
                None if self.cell_start.is_null() => self.zeros.at(first),
                None => self.cell_start.at(own),
            };
            [cell_in, kept(t)]
        }
    }
}
