//! Tiles whose right operand needs no packing.

use super::kernels::Kernels;
use super::matrix::{Left, Target};
use super::tile::{PREFETCH_ROWS, TileArgs};
use super::tiled::VECTORS;

/// One tile of a product whose right operand lies ready in memory.
pub(crate) struct ReadyTile {
    pub(crate) kernels: &'static Kernels,
    /// Width of the right operand.
    pub(crate) vectors: usize,
    /// `[rows, k]`
    pub(crate) left: Left,
    /// `[k, vectors * lanes]`
    pub(crate) right: *const f32,
    /// At least one, and no more than the largest tile has.
    pub(crate) rows: usize,
    pub(crate) k: usize,
    /// Whether to add to what the result holds.
    pub(crate) accumulate: bool,
}

impl ReadyTile {
    /// Computes the tile.
    ///
    /// # Safety
    ///
    /// The operands cover what is said of them; `target` has room for the rows of its columns, which are no
    /// more than the vectors', and no other thread uses them.
    pub(crate) unsafe fn write(&self, target: Target) {
        const EDGE: usize = 14 * VECTORS * 16;
        let width = self.vectors * self.kernels.lanes;
        let whole = TileArgs {
            k: self.k,
            a: self.left.data,
            a_row: self.left.row,
            a_k: self.left.k,
            b: self.right,
            b_row: width,
            ask: self.right.wrapping_add(PREFETCH_ROWS * width),
            ask_row: width,
            c: target.data,
            c_row: target.row,
            accumulate: self.accumulate,
        };
        let tile = self.kernels.tiles(self.vectors)[self.rows - 1];
        // SAFETY: the caller vouches for the operands; a narrow target goes through a buffer that holds
        // whole vectors.
        unsafe {
            if target.columns == width {
                tile(&whole);
                return;
            }
            assert!(self.rows * width <= EDGE);
            let mut edge = [0.0f32; EDGE];
            let edge = edge.as_mut_ptr();
            let place = |row: usize| target.data.wrapping_add(row * target.row);
            if self.accumulate {
                for row in 0..self.rows {
                    edge.add(row * width).copy_from(place(row), target.columns);
                }
            }
            tile(&TileArgs {
                c: edge,
                c_row: width,
                ..whole
            });
            for row in 0..self.rows {
                place(row).copy_from(edge.add(row * width), target.columns);
            }
        }
    }
}
