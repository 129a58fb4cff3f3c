//! The sizes of a layer.

use core::ops::Range;

use super::cells::gru;
use crate::kind::KernelCell;

/// The sizes of a layer.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) cell: KernelCell,
    pub(crate) d_input: usize,
    pub(crate) d_hidden: usize,
}

impl Sizes {
    /// Columns of the weights, `gates * d_hidden`.
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
            KernelCell::GruResetBefore => [gru::RESET..gru::NEW, gru::NEW..gru::NEW + 1],
            cell => [0..cell.gates(), 0..0],
        }
    }

    /// Multiply-adds of a pass over `steps` steps.
    pub(crate) fn work(&self, steps: usize) -> usize {
        steps * self.columns() * (self.d_input + self.d_hidden)
    }
}
