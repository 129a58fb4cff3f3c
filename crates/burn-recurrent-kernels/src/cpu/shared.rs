//! What the passes share: buffers and pointers that threads work on together, and sizes.

use core::ops::Range;

use super::pack::Source;
use super::product::Left;
use super::schedule::Schedule;
use crate::kind::Cell;

/// Multiply-adds below which a second thread costs more than it brings.
pub(crate) const ALONE: usize = 100_000;
/// Rows of tiles, for sharing rows out.
pub(crate) const ROW_GRAIN: usize = 12;

/// Distance between rows of operands that every step reads: not a power of two, so that rows do not
/// fall on the same few places of a cache.
pub(crate) fn padded(columns: usize) -> usize {
    columns.next_multiple_of(16) + 16
}

/// A pointer that threads share; they write to different places, or a barrier lies between.
#[derive(Clone, Copy)]
pub(crate) struct Shared(pub(crate) *mut f32);

// SAFETY: see the type's description; every use is in an unsafe block that says so.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

impl Shared {
    /// The pointer `offset` numbers further on.
    pub(crate) fn at(self, offset: usize) -> *mut f32 {
        self.0.wrapping_add(offset)
    }

    /// The same place, for an operand that is absent.
    pub(crate) const NULL: Shared = Shared(core::ptr::null_mut());

    /// A pointer to numbers that are only read.
    pub(crate) fn read(data: &[f32]) -> Self {
        Shared(data.as_ptr().cast_mut())
    }

    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }
}

/// The sizes of a call.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) cell: Cell,
    pub(crate) d_input: usize,
    pub(crate) d_hidden: usize,
}

impl Sizes {
    /// Columns of the weights.
    pub(crate) fn columns(&self) -> usize {
        self.cell.gates() * self.d_hidden
    }

    /// Columns of some units in the gates of `range`.
    pub(crate) fn ranges(&self, gates: Range<usize>, units: &Range<usize>) -> Vec<Range<usize>> {
        gates
            .map(|g| g * self.d_hidden + units.start..g * self.d_hidden + units.end)
            .collect()
    }

    /// The gates whose recurrent product comes first, and those for which it waits for a reset.
    pub(crate) fn parts(&self) -> [Range<usize>; 2] {
        match self.cell {
            Cell::GruResetBefore => [0..2, 2..3],
            cell => [0..cell.gates(), 0..0],
        }
    }
}

/// Copies the real steps of `input` one after the other, where some are not real.
pub(crate) fn compact(schedule: &Schedule, input: &[f32], width: usize) -> Option<Vec<f32>> {
    schedule.ragged.then(|| {
        let mut out = vec![0.0; schedule.total * width];
        schedule.for_each(0..schedule.batch, |to, from, _, _| {
            out[to * width..][..width].copy_from_slice(&input[from * width..][..width]);
        });
        out
    })
}

/// [`Left`] that may go to other threads, which only read through it.
pub(crate) struct SendLeft(pub(crate) Left);
// SAFETY: the pointer is only read through, in unsafe blocks that see to it that the memory is alive
// and that a barrier lies between writing it and reading it.
unsafe impl Sync for SendLeft {}
/// [`Source`] that may go to other threads, which only read through it.
pub(crate) struct SendSource(pub(crate) Source);
// SAFETY: as above.
unsafe impl Sync for SendSource {}
