//! Optimiser steps and norms of gradients, each in one pass over memory.

use super::kernels::Kernels;
use super::parts::share;
use super::pool::Team;
use super::scratch::Output;
use super::shared::Shared;
use super::update_row::{Rates, UpdateFn, UpdateRow};

/// Numbers that are worked on at a time; sums are taken block by block, so that they do not depend on the threads.
const BLOCK: usize = 1 << 14;
/// Numbers below which a second thread costs more than it brings.
const ALONE: usize = 1 << 16;

/// The operands of an update, of the same number of elements each.
pub(crate) struct Update<'a> {
    pub(crate) parameter: Operand<'a>,
    /// Empty for a kernel that reads none.
    pub(crate) gradient: &'a [f32],
    pub(crate) first: Operand<'a>,
    pub(crate) second: Operand<'a>,
}

/// Numbers that change: in place, or into memory that is written from the first to the last.
pub(crate) enum Operand<'a> {
    Absent,
    InPlace(&'a mut [f32]),
    Copied(&'a [f32], &'a mut Output),
}

impl Operand<'_> {
    fn len(&self) -> usize {
        match self {
            Operand::Absent => 0,
            Operand::InPlace(data) => data.len(),
            Operand::Copied(from, _) => from.len(),
        }
    }

    /// Where to read and where to write `count` numbers.
    fn pointers(&mut self, count: usize) -> (Shared, Shared) {
        match self {
            Operand::Absent => (Shared::NULL, Shared::NULL),
            Operand::InPlace(data) => {
                assert_eq!(data.len(), count, "operands of an update are of one size");
                let start = Shared(data.as_mut_ptr());
                (start, start)
            }
            Operand::Copied(from, to) => {
                assert_eq!(from.len(), count, "operands of an update are of one size");
                assert_eq!(to.len(), count, "operands of an update are of one size");
                (Shared::read(from), to.ptr())
            }
        }
    }
}

/// Runs an update's kernel over all of its operands; what is copied is written from the first to the
/// last number.
pub(crate) fn update(kernel: UpdateFn, threads: usize, update: Update<'_>, rates: Rates) {
    let Update {
        mut parameter,
        gradient,
        mut first,
        mut second,
    } = update;
    let count = parameter.len();
    assert!(
        gradient.is_empty() || gradient.len() == count,
        "operands of an update are of one size"
    );
    let gradient = Shared::read(gradient);
    let (parameter_in, parameter_out) = parameter.pointers(count);
    let (first_in, first_out) = first.pointers(count);
    let (second_in, second_out) = second.pointers(count);
    let team = Team::take(if count < ALONE { 1 } else { threads });
    team.run(&[], &|thread| {
        let range = share(count, BLOCK, thread, team.size());
        // SAFETY: every pointer has `count` numbers behind it or is not used by the kernel, and each thread works on a
        // range of its own.
        unsafe {
            kernel(&UpdateRow {
                count: range.len(),
                parameter: parameter_in.at(range.start),
                gradient: gradient.at(range.start),
                first: first_in.at(range.start),
                second: second_in.at(range.start),
                parameter_out: parameter_out.at(range.start),
                first_out: first_out.at(range.start),
                second_out: second_out.at(range.start),
                rates,
                sum: core::ptr::null_mut(),
            });
        }
    });
}

/// The sum of the squares of some numbers, the same for any number of threads.
pub(crate) fn sum_of_squares(kernels: &Kernels, threads: usize, numbers: &[f32]) -> f64 {
    let blocks = numbers.len().div_ceil(BLOCK);
    let mut sums = vec![0.0f32; blocks];
    let out = Shared(sums.as_mut_ptr());
    let gradient = Shared::read(numbers);
    let team = Team::take(if numbers.len() < ALONE { 1 } else { threads });
    team.run(&[], &|thread| {
        let null = core::ptr::null_mut::<f32>();
        for block in share(blocks, 1, thread, team.size()) {
            let first = block * BLOCK;
            // SAFETY: the block is inside the numbers, and its sum is this thread's alone; the kernel uses nothing else.
            unsafe {
                (kernels.squares)(&UpdateRow {
                    count: BLOCK.min(numbers.len() - first),
                    parameter: null,
                    gradient: gradient.at(first),
                    first: null,
                    second: null,
                    parameter_out: null,
                    first_out: null,
                    second_out: null,
                    rates: Rates::default(),
                    sum: out.at(block),
                });
            }
        }
    });
    drop(team);
    sums.into_iter().map(f64::from).sum()
}
