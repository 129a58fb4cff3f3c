//! Whole matrices, transposed.

use super::copy::TransposeArgs;
use super::parts::share;
use super::run::Run;
use super::scratch::{Numbers, Output};
use super::shared::Shared;

/// Rows that are read before the next columns are: few enough that what is read and written stays in the cache, and
/// its pages in the table of those that were just used.
const ROWS: usize = 256;

/// The transpose of a matrix whose rows have `columns` numbers.
///
/// # Panics
///
/// Where the numbers are not whole rows.
pub(crate) fn transposed(run: Run, numbers: &[f32], columns: usize) -> Numbers {
    let rows = numbers.len().checked_div(columns).unwrap_or(0);
    assert_eq!(numbers.len(), rows * columns, "whole rows");
    let mut out = Output::new(rows * columns);
    let (from, to) = (Shared::read(numbers), out.ptr());
    let team = run.team(numbers.len());
    team.run(&[], &|thread| {
        let lanes = run.kernels.lanes;
        let bands = share(columns.div_ceil(lanes), 1, thread, team.size());
        for first_row in (0..rows).step_by(ROWS) {
            for first_column in bands.clone().map(|band| band * lanes) {
                let width = lanes.min(columns - first_column);
                for row in (first_row..rows.min(first_row + ROWS)).step_by(lanes) {
                    let height = lanes.min(rows - row);
                    let from = from.at(row * columns + first_column);
                    let to = to.at(first_column * rows + row);
                    // SAFETY: `height` rows of `width` numbers are inside the matrix, and as many columns inside the
                    // result, where the columns of this band are this thread's alone.
                    unsafe {
                        if width == lanes && height == lanes {
                            (run.kernels.transpose)(&TransposeArgs {
                                from,
                                from_row: columns,
                                to,
                                to_row: rows,
                            });
                        } else {
                            for i in 0..height {
                                for j in 0..width {
                                    *to.add(j * rows + i) = *from.add(i * columns + j);
                                }
                            }
                        }
                    }
                }
            }
        }
    });
    drop(team);
    // SAFETY: the bands cover all columns, and each band all rows.
    unsafe { out.finish() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::kernels::Isa;

    #[test]
    fn rows_become_columns() {
        for isa in Isa::available() {
            for (rows, columns) in [
                (0, 3),
                (3, 0),
                (1, 1),
                (1, 70),
                (70, 1),
                (16, 16),
                (37, 65),
                (300, 48),
                (513, 257),
            ] {
                let numbers: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
                let expected: Vec<f32> = (0..columns)
                    .flat_map(|column| (0..rows).map(move |row| (row * columns + column) as f32))
                    .collect();
                for threads in [1, 3] {
                    let run = Run {
                        kernels: isa.kernels(),
                        threads,
                    };
                    let result = transposed(run, &numbers, columns);
                    assert_eq!(*result, *expected, "{isa:?}, {rows} x {columns}");
                }
            }
        }
    }
}
