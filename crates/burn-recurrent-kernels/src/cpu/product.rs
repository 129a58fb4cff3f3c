//! Products of a matrix with packed panels.

use core::ops::Range;

use super::kernels::Kernels;
use super::pack::{Packed, Panel, Scratch, Source, copy_pieces};
use super::tile::TileArgs;

/// Left operand: element `(row, i)` is at `data + row * row_stride + i * k_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Left {
    pub(crate) data: *const f32,
    pub(crate) row: usize,
    pub(crate) k: usize,
}

/// The width of panels, in vectors, that suits products of `rows` rows: few rows need wide panels to
/// keep enough sums under way, many rows narrow ones, since their weights are read more slowly.
pub(crate) fn panel_vectors(rows: usize) -> usize {
    match rows {
        0 | 1 => 8,
        2 | 3 => 4,
        _ => 2,
    }
}

/// One panel's part of a product: `c[rows, panel's columns] = a * panel` over `depth` of the sums,
/// or `+=` where `accumulate`. `c` points to the first of `rows` and the panel's first column.
///
/// # Safety
///
/// The operands cover `rows` rows and `depth`; `c` has room for `rows` rows of whole vectors.
#[expect(clippy::too_many_arguments)]
#[inline]
pub(crate) unsafe fn multiply_panel(
    kernels: &Kernels,
    a: Left,
    packed: &Packed,
    panel: &Panel,
    rows: usize,
    depth: Range<usize>,
    c: *mut f32,
    c_row: usize,
    accumulate: bool,
) {
    let tiles = kernels.tiles(panel.vectors);
    let count = rows.div_ceil(tiles.len());
    let mut row = 0;
    for i in 0..count {
        let end = rows * (i + 1) / count;
        // SAFETY: the tile covers `row..end`, inside what the caller vouches for.
        unsafe {
            tiles[end - row - 1](&TileArgs {
                k: depth.len(),
                a: a.data.wrapping_add(row * a.row + depth.start * a.k),
                a_row: a.row,
                a_k: a.k,
                b: packed
                    .panel(panel)
                    .add(depth.start * panel.vectors * kernels.lanes),
                b_row: panel.vectors * kernels.lanes,
                c: c.add(row * c_row),
                c_row,
                accumulate,
            });
        }
        row = end;
    }
}

/// `c[rows, packed columns] = a * packed`, or `+=` where `accumulate`.
///
/// # Safety
///
/// `a` covers `rows` rows of `packed.k` numbers; `c` has `rows` rows of `packed.columns` numbers.
pub(crate) unsafe fn multiply(
    kernels: &Kernels,
    a: Left,
    packed: &Packed,
    rows: usize,
    c: *mut f32,
    c_row: usize,
    accumulate: bool,
) {
    for panel in &packed.panels {
        // SAFETY: passed on.
        unsafe {
            let c = c.add(panel.column);
            multiply_panel(
                kernels,
                a,
                packed,
                panel,
                rows,
                0..packed.k,
                c,
                c_row,
                accumulate,
            );
        }
    }
}

/// Rows of the left operand that are worked on while they are in the second cache.
const ROW_BLOCK: usize = 120;

/// Where the columns of a product go: packed column `j` to `data + row * row_stride + j` for
/// `j < columns`.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) data: *mut f32,
    pub(crate) row: usize,
    /// Columns that exist; the last panel may be wider.
    pub(crate) columns: usize,
}

/// Some rows of a large product with a packed matrix whose columns are neighbours.
///
/// # Safety
///
/// `a` covers `rows` and `packed.k`; `target` covers `rows`.
pub(crate) unsafe fn multiply_rows(
    kernels: &Kernels,
    a: Left,
    packed: &Packed,
    rows: Range<usize>,
    target: Target,
) {
    for first in rows.clone().step_by(ROW_BLOCK) {
        let count = ROW_BLOCK.min(rows.end - first);
        // SAFETY: `first..first + count` is inside `rows`.
        let a = Left {
            data: unsafe { a.data.add(first * a.row) },
            ..a
        };
        for panel in &packed.panels {
            // SAFETY: passed on.
            unsafe {
                let target = Target {
                    data: target.data.add(first * target.row),
                    ..target
                };
                multiply_to(kernels, a, packed, panel, count, 0..packed.k, target, false);
            }
        }
    }
}

/// Numbers of a panel that stay in the first cache while the rows pass by.
const PANEL_NUMBERS: usize = 4096;

/// How much of a long sum is worked on at a time in panels of `vectors` vectors.
pub(crate) fn depth_block(kernels: &Kernels, vectors: usize) -> usize {
    PANEL_NUMBERS / (vectors * kernels.lanes)
}

/// Rows of a left operand that is transposed in memory, copied into the order in which tiles read
/// them: tile after tile, and in a tile all rows of a place of the sum together.
pub(crate) struct LeftTiles {
    data: Scratch,
    most: usize,
    depth: usize,
}

impl LeftTiles {
    /// Room for [`ROW_BLOCK`] rows of tiles that are `vectors` wide and `depth` deep.
    pub(crate) fn new(kernels: &Kernels, vectors: usize, depth: usize) -> Self {
        Self {
            data: Scratch::new(ROW_BLOCK * depth),
            most: kernels.tiles(vectors).len(),
            depth,
        }
    }

    /// The rows of each tile of a block of `rows` rows.
    fn tiles(&self, rows: usize) -> impl Iterator<Item = Range<usize>> {
        let count = rows.div_ceil(self.most);
        (0..count).map(move |i| rows * i / count..rows * (i + 1) / count)
    }

    /// Copies `rows` rows of `a`, whose rows are neighbours in memory.
    ///
    /// # Safety
    ///
    /// `a` covers `rows` rows, at most [`ROW_BLOCK`], and the depth.
    unsafe fn fill(&self, a: Left, rows: usize, depth: usize) {
        assert!(rows <= ROW_BLOCK && depth <= self.depth && a.row == 1);
        for tile in self.tiles(rows) {
            // SAFETY: the caller vouches for the source; the tiles of a block fit by the assertion.
            unsafe {
                let from = a.data.add(tile.start);
                let to = self.data.ptr().add(tile.start * depth);
                match tile.len() {
                    6 => copy_pieces::<6>(from, a.k, to, 6, depth),
                    12 => copy_pieces::<12>(from, a.k, to, 12, depth),
                    width => {
                        for i in 0..depth {
                            for r in 0..width {
                                *to.add(i * width + r) = *from.add(i * a.k + r);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// All rows of a part of a long product: the sums over the `packed.k` places that `packed` holds, or
/// `+=` those where `accumulate`. `a` is transposed in memory.
///
/// # Safety
///
/// `a` covers `rows` rows and `packed.k`; `target` covers `rows`.
pub(crate) unsafe fn multiply_deep(
    kernels: &Kernels,
    a: Left,
    copy: &LeftTiles,
    packed: &Packed,
    rows: usize,
    target: Target,
    accumulate: bool,
) {
    for first in (0..rows).step_by(ROW_BLOCK) {
        let count = ROW_BLOCK.min(rows - first);
        // SAFETY: passed on; the tiles lie inside the block.
        unsafe {
            let from = Left {
                data: a.data.add(first),
                ..a
            };
            copy.fill(from, count, packed.k);
            for panel in &packed.panels {
                for tile in copy.tiles(count) {
                    let a = Left {
                        data: copy.data.ptr().add(tile.start * packed.k),
                        row: 1,
                        k: tile.len(),
                    };
                    let target = Target {
                        data: target.data.add((first + tile.start) * target.row),
                        ..target
                    };
                    let depth = 0..packed.k;
                    multiply_to(
                        kernels,
                        a,
                        packed,
                        panel,
                        tile.len(),
                        depth,
                        target,
                        accumulate,
                    );
                }
            }
        }
    }
}

/// One panel's part of a product whose result has no room for a whole last vector.
///
/// # Safety
///
/// As [`multiply_panel`], with the room that `target` describes.
#[expect(clippy::too_many_arguments)]
pub(crate) unsafe fn multiply_to(
    kernels: &Kernels,
    a: Left,
    packed: &Packed,
    panel: &Panel,
    rows: usize,
    depth: Range<usize>,
    target: Target,
    accumulate: bool,
) {
    // The largest tile there is: 14 rows of 8 vectors of 16 lanes.
    const EDGE: usize = 14 * 8 * 16;
    let width = panel.vectors * kernels.lanes;
    // SAFETY: whole panels go straight to the target; the last one goes through a buffer that holds
    // its full width, of which the columns that exist are copied.
    unsafe {
        if panel.column + width <= target.columns {
            let c = target.data.add(panel.column);
            multiply_panel(
                kernels, a, packed, panel, rows, depth, c, target.row, accumulate,
            );
            return;
        }
        let mut edge = [0.0f32; EDGE];
        let most = kernels.tiles(panel.vectors).len();
        assert!(most * width <= EDGE);
        let exist = target.columns - panel.column;
        for first in (0..rows).step_by(most) {
            let count = most.min(rows - first);
            let out = target.data.add(first * target.row + panel.column);
            let edge = edge.as_mut_ptr();
            if accumulate {
                for row in 0..count {
                    edge.add(row * width)
                        .copy_from(out.add(row * target.row), exist);
                }
            }
            let a = Left {
                data: a.data.wrapping_add(first * a.row),
                ..a
            };
            multiply_panel(
                kernels,
                a,
                packed,
                panel,
                count,
                depth.clone(),
                edge,
                width,
                accumulate,
            );
            for row in 0..count {
                out.add(row * target.row)
                    .copy_from(edge.add(row * width), exist);
            }
        }
    }
}

/// `c = a * b` for the columns of `b` in `ranges`, one range after the other, without any packing:
/// for weights that are used once or twice.
///
/// # Safety
///
/// `a` covers `rows` rows of `k` numbers; `b` has `k` rows, and its columns are neighbours; `c` has
/// `rows` rows of as many numbers as the ranges have together.
#[expect(clippy::too_many_arguments)]
pub(crate) unsafe fn multiply_unpacked(
    kernels: &Kernels,
    a: Left,
    b: Source,
    k: usize,
    ranges: &[Range<usize>],
    rows: usize,
    c: *mut f32,
    c_row: usize,
) {
    let widest = panel_vectors(rows);
    let mut out = 0;
    for range in ranges {
        let mut column = range.start;
        let mut vectors = widest;
        while column < range.end {
            let left = range.end - column;
            while vectors > 1 && vectors * kernels.lanes > left {
                vectors /= 2;
            }
            let width = vectors * kernels.lanes;
            // SAFETY: whole tiles are inside `b`'s columns and `c`. Fewer columns than a vector go
            // through a small packed copy, since a tile reads whole vectors.
            unsafe {
                if width > left {
                    let packed = Packed::new(
                        k,
                        core::slice::from_ref(&(column..range.end)),
                        kernels.lanes,
                        1,
                    );
                    packed.fill(&packed.panels[0], b);
                    let target = Target {
                        data: c.add(out),
                        row: c_row,
                        columns: left,
                    };
                    multiply_to(
                        kernels,
                        a,
                        &packed,
                        &packed.panels[0],
                        rows,
                        0..k,
                        target,
                        false,
                    );
                } else {
                    let tiles = kernels.tiles(vectors);
                    for first in (0..rows).step_by(tiles.len()) {
                        let count = tiles.len().min(rows - first);
                        tiles[count - 1](&TileArgs {
                            k,
                            a: a.data.add(first * a.row),
                            a_row: a.row,
                            a_k: a.k,
                            b: b.data.add(column),
                            b_row: b.row,
                            c: c.add(first * c_row + out),
                            c_row,
                            accumulate: false,
                        });
                    }
                }
            }
            column += width.min(left);
            out += width.min(left);
        }
    }
}
