//! Products of a matrix with packed panels.

use core::ops::Range;

use super::kernels::Kernels;
use super::matrix::{Left, Target};
use super::pack::{Packed, Panel};
use super::tile::{FEW_ROWS, PREFETCH_ROWS, TileArgs};

/// The width of panels, in vectors, that suits products of `rows` rows: few rows need wide panels to
/// keep enough sums under way, many rows narrow ones, since their weights are read more slowly.
pub(crate) fn panel_vectors(rows: usize) -> usize {
    match rows {
        0 | 1 => 8,
        2 | 3 => 4,
        _ => 2,
    }
}

/// The same for products of so many rows that panels come from cache at any width: square tiles read
/// least.
pub(crate) fn wide_panel_vectors(kernels: &Kernels, rows: usize) -> usize {
    const MANY: usize = 24;
    if rows > MANY && kernels.tiles(4).len() > 4 {
        4
    } else {
        panel_vectors(rows)
    }
}

/// A product with a packed matrix, `left * packed`, or the part of it that some of the sums' terms make up.
#[derive(Clone)]
pub(crate) struct Product<'a> {
    /// `[rows, packed.k]`
    pub(crate) left: Left,
    pub(crate) rows: usize,
    pub(crate) packed: &'a Packed,
    /// The terms of the sums, among `0..packed.k`.
    pub(crate) depth: Range<usize>,
    /// Whether to add to what the result holds.
    pub(crate) accumulate: bool,
}

impl<'a> Product<'a> {
    /// `left * packed` for `rows` rows, over all terms.
    pub(crate) fn new(left: Left, rows: usize, packed: &'a Packed) -> Self {
        Self {
            left,
            rows,
            packed,
            depth: 0..packed.k,
            accumulate: false,
        }
    }

    /// The same, added to what the result holds where `accumulate`.
    pub(crate) fn accumulate(self, accumulate: bool) -> Self {
        Self { accumulate, ..self }
    }

    /// One panel's columns. `c` points to the first row's place for the first of them; rows are `c_row` apart.
    ///
    /// # Safety
    ///
    /// `left` covers `rows` rows and `depth`; `c` has room for `rows` rows of whole vectors.
    #[inline]
    pub(crate) unsafe fn panel(&self, panel: &Panel, c: *mut f32, c_row: usize) {
        let Left { data, row, k } = self.left;
        let (rows, depth) = (self.rows, &self.depth);
        let kernels = self.packed.kernels;
        let tiles = kernels.tiles(panel.vectors);
        let width = panel.vectors * kernels.lanes;
        let near = self.packed.stays_near();
        let count = rows.div_ceil(tiles.len());
        let mut first = 0;
        for i in 0..count {
            let end = rows * (i + 1) / count;
            // SAFETY: the tile covers `first..end`, inside what the caller vouches for.
            unsafe {
                let left = data.wrapping_add(first * row + depth.start * k);
                let right = self.packed.panel(panel).add(depth.start * width);
                // A tiled left operand may come from further away than the panel, which is used again and again; of what is near
                // nothing needs asking for, which would only keep the second cache busy.
                let (ask, ask_row) = if near && end - first <= FEW_ROWS {
                    (core::ptr::null(), 0)
                } else if row == 1 {
                    (left.wrapping_add(depth.len() * k), k)
                } else if near {
                    (right, 0)
                } else {
                    (right.wrapping_add(PREFETCH_ROWS * width), width)
                };
                tiles[end - first - 1](&TileArgs {
                    k: depth.len(),
                    a: left,
                    a_row: row,
                    a_k: k,
                    b: right,
                    b_row: width,
                    ask,
                    ask_row,
                    c: c.add(first * c_row),
                    c_row,
                    accumulate: self.accumulate,
                });
            }
            first = end;
        }
    }

    /// One panel's columns, for a result that has no room for a whole last vector.
    ///
    /// # Safety
    ///
    /// `left` covers `rows` rows and `depth`, and `target` has room for `rows` rows of its columns.
    pub(crate) unsafe fn panel_to(&self, panel: &Panel, target: Target) {
        // The largest tile there is: 14 rows of 8 vectors of 16 lanes.
        const EDGE: usize = 14 * 8 * 16;
        let kernels = self.packed.kernels;
        let width = panel.vectors * kernels.lanes;
        // SAFETY: whole panels go straight to the target; the last one goes through a buffer that holds
        // its full width, of which the columns that exist are copied.
        unsafe {
            if panel.column + width <= target.columns {
                self.panel(panel, target.data.add(panel.column), target.row);
                return;
            }
            let mut edge = [0.0f32; EDGE];
            let most = kernels.tiles(panel.vectors).len();
            assert!(most * width <= EDGE);
            let exist = target.columns - panel.column;
            for first in (0..self.rows).step_by(most) {
                let count = most.min(self.rows - first);
                let out = target.data.add(first * target.row + panel.column);
                let edge = edge.as_mut_ptr();
                if self.accumulate {
                    for row in 0..count {
                        edge.add(row * width)
                            .copy_from(out.add(row * target.row), exist);
                    }
                }
                let part = Product {
                    left: Left {
                        data: self.left.data.wrapping_add(first * self.left.row),
                        ..self.left
                    },
                    rows: count,
                    ..self.clone()
                };
                part.panel(panel, edge, width);
                for row in 0..count {
                    out.add(row * target.row)
                        .copy_from(edge.add(row * width), exist);
                }
            }
        }
    }

    /// All columns of the packed matrix, the zeros at its end included, into rows `c_row` apart.
    ///
    /// # Safety
    ///
    /// `left` covers `rows` rows and `depth`; `c` has room for `rows` rows of `packed.columns` numbers.
    pub(crate) unsafe fn whole(&self, c: *mut f32, c_row: usize) {
        for panel in &self.packed.panels {
            // SAFETY: passed on.
            unsafe { self.panel(panel, c.add(panel.column), c_row) };
        }
    }

    /// All columns that exist.
    ///
    /// # Safety
    ///
    /// As [`Product::panel_to`].
    pub(crate) unsafe fn whole_to(&self, target: Target) {
        for panel in &self.packed.panels {
            // SAFETY: passed on.
            unsafe { self.panel_to(panel, target) };
        }
    }
}

/// Some rows of a large product with a packed matrix whose columns are neighbours: those of `runs`,
/// which the second cache should hold.
///
/// # Safety
///
/// `left` covers `packed.k`; `left` and `target` cover the rows.
pub(crate) unsafe fn multiply_runs(
    left: Left,
    packed: &Packed,
    runs: &[Range<usize>],
    target: Target,
) {
    for panel in &packed.panels {
        for run in runs {
            // SAFETY: passed on.
            unsafe {
                let left = Left {
                    data: left.data.add(run.start * left.row),
                    ..left
                };
                let target = Target {
                    data: target.data.add(run.start * target.row),
                    ..target
                };
                Product::new(left, run.len(), packed).panel_to(panel, target);
            }
        }
    }
}
