//! The sizes of a decoder.

use core::ops::Range;

use crate::cpu::parts::share;
use crate::cpu::run::ALONE;
use crate::kind::KernelCell;

/// The sizes of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecoderSizes {
    /// `Lstm` or `GruResetAfter`.
    pub(crate) cell: KernelCell,
    pub(crate) batch: usize,
    pub(crate) time: usize,
    /// Steps of the source.
    pub(crate) source: usize,
    pub(crate) d_embedded: usize,
    pub(crate) d_hidden: usize,
    pub(crate) d_attended: usize,
    /// Width of keys and queries; `d_hidden` where scores are dot products.
    pub(crate) d_key: usize,
    pub(crate) d_value: usize,
    /// Whether scores are additive.
    pub(crate) additive: bool,
}

impl DecoderSizes {
    /// Columns of the gates.
    pub(super) fn columns(&self) -> usize {
        self.cell.gates() * self.d_hidden
    }

    /// Width of a hidden state and a context side by side.
    pub(super) fn joined(&self) -> usize {
        self.d_hidden + self.d_value
    }

    /// Steps of all rows.
    pub(super) fn steps(&self) -> usize {
        self.batch * self.time
    }

    /// How many threads a call of these sizes should have.
    pub(super) fn threads(&self, wanted: usize) -> usize {
        let products = self.columns() * (self.d_embedded + self.d_attended + self.d_hidden);
        let work = self.steps() * (products + self.joined() * self.d_attended);
        if work < ALONE {
            1
        } else {
            wanted.min(self.batch)
        }
    }

    /// Rows in `parts` neighbouring groups.
    pub(super) fn groups(&self, parts: usize) -> Vec<Range<usize>> {
        let parts = parts.min(self.batch);
        (0..parts).map(|i| share(self.batch, 1, i, parts)).collect()
    }
}
