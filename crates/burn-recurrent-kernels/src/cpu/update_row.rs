//! Row kernels of optimiser steps and of a gradient's norm.

use super::simd::Simd;

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
