//! Left operands of the gradients of weights, in the order in which product tiles read them.

use core::ops::Range;

use super::kernels::Kernels;
use super::product::Left;
use super::scratch::Scratch;

/// Rows of the matrix in a block, at most: a panel of the other operand should stay in the second cache
/// while tiles pass by, and a longer block adds to its results less often.
const DEPTH: usize = 704;
/// Width in vectors of the panels that the products are made of.
pub(crate) const VECTORS: usize = 2;

/// A matrix whose rows are summed over: `depth` rows of `columns` numbers, which become the rows of
/// the product. The sum is cut into blocks, each with the tiles of all columns one after the other;
/// in a tile the numbers of one row of the matrix lie together.
pub(crate) struct Tiled {
    data: Scratch,
    pub(crate) columns: usize,
    depth: usize,
    most: usize,
}

impl Tiled {
    /// Room for a matrix.
    pub(crate) fn new(kernels: &Kernels, columns: usize, depth: usize) -> Self {
        Self {
            data: Scratch::new(columns * depth),
            columns,
            depth,
            most: kernels.tiles(VECTORS).len(),
        }
    }

    /// Blocks of the sum.
    pub(crate) fn blocks(&self) -> usize {
        self.depth.div_ceil(DEPTH)
    }

    /// The part of the sum that is a block: about the same for each.
    pub(crate) fn depth(&self, block: usize) -> Range<usize> {
        let at = |block| self.depth * block / self.blocks();
        at(block)..at(block + 1)
    }

    /// The columns of each tile.
    pub(crate) fn tiles(&self) -> Vec<Range<usize>> {
        let count = self.columns.div_ceil(self.most);
        let at = |i: usize| self.columns * i / count;
        (0..count).map(|i| at(i)..at(i + 1)).collect()
    }

    /// The tile of some columns in a block, as the left operand of a product.
    pub(crate) fn tile(&self, block: usize, columns: &Range<usize>) -> Left {
        let depth = self.depth(block);
        let offset = depth.start * self.columns + columns.start * depth.len();
        Left {
            data: self.data.ptr().wrapping_add(offset),
            row: 1,
            k: columns.len(),
        }
    }

    /// Copies one block; `row` says where each row of the matrix is.
    ///
    /// # Safety
    ///
    /// `row` gives `columns` numbers for each row of the block, which no other thread fills.
    pub(crate) unsafe fn fill(&self, block: usize, row: impl Fn(usize) -> *const f32) {
        // Rows of the matrix that stay in the first cache while their tiles are cut out.
        const ROWS: usize = 16;
        let depth = self.depth(block);
        let tiles = self.tiles();
        for first in depth.clone().step_by(ROWS) {
            let last = (first + ROWS).min(depth.end);
            for tile in &tiles {
                let to = self.tile(block, tile).data.cast_mut();
                for i in first..last {
                    // SAFETY: the caller vouches for the rows; a tile lies inside the data.
                    unsafe {
                        let from = row(i).add(tile.start);
                        let to = to.add((i - depth.start) * tile.len());
                        // The lengths of whole tiles, without a call for each.
                        match tile.len() {
                            6 => copy_array::<6>(from, to),
                            12 => copy_array::<12>(from, to),
                            len => to.copy_from_nonoverlapping(from, len),
                        }
                    }
                }
            }
        }
    }
}

/// # Safety
///
/// There are `N` numbers at `from`, and there is room for as many at `to`.
unsafe fn copy_array<const N: usize>(from: *const f32, to: *mut f32) {
    // SAFETY: the caller vouches for both places.
    unsafe { to.cast::<[f32; N]>().write(from.cast::<[f32; N]>().read()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::kernels::Isa;

    #[test]
    fn every_number_is_where_its_tile_says() {
        for isa in Isa::available() {
            for (columns, depth) in [(1, 1), (5, 300), (13, 17), (200, 713), (7, 0)] {
                let data: Vec<f32> = (0..columns * depth).map(|i| i as f32).collect();
                let tiled = Tiled::new(isa.kernels(), columns, depth);
                for block in 0..tiled.blocks() {
                    // SAFETY: the rows are inside the data.
                    unsafe { tiled.fill(block, |i| data[i * columns..].as_ptr()) };
                }
                for block in 0..tiled.blocks() {
                    for tile in tiled.tiles() {
                        let left = tiled.tile(block, &tile);
                        for (i, row) in tiled.depth(block).enumerate() {
                            for (r, column) in tile.clone().enumerate() {
                                // SAFETY: inside the tile.
                                let found = unsafe { *left.data.add(r * left.row + i * left.k) };
                                assert_eq!(found, data[row * columns + column]);
                            }
                        }
                    }
                }
            }
        }
    }
}
