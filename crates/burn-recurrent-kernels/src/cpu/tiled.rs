//! Left operands of products, in the order in which tiles read them.

use core::ops::Range;

use super::kernels::Kernels;
use super::matrix::Left;
use super::scratch::Scratch;

/// Width in vectors of the panels that the products are made of.
pub(crate) const VECTORS: usize = 2;

/// A matrix whose rows are summed over: `depth` rows of `columns` numbers, which become the rows of
/// the product. The sum is cut into blocks, each with the tiles of all columns one after the other;
/// in a tile the numbers of one row of the matrix lie together.
pub(crate) struct Tiled {
    data: Scratch,
    pub(crate) columns: usize,
    depth: usize,
    blocks: usize,
    most: usize,
}

impl Tiled {
    /// Room for a matrix, in blocks of `block` rows at most.
    pub(crate) fn new(kernels: &Kernels, columns: usize, depth: usize, block: usize) -> Self {
        // Tiles for narrower panels, such as the last one, must take as many rows.
        let most = kernels.tiles(VECTORS).len();
        assert!(kernels.tiles(1).len() >= most);
        Self {
            data: Scratch::new(columns * depth),
            columns,
            depth,
            blocks: depth.div_ceil(block.max(1)).max(1),
            most,
        }
    }

    /// Blocks of the sum.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// The part of the sum that is a block: about the same for each.
    pub(crate) fn depth(&self, block: usize) -> Range<usize> {
        let at = |block| self.depth * block / self.blocks;
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

    /// Copies some rows of one block, by their numbers in the matrix; `row` says where each of them is.
    ///
    /// # Safety
    ///
    /// The rows are in the block; `row` gives `columns` numbers for each, which no other thread fills.
    pub(crate) unsafe fn fill(
        &self,
        block: usize,
        rows: Range<usize>,
        row: impl Fn(usize) -> *const f32,
    ) {
        // Rows of the matrix that stay in the first cache while their tiles are cut out.
        const ROWS: usize = 16;
        let start = self.depth(block).start;
        let tiles = self.tiles();
        for first in rows.clone().step_by(ROWS) {
            let last = (first + ROWS).min(rows.end);
            for tile in &tiles {
                let to = self.tile(block, tile).data.cast_mut();
                for i in first..last {
                    // SAFETY: the caller vouches for the rows; a tile lies inside the data.
                    unsafe {
                        let from = row(i).add(tile.start);
                        let to = to.add((i - start) * tile.len());
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

    /// Copies one tile's part of some rows of one block from where the matrix lies transposed: `column` says
    /// where the first of these rows is in each column, whose numbers are neighbours.
    ///
    /// # Safety
    ///
    /// The rows are in the block; `column` gives a number of each of them for every column of the tile, which no
    /// other thread fills.
    pub(crate) unsafe fn fill_transposed(
        &self,
        block: usize,
        tile: &Range<usize>,
        rows: Range<usize>,
        column: impl Fn(usize) -> *const f32,
    ) {
        let column = |r: usize| column(tile.start + r);
        // SAFETY: the caller vouches for the columns; a tile lies inside the data.
        unsafe {
            let start = (rows.start - self.depth(block).start) * tile.len();
            let to = self.tile(block, tile).data.cast_mut().add(start);
            match tile.len() {
                6 => transpose_array::<6>(column, to, rows.len()),
                12 => transpose_array::<12>(column, to, rows.len()),
                len => {
                    for r in 0..len {
                        let column = column(r);
                        for i in 0..rows.len() {
                            *to.add(i * len + r) = *column.add(i);
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

/// # Safety
///
/// There are `depth` numbers at each of `N` columns, and there is room for all of them at `to`.
unsafe fn transpose_array<const N: usize>(
    column: impl Fn(usize) -> *const f32,
    to: *mut f32,
    depth: usize,
) {
    let columns: [*const f32; N] = core::array::from_fn(column);
    let to = to.cast::<[f32; N]>();
    for i in 0..depth {
        // SAFETY: the caller vouches for both places.
        unsafe { to.add(i).write(columns.map(|column| *column.add(i))) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::kernels::Isa;

    #[test]
    fn every_number_is_where_its_tile_says() {
        for isa in Isa::available() {
            for (columns, depth) in [(1, 1), (5, 300), (13, 17), (200, 713), (24, 30), (7, 0)] {
                let data: Vec<f32> = (0..columns * depth).map(|i| i as f32).collect();
                for (block, transposed) in [(704, false), (11, false), (704, true), (11, true)] {
                    let tiled = Tiled::new(isa.kernels(), columns, depth, block);
                    for block in 0..tiled.blocks() {
                        let depth_range = tiled.depth(block);
                        let middle = depth_range.start + depth_range.len() / 3;
                        for rows in [depth_range.start..middle, middle..depth_range.end] {
                            // SAFETY: the rows, and the columns of the transposed matrix, are inside the data.
                            unsafe {
                                if !transposed {
                                    tiled.fill(block, rows, |i| data[i * columns..].as_ptr());
                                    continue;
                                }
                                for tile in tiled.tiles() {
                                    tiled.fill_transposed(block, &tile, rows.clone(), |i| {
                                        data[i * depth + rows.start..].as_ptr()
                                    });
                                }
                            }
                        }
                    }
                    for block in 0..tiled.blocks() {
                        for tile in tiled.tiles() {
                            let left = tiled.tile(block, &tile);
                            for (i, row) in tiled.depth(block).enumerate() {
                                for (r, column) in tile.clone().enumerate() {
                                    // SAFETY: inside the tile.
                                    let found =
                                        unsafe { *left.data.add(r * left.row + i * left.k) };
                                    let place = match transposed {
                                        true => column * depth + row,
                                        false => row * columns + column,
                                    };
                                    assert_eq!(found, data[place]);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
