//! Rows of a table, and the gradient of the table.

use super::parts::share;
use super::pool::{Barrier, Team};
use super::scratch::{Numbers, Output};

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
    let zeroed = Barrier::new(team.size());
    team.run(&[&zeroed], &|thread| {
        let (part, columns) = (
            share(rows, 1, thread, team.size()),
            share(width, GRAIN, thread, team.size()),
        );
        // Zeros go through memory in order. Rows are used unevenly, columns alike.
        // SAFETY: these rows are this thread's alone up to the barrier, and these columns after it, when all is zero.
        unsafe {
            to.at(part.start * width).write_bytes(0, part.len() * width);
            zeroed.wait();
            for (i, &index) in indices.iter().enumerate() {
                let first = to.at(index * width + columns.start);
                let sum = core::slice::from_raw_parts_mut(first, columns.len());
                let gradient = &d_output[i * width..][columns.clone()];
                for (sum, gradient) in sum.iter_mut().zip(gradient) {
                    *sum += gradient;
                }
            }
        }
    });
    drop(team);
    // SAFETY: the threads' rows are all there are.
    unsafe { out.finish() }
}
