//! Rows of a table, and the gradient of the table.

use core::ops::Range;

use super::pool::{Team, share};
use super::scratch::{Numbers, Output};
use super::shared::Shared;

/// Numbers below which a second thread costs more than it brings.
const ALONE: usize = 1 << 16;
/// Columns that threads share out.
const GRAIN: usize = 16;

/// The rows of `table`, `[rows, width]`, that `indices` name: `[indices, width]`.
///
/// # Panics
///
/// Where an index is not below the number of rows.
pub(crate) fn rows(threads: usize, table: &[f32], width: usize, indices: &[usize]) -> Numbers {
    let count = indices.len() * width;
    let mut out = Output::new(count);
    let to = out.ptr();
    let team = Team::take(if count < ALONE { 1 } else { threads });
    team.run(&[], &|thread| {
        for i in share(indices.len(), 1, thread, team.size()) {
            let row = &table[indices[i] * width..][..width];
            // SAFETY: output row `i` is this thread's alone.
            unsafe {
                to.at(i * width)
                    .copy_from_nonoverlapping(row.as_ptr(), width)
            };
        }
    });
    drop(team);
    // SAFETY: every row was copied.
    unsafe { out.finish() }
}

/// The gradient of a table of `rows` rows: row by row the sum of the gradients of its uses, in their order.
///
/// # Panics
///
/// Where an index is not below `rows`.
pub(crate) fn gradient(
    threads: usize,
    rows: usize,
    width: usize,
    indices: &[usize],
    d_output: &[f32],
) -> Numbers {
    assert_eq!(
        d_output.len(),
        indices.len() * width,
        "a gradient for each row used"
    );
    assert!(
        indices.iter().all(|&index| index < rows),
        "an index beyond the table"
    );
    let mut out = Output::new(rows * width);
    let to = out.ptr();
    let team = Team::take(if rows * width < ALONE { 1 } else { threads });
    team.run(&[], &|thread| {
        let columns = share(width, GRAIN, thread, team.size());
        // SAFETY: these columns are this thread's alone.
        unsafe { add_columns(to, rows, width, indices, d_output, columns) };
    });
    drop(team);
    // SAFETY: the threads' columns are all there are.
    unsafe { out.finish() }
}

/// Some columns of a gradient.
///
/// # Safety
///
/// `to` has `rows` rows of `width` numbers, whose `columns` no other thread uses; every index is below `rows`, and
/// `d_output` has a row for each.
unsafe fn add_columns(
    to: Shared,
    rows: usize,
    width: usize,
    indices: &[usize],
    d_output: &[f32],
    columns: Range<usize>,
) {
    // SAFETY: the caller vouches for the places; they are written before they are made a slice.
    unsafe {
        if columns.len() == width {
            to.0.write_bytes(0, rows * width);
        } else {
            for row in 0..rows {
                to.at(row * width + columns.start)
                    .write_bytes(0, columns.len());
            }
        }
        for (i, &index) in indices.iter().enumerate() {
            let sum = core::slice::from_raw_parts_mut(
                to.at(index * width + columns.start),
                columns.len(),
            );
            let gradient = &d_output[i * width..][columns.clone()];
            for (sum, gradient) in sum.iter_mut().zip(gradient) {
                *sum += gradient;
            }
        }
    }
}
