//! Optimiser steps and norms of gradients, each in one pass over memory.

use super::kernels::Kernels;
use super::pool::{Team, share};
use super::scratch::Output;
use super::shared::Shared;
use super::simd::Simd;

/// Numbers that are worked on at a time; sums are taken block by block, so that they do not depend on the threads.
const BLOCK: usize = 1 << 14;
/// Numbers below which a second thread costs more than it brings.
const ALONE: usize = 1 << 16;

/// How many numbers ahead a sum of squares asks for, which does nothing but read.
const SQUARES_AHEAD: usize = 256;

/// A piece of a parameter and of what its update needs. What is read may be where it is written.
#[derive(Clone, Copy)]
pub(crate) struct UpdateRow {
    pub(crate) count: usize,
    pub(crate) parameter: *const f32,
    pub(crate) gradient: *const f32,
    pub(crate) first: *const f32,
    pub(crate) second: *const f32,
    pub(crate) parameter_out: *mut f32,
    pub(crate) first_out: *mut f32,
    pub(crate) second_out: *mut f32,
    pub(crate) rates: Rates,
    /// Out of [`squares`].
    pub(crate) sum: *mut f32,
}

/// The constants of an update.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rates {
    /// What the update is multiplied by before it is taken off: the learning rate with Adam's corrections.
    pub(crate) step: f32,
    /// Added to the root of the second moment.
    pub(crate) epsilon: f32,
    pub(crate) beta_1: f32,
    pub(crate) beta_2: f32,
    /// How much of the parameter is added to the gradient.
    pub(crate) penalty: f32,
    /// What is left of the parameter before the update.
    pub(crate) keep: f32,
}

/// A kernel for one piece.
pub(crate) type UpdateFn = unsafe fn(&UpdateRow);

/// Calls `$body` for every vector of a piece, with its loads and stores cut to what exists.
macro_rules! for_vectors {
    ($row:ident, |$at:ident, $load:ident, $store:ident| $body:block) => {
        let mut $at = 0;
        while $at + S::LANES <= $row.count {
            let $load = |p: *const f32| S::load(p.add($at));
            let $store = |p: *mut f32, v: S::V| S::store(p.add($at), v);
            $body
            $at += S::LANES;
        }
        if $at < $row.count {
            let rest = $row.count - $at;
            let $load = |p: *const f32| S::load_first(p.add($at), rest);
            let $store = |p: *mut f32, v: S::V| S::store_first(p.add($at), v, rest);
            $body
        }
    };
}

/// `parameter - step * (gradient + penalty * parameter)`.
///
/// # Safety
///
/// The row covers `count` numbers; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn sgd<S: Simd>(row: &UpdateRow) {
    // SAFETY: the caller vouches for the memory and for the instruction set.
    unsafe {
        let step = S::splat(-row.rates.step);
        let penalty = S::splat(row.rates.penalty);
        for_vectors!(row, |at, load, store| {
            let parameter = load(row.parameter);
            let gradient = S::mul_add(penalty, parameter, load(row.gradient));
            store(row.parameter_out, S::mul_add(step, gradient, parameter));
        });
    }
}

/// Adam's moments and update (Kingma and Ba 2015, algorithm 1, with the corrections in `rates.step` and
/// `rates.epsilon`).
///
/// # Safety
///
/// As [`sgd`].
#[inline(always)]
pub(crate) unsafe fn adam<S: Simd>(row: &UpdateRow) {
    // SAFETY: the caller vouches for the memory and for the instruction set.
    unsafe {
        let Rates {
            step,
            epsilon,
            beta_1,
            beta_2,
            penalty,
            keep,
        } = row.rates;
        let (one_1, one_2) = (S::splat(1.0 - beta_1), S::splat(1.0 - beta_2));
        let (beta_1, beta_2) = (S::splat(beta_1), S::splat(beta_2));
        let (step, epsilon) = (S::splat(-step), S::splat(epsilon));
        let (penalty, keep) = (S::splat(penalty), S::splat(keep));
        for_vectors!(row, |at, load, store| {
            let parameter = load(row.parameter);
            let gradient = S::mul_add(penalty, parameter, load(row.gradient));
            let first = S::mul_add(one_1, gradient, S::mul(beta_1, load(row.first)));
            let square = S::mul(gradient, gradient);
            let second = S::mul_add(one_2, square, S::mul(beta_2, load(row.second)));
            let update = S::div(first, S::add(S::sqrt(second), epsilon));
            store(row.first_out, first);
            store(row.second_out, second);
            store(
                row.parameter_out,
                S::mul_add(step, update, S::mul(keep, parameter)),
            );
        });
    }
}

/// `step * parameter`.
///
/// # Safety
///
/// As [`sgd`].
#[inline(always)]
pub(crate) unsafe fn scale_all<S: Simd>(row: &UpdateRow) {
    // SAFETY: the caller vouches for the memory and for the instruction set.
    unsafe {
        let step = S::splat(row.rates.step);
        for_vectors!(row, |at, load, store| {
            store(row.parameter_out, S::mul(step, load(row.parameter)));
        });
    }
}

/// The sum of the squares of `gradient`.
///
/// # Safety
///
/// As [`sgd`].
#[inline(always)]
pub(crate) unsafe fn squares<S: Simd>(row: &UpdateRow) {
    // SAFETY: the caller vouches for the memory and for the instruction set.
    unsafe {
        // Four sums, since each waits for its last addition.
        let mut sums = [S::splat(0.0); 4];
        let whole = row.count / (4 * S::LANES) * (4 * S::LANES);
        let mut first = 0;
        while first < whole {
            for (i, sum) in sums.iter_mut().enumerate() {
                let at = first + i * S::LANES;
                S::prefetch(row.gradient.wrapping_add(at + SQUARES_AHEAD));
                let x = S::load(row.gradient.add(at));
                *sum = S::mul_add(x, x, *sum);
            }
            first += 4 * S::LANES;
        }
        let [a, b, c, d] = sums;
        let mut total = S::add(S::add(a, b), S::add(c, d));
        let rest = UpdateRow {
            count: row.count - whole,
            gradient: row.gradient.add(whole),
            ..*row
        };
        for_vectors!(rest, |at, load, _store| {
            let x = load(rest.gradient);
            total = S::mul_add(x, x, total);
        });
        *row.sum = S::sum(total);
    }
}

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
