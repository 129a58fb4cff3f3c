//! Products of a matrix with packed panels.

use core::ops::Range;

use super::kernels::Kernels;
use super::pack::{Packed, Panel, Source};
use super::rows::RowsArgs;
use super::tile::{FEW_ROWS, PREFETCH_ROWS, TileArgs};

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
    let width = panel.vectors * kernels.lanes;
    let near = packed.stays_near();
    let count = rows.div_ceil(tiles.len());
    let mut row = 0;
    for i in 0..count {
        let end = rows * (i + 1) / count;
        // SAFETY: the tile covers `row..end`, inside what the caller vouches for.
        unsafe {
            let left = a.data.wrapping_add(row * a.row + depth.start * a.k);
            let right = packed.panel(panel).add(depth.start * width);
            // A tiled left operand may come from further away than the panel, which is used again and again; of what is near
            // nothing needs asking for, which would only keep the second cache busy.
            let (ask, ask_row) = if near && end - row <= FEW_ROWS {
                (core::ptr::null(), 0)
            } else if a.row == 1 {
                (left.wrapping_add(depth.len() * a.k), a.k)
            } else if near {
                (right, 0)
            } else {
                (right.wrapping_add(PREFETCH_ROWS * width), width)
            };
            tiles[end - row - 1](&TileArgs {
                k: depth.len(),
                a: left,
                a_row: a.row,
                a_k: a.k,
                b: right,
                b_row: width,
                ask,
                ask_row,
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

/// Where the columns of a product go: packed column `j` to `data + row * row_stride + j` for
/// `j < columns`.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) data: *mut f32,
    pub(crate) row: usize,
    /// Columns that exist; the last panel may be wider.
    pub(crate) columns: usize,
}

/// Some rows of a large product with a packed matrix whose columns are neighbours: those of `runs`,
/// which the second cache should hold.
///
/// # Safety
///
/// `a` covers `packed.k`; `a` and `target` cover the rows.
pub(crate) unsafe fn multiply_runs(
    kernels: &Kernels,
    a: Left,
    packed: &Packed,
    runs: &[Range<usize>],
    target: Target,
) {
    for panel in &packed.panels {
        for run in runs {
            // SAFETY: passed on.
            unsafe {
                let a = Left {
                    data: a.data.add(run.start * a.row),
                    ..a
                };
                let target = Target {
                    data: target.data.add(run.start * target.row),
                    ..target
                };
                multiply_to(
                    kernels,
                    a,
                    packed,
                    panel,
                    run.len(),
                    0..packed.k,
                    target,
                    false,
                );
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

/// `c = a * b` for some columns of `b` without any packing: for weights that are used once or twice.
///
/// # Safety
///
/// `a` covers `rows` rows of `k` numbers; `b` has `k` rows, and its columns are neighbours; `c` has
/// `rows` rows of as many numbers as there are columns.
#[expect(clippy::too_many_arguments)]
pub(crate) unsafe fn multiply_unpacked(
    kernels: &'static Kernels,
    a: Left,
    b: Source,
    k: usize,
    columns: Range<usize>,
    rows: usize,
    c: *mut f32,
    c_row: usize,
) {
    let few = kernels.rows.get(rows.wrapping_sub(1));
    if let (Some(product), 1, 1) = (few, a.k, b.col) {
        // SAFETY: passed on.
        unsafe {
            product(&RowsArgs {
                a: a.data,
                a_row: a.row,
                k,
                b: b.data.add(columns.start),
                b_row: b.row,
                columns: columns.len(),
                c,
                c_row,
            });
        }
        return;
    }
    let mut out = 0;
    let mut column = columns.start;
    let mut vectors = panel_vectors(rows);
    while column < columns.end {
        let left = columns.end - column;
        while vectors > 1 && vectors * kernels.lanes > left {
            vectors /= 2;
        }
        let width = vectors * kernels.lanes;
        // SAFETY: whole tiles are inside `b`'s columns and `c`. Fewer columns than a vector go
        // through a small packed copy, since a tile reads whole vectors.
        unsafe {
            if width > left {
                let packed =
                    Packed::new(kernels, k, core::slice::from_ref(&(column..columns.end)), 1);
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
                        ask: b.data.wrapping_add(column + PREFETCH_ROWS * b.row),
                        ask_row: b.row,
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
