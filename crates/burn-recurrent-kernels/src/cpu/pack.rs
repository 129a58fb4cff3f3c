//! Matrices copied into panels, the order in which a product tile reads them.

use core::ops::Range;

use super::cache::near_bytes;
use super::copy::{CopyArgs, TransposeArgs};
use super::kernels::Kernels;
use super::matrix::Source;
use super::scratch::Scratch;
use super::shared::Shared;

/// One panel: `k` rows of `vectors` vectors.
#[derive(Clone, Copy)]
pub(crate) struct Panel {
    /// First packed column.
    pub(crate) column: usize,
    /// Width in vectors: 1, 2, 4 or 8.
    pub(crate) vectors: usize,
}

/// A matrix of `k` rows in panels. Packed columns are those of the given ranges, one range after
/// the other, and zeros up to a whole vector.
pub(crate) struct Packed {
    pub(crate) k: usize,
    /// Columns including the zeros at the end.
    pub(crate) columns: usize,
    pub(crate) panels: Vec<Panel>,
    map: Vec<usize>,
    pub(crate) kernels: &'static Kernels,
    data: Scratch,
}

impl Packed {
    /// Room for `k` rows of the columns in `ranges`, in panels of at most `vectors` vectors.
    /// Nothing may be read before [`Packed::fill`] has run for all panels.
    pub(crate) fn new(
        kernels: &'static Kernels,
        k: usize,
        ranges: &[Range<usize>],
        vectors: usize,
    ) -> Self {
        let lanes = kernels.lanes;
        let map: Vec<usize> = ranges.iter().cloned().flatten().collect();
        let columns = map.len().next_multiple_of(lanes);
        let mut panels = Vec::new();
        let (mut column, mut width) = (0, vectors);
        while column < columns {
            while width * lanes > columns - column {
                width /= 2;
            }
            panels.push(Panel {
                column,
                vectors: width,
            });
            column += width * lanes;
        }
        let data = Scratch::new(k * columns);
        Self {
            k,
            columns,
            panels,
            map,
            kernels,
            data,
        }
    }

    /// The filling of all panels with `source`, a task each.
    pub(crate) fn fills(&self, source: Source) -> impl Iterator<Item = Fill<'_>> {
        self.panels.iter().map(move |panel| Fill {
            packed: self,
            panel,
            data: Shared(source.data.cast_mut()),
            row: source.row,
            col: source.col,
        })
    }

    /// Copies one panel.
    ///
    /// # Safety
    ///
    /// `source` covers `k` rows and all columns of the ranges; no other thread uses this panel.
    pub(crate) unsafe fn fill(&self, panel: &Panel, source: Source) {
        // SAFETY: passed on.
        unsafe { self.fill_part(panel, source, 0..self.k) };
    }

    /// Copies some rows of one panel.
    ///
    /// # Safety
    ///
    /// As [`Packed::fill`].
    unsafe fn fill_part(&self, panel: &Panel, source: Source, rows: Range<usize>) {
        let width = panel.vectors * self.kernels.lanes;
        let first = panel.column.min(self.map.len());
        let columns = &self.map[first..(first + width).min(self.map.len())];
        // SAFETY: the panel's place is inside the data, and this thread's alone.
        unsafe {
            let out = self
                .data
                .ptr()
                .add(self.k * panel.column + rows.start * width);
            if columns.len() < width {
                for i in 0..rows.len() {
                    out.add(i * width + columns.len())
                        .write_bytes(0, width - columns.len());
                }
            }
            let source = Source {
                data: source.data.add(rows.start * source.row),
                ..source
            };
            if source.col == 1 {
                copy_rows(self.kernels, source, columns, out, rows.len(), width);
            } else {
                transpose(self.kernels, source, columns, out, rows.len(), width);
            }
        }
    }

    /// Copies all panels, a few rows at a time: rows of a large matrix lie on pages of their own.
    ///
    /// # Safety
    ///
    /// As [`Packed::fill`], for all panels; the columns of `source` are neighbours in memory.
    pub(crate) unsafe fn fill_all(&self, source: Source) {
        const ROWS: usize = 16;
        for first in (0..self.k).step_by(ROWS) {
            let part = first..(first + ROWS).min(self.k);
            for panel in &self.panels {
                // SAFETY: passed on.
                unsafe { self.fill_part(panel, source, part.clone()) };
            }
        }
    }

    /// Whether a core that goes through this again and again finds it in its second cache.
    pub(crate) fn stays_near(&self) -> bool {
        self.data.len() * size_of::<f32>() <= near_bytes()
    }

    /// The start of a panel.
    pub(crate) fn panel(&self, panel: &Panel) -> *const f32 {
        // SAFETY: a panel of this matrix starts inside its data.
        unsafe { self.data.ptr().add(self.k * panel.column) }
    }
}

/// A panel that some thread is to fill, and the [`Source`] to fill it from.
pub(crate) struct Fill<'a> {
    packed: &'a Packed,
    panel: &'a Panel,
    data: Shared,
    row: usize,
    col: usize,
}

impl Fill<'_> {
    /// Fills it.
    ///
    /// # Safety
    ///
    /// As [`Packed::fill`].
    pub(crate) unsafe fn run(&self) {
        let source = Source {
            data: self.data.at(0),
            row: self.row,
            col: self.col,
        };
        // SAFETY: passed on.
        unsafe { self.packed.fill(self.panel, source) };
    }
}

/// Copies columns of a row-major matrix; runs of neighbours go in one piece.
///
/// # Safety
///
/// `source` covers `k` rows and the columns, which are neighbours in memory; `out` has room for `k`
/// rows of `width` numbers, no fewer than there are columns, and does not overlap with `source`.
unsafe fn copy_rows(
    kernels: &Kernels,
    source: Source,
    columns: &[usize],
    out: *mut f32,
    k: usize,
    width: usize,
) {
    let mut start = 0;
    while start < columns.len() {
        let mut end = start + 1;
        while end < columns.len() && columns[end] == columns[end - 1] + 1 {
            end += 1;
        }
        // SAFETY: the caller vouches for both ranges, which do not overlap.
        unsafe {
            (kernels.copy)(&CopyArgs {
                from: source.data.wrapping_add(columns[start]),
                from_row: source.row,
                to: out.add(start),
                to_row: width,
                rows: k,
                columns: end - start,
            });
        }
        start = end;
    }
}

/// Copies columns that are rows in memory: square blocks where there are whole ones.
///
/// # Safety
///
/// `source` covers `k` rows and the columns, in which the rows are neighbours; `out` has room for `k`
/// rows of `width` numbers, no fewer than there are columns, and does not overlap with `source`.
unsafe fn transpose(
    kernels: &Kernels,
    source: Source,
    columns: &[usize],
    out: *mut f32,
    k: usize,
    width: usize,
) {
    let lanes = kernels.lanes;
    assert_eq!(source.row, 1, "rows that are neighbours");
    for first in (0..k).step_by(lanes) {
        let count = lanes.min(k - first);
        for (group, columns) in columns.chunks(lanes).enumerate() {
            let from = source.data.wrapping_add(first);
            let to = out.wrapping_add(first * width + group * lanes);
            let neighbours = columns.len() == lanes && columns[lanes - 1] == columns[0] + lanes - 1;
            // SAFETY: the caller vouches for both places.
            unsafe {
                if neighbours && count == lanes {
                    (kernels.transpose)(&TransposeArgs {
                        from: from.add(columns[0] * source.col),
                        from_row: source.col,
                        to,
                        to_row: width,
                    });
                } else {
                    for (j, &column) in columns.iter().enumerate() {
                        for i in 0..count {
                            *to.add(i * width + j) = *from.add(column * source.col + i);
                        }
                    }
                }
            }
        }
    }
}
