//! Hidden states on their way from step to step of a forward recurrence.

use core::ops::Range;

use super::matrix::Left;
use super::schedule::Schedule;
use super::scratch::{Scratch, padded};
use super::sizes::Sizes;
use crate::kind::KernelCell;

/// Hidden states as the left operands of the recurrent products: rows by position. At each step a member writes its
/// own units of its own rows, and reads, from one barrier of its row group to the next, all units.
pub(crate) struct StateRows {
    /// `[batch, d_hidden]` for even and odd steps: one is read while the other is written.
    states: [Scratch; 2],
    /// GRU with the reset before the product: `r * h`, `[batch, d_hidden]`.
    pub(crate) reset: Scratch,
    /// Distance between rows.
    row: usize,
    /// Whether there were initial states; the first step multiplies nothing where there were none.
    pub(crate) given: bool,
}

impl StateRows {
    /// The initial states, `[batch, d_hidden]` by row.
    pub(crate) fn new(schedule: &Schedule, sizes: Sizes, start: Option<&[f32]>) -> Self {
        let Sizes { cell, d_hidden, .. } = sizes;
        let row = padded(d_hidden);
        let rows = schedule.batch * row;
        let states = [Scratch::zeros(rows), Scratch::zeros(rows)];
        if let Some(start) = start {
            for state in &states {
                for (position, &index) in schedule.order.iter().enumerate() {
                    let from = &start[index * d_hidden..][..d_hidden];
                    // SAFETY: the row is inside its buffer; no other thread is at work yet.
                    unsafe {
                        let to = state.at(position * row);
                        to.copy_from_nonoverlapping(from.as_ptr(), d_hidden);
                    }
                }
            }
        }
        let before = cell == KernelCell::GruResetBefore;
        Self {
            states,
            reset: Scratch::zeros(if before { rows } else { 0 }),
            row,
            given: start.is_some(),
        }
    }

    /// The states that step `number` starts from.
    #[inline]
    pub(crate) fn of(&self, number: usize) -> &Scratch {
        &self.states[number % 2]
    }

    /// Where a position's row starts.
    #[inline]
    pub(crate) fn offset(&self, position: usize) -> usize {
        position * self.row
    }

    /// The active rows of one of the buffers as the left operand of a product.
    pub(crate) fn left(&self, states: &Scratch, active: &Range<usize>) -> Left {
        Left::rows(states.at(self.offset(active.start)), self.row)
    }
}
