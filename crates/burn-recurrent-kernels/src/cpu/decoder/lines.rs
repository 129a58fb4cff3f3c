//! Operands of a thread's products.

use crate::cpu::matrix::{Left, Target};
use crate::cpu::scratch::{Scratch, padded};

/// A buffer of one thread: rows of numbers, `row` apart.
pub(super) struct Lines {
    data: Scratch,
    pub(super) row: usize,
}

impl Lines {
    /// Zeros for `rows` rows of `width` numbers.
    pub(super) fn zeros(rows: usize, width: usize) -> Self {
        let row = padded(width);
        Self {
            data: Scratch::zeros(rows * row),
            row,
        }
    }

    /// Where a row starts.
    pub(super) fn at(&self, row: usize) -> *mut f32 {
        self.data.ptr().wrapping_add(row * self.row)
    }

    /// As the left operand of a product, from `column` on.
    pub(super) fn left(&self, column: usize) -> Left {
        Left::rows(self.at(0).wrapping_add(column), self.row)
    }

    /// As the place of a product of `columns` columns, from `column` on.
    pub(super) fn target(&self, column: usize, columns: usize) -> Target {
        Target {
            data: self.at(0).wrapping_add(column),
            row: self.row,
            columns,
        }
    }
}
