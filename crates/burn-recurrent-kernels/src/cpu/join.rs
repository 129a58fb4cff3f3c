//! Rows of two matrices side by side, and apart again.

use core::ops::Range;

use super::copy::CopyArgs;
use super::parts::share;
use super::run::Run;
use super::scratch::{Numbers, Output};
use super::shared::Shared;

/// Rows are shared out in multiples of this.
const ROWS: usize = 16;

/// Rows of `widths[0] + widths[1]` numbers from those of two matrices.
///
/// # Panics
///
/// Where the matrices do not have equally many whole rows.
pub(crate) fn join(run: Run, sides: [&[f32]; 2], widths: [usize; 2]) -> Numbers {
    let width = widths[0] + widths[1];
    let rows = rows(sides[0].len() + sides[1].len(), width);
    assert_eq!(sides[0].len(), rows * widths[0], "whole rows");
    assert_eq!(sides[1].len(), rows * widths[1], "as many rows");
    let mut out = Output::new(rows * width);
    let (sides, to) = (sides.map(Shared::read), out.ptr());
    each_side(run, rows, widths, |side, first, part| {
        // SAFETY: the rows are inside both matrices, and this thread's alone.
        unsafe {
            (run.kernels.copy)(&CopyArgs {
                from: sides[side].at(part.start * widths[side]),
                from_row: widths[side],
                to: to.at(part.start * width + first),
                to_row: width,
                rows: part.len(),
                columns: widths[side],
            });
        }
    });
    // SAFETY: both sides of all rows were written.
    unsafe { out.finish() }
}

/// The two matrices of which [`join`] made one.
///
/// # Panics
///
/// Where the numbers are not whole rows.
pub(crate) fn split(run: Run, joined: &[f32], widths: [usize; 2]) -> [Numbers; 2] {
    let width = widths[0] + widths[1];
    let rows = rows(joined.len(), width);
    assert_eq!(joined.len(), rows * width, "whole rows");
    let mut out = widths.map(|width| Output::new(rows * width));
    let (from, to) = (Shared::read(joined), out.each_mut().map(Output::ptr));
    each_side(run, rows, widths, |side, first, part| {
        // SAFETY: the rows are inside both matrices, and this thread's alone.
        unsafe {
            (run.kernels.copy)(&CopyArgs {
                from: from.at(part.start * width + first),
                from_row: width,
                to: to[side].at(part.start * widths[side]),
                to_row: widths[side],
                rows: part.len(),
                columns: widths[side],
            });
        }
    });
    // SAFETY: all rows of both were written.
    out.map(|out| unsafe { out.finish() })
}

fn rows(numbers: usize, width: usize) -> usize {
    numbers.checked_div(width).unwrap_or(0)
}

/// Calls `copy(side, first column, rows)` for both sides of all rows, on several threads.
fn each_side(
    run: Run,
    rows: usize,
    widths: [usize; 2],
    copy: impl Fn(usize, usize, Range<usize>) + Sync,
) {
    let team = run.team(rows * (widths[0] + widths[1]));
    team.run(&[], &|thread| {
        let part = share(rows, ROWS, thread, team.size());
        copy(0, 0, part.clone());
        copy(1, widths[0], part);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::kernels::Isa;
    use crate::cpu::tests::shapes;

    #[test]
    fn rows_are_side_by_side_and_come_apart_again() {
        let all = [
            [1, 1, 2],
            [7, 65, 3],
            [700, 200, 200],
            [0, 4, 4],
            [3, 0, 5],
            [3, 5, 0],
        ];
        for isa in Isa::available() {
            for [rows, left, right] in shapes(&all, &[[2, 18, 3], [0, 4, 4], [3, 0, 5]]) {
                let widths = [left, right];
                let numbers = |width: usize, from: usize| -> Vec<f32> {
                    (0..rows * width).map(|i| (from + i) as f32).collect()
                };
                let sides = [numbers(widths[0], 0), numbers(widths[1], 1_000_000)];
                for threads in [1, 3] {
                    let run = Run {
                        kernels: isa.kernels(),
                        threads,
                    };
                    let both = sides.each_ref().map(Vec::as_slice);
                    let joined = join(run, both, widths);
                    let expected: Vec<f32> = (0..rows)
                        .flat_map(|row| {
                            let side = |i: usize| &sides[i][row * widths[i]..][..widths[i]];
                            [side(0), side(1)].concat()
                        })
                        .collect();
                    assert_eq!(*joined, *expected);
                    let [left, right] = split(run, &joined, widths);
                    assert_eq!([&*left, &*right], both);
                }
            }
        }
    }
}
