//! Products with a matrix where it is, for weights that are used once or twice.

use core::ops::Range;

use super::kernels::Kernels;
use super::matrix::{Left, Source, Target};
use super::pack::Packed;
use super::product::{Product, panel_vectors};
use super::rows::RowsArgs;
use super::tile::{PREFETCH_ROWS, TileArgs};

/// `left * right`, without any packing.
pub(crate) struct Unpacked {
    pub(crate) kernels: &'static Kernels,
    /// `[rows, k]`
    pub(crate) left: Left,
    /// `[k, columns]`, columns that are neighbours.
    pub(crate) right: Source,
    pub(crate) k: usize,
    pub(crate) rows: usize,
}

impl Unpacked {
    /// Some columns of the right operand, into rows `c_row` apart, of which `c` is the first.
    ///
    /// # Safety
    ///
    /// The operands cover what is said of them, and the columns; `c` has `rows` rows of as many numbers as there are
    /// columns.
    pub(crate) unsafe fn columns(&self, columns: Range<usize>, c: *mut f32, c_row: usize) {
        let few = self.kernels.rows.get(self.rows.wrapping_sub(1));
        if let (Some(product), 1, 1) = (few, self.left.k, self.right.col) {
            // SAFETY: passed on.
            unsafe {
                product(&RowsArgs {
                    a: self.left.data,
                    a_row: self.left.row,
                    k: self.k,
                    b: self.right.data.add(columns.start),
                    b_row: self.right.row,
                    columns: columns.len(),
                    c,
                    c_row,
                });
            }
            return;
        }
        let lanes = self.kernels.lanes;
        let mut column = columns.start;
        let mut vectors = panel_vectors(self.rows);
        while column < columns.end {
            let left = columns.end - column;
            while vectors > 1 && vectors * lanes > left {
                vectors /= 2;
            }
            let width = vectors * lanes;
            // SAFETY: whole tiles are inside the right operand's columns and `c`.
            unsafe {
                let c = c.add(column - columns.start);
                if width > left {
                    self.narrow(column..columns.end, c, c_row);
                } else {
                    self.whole_vectors(column, vectors, c, c_row);
                }
            }
            column += width.min(left);
        }
    }

    /// Fewer columns than a vector, through a small packed copy, since a tile reads whole vectors.
    ///
    /// # Safety
    ///
    /// As [`Unpacked::columns`].
    unsafe fn narrow(&self, columns: Range<usize>, c: *mut f32, c_row: usize) {
        let ranges = core::slice::from_ref(&columns);
        let packed = Packed::new(self.kernels, self.k, ranges, 1);
        let target = Target {
            data: c,
            row: c_row,
            columns: columns.len(),
        };
        // SAFETY: passed on.
        unsafe {
            packed.fill(&packed.panels[0], self.right);
            Product::new(self.left, self.rows, &packed).panel_to(&packed.panels[0], target);
        }
    }

    /// The columns of `vectors` vectors from `column` on.
    ///
    /// # Safety
    ///
    /// As [`Unpacked::columns`].
    unsafe fn whole_vectors(&self, column: usize, vectors: usize, c: *mut f32, c_row: usize) {
        let Unpacked {
            left, right, rows, ..
        } = *self;
        let tiles = self.kernels.tiles(vectors);
        for first in (0..rows).step_by(tiles.len()) {
            let count = tiles.len().min(rows - first);
            // SAFETY: passed on.
            unsafe {
                tiles[count - 1](&TileArgs {
                    k: self.k,
                    a: left.data.add(first * left.row),
                    a_row: left.row,
                    a_k: left.k,
                    b: right.data.add(column),
                    b_row: right.row,
                    ask: right.data.wrapping_add(column + PREFETCH_ROWS * right.row),
                    ask_row: right.row,
                    c: c.add(first * c_row),
                    c_row,
                    accumulate: false,
                });
            }
        }
    }
}
