//! Row kernels of attention over the states of a source: scores, weighted sums, and their derivatives.
//!
//! ```text
//! score_s = energy . tanh(key_s + query)      additive, Bahdanau et al. 2015
//! score_s = key_s . query                     dot, Luong et al. 2015
//! ```
//!
//! Every result depends on the row's own numbers alone, and is summed in an order that depends on the
//! instruction set and the widths.

use super::cells::{get, put};
use super::math::tanh;
use super::simd::Simd;

/// The additive scores of one row's query over its source.
#[derive(Clone, Copy)]
pub(crate) struct AdditiveRow {
    /// Source steps that exist.
    pub(crate) steps: usize,
    /// Width of the keys.
    pub(crate) width: usize,
    /// `[steps, width]`
    pub(crate) keys: *const f32,
    /// `[width]`
    pub(crate) query: *const f32,
    /// `[width]`
    pub(crate) energy: *const f32,
    /// Out of [`additive_scores`], and into [`additive_backward`] as gradients: `[steps]`.
    pub(crate) scores: *mut f32,
    /// `[steps, width]`, added to by the backward pass.
    pub(crate) d_keys: *mut f32,
    /// `[width]`, written by the backward pass.
    pub(crate) d_query: *mut f32,
    /// `[width]`, added to by the backward pass.
    pub(crate) d_energy: *mut f32,
}

/// Products of one vector with the rows of a matrix.
#[derive(Clone, Copy)]
pub(crate) struct DotsRow {
    /// `[count, width]`
    pub(crate) rows: *const f32,
    pub(crate) count: usize,
    pub(crate) width: usize,
    /// `[width]`
    pub(crate) vector: *const f32,
    /// `[count]`
    pub(crate) out: *mut f32,
}

/// A sum of the rows of a matrix, each times a factor.
#[derive(Clone, Copy)]
pub(crate) struct WeightedSum {
    /// `[count, width]`
    pub(crate) rows: *const f32,
    pub(crate) count: usize,
    pub(crate) width: usize,
    /// `[count]`, `factor_stride` apart.
    pub(crate) factors: *const f32,
    pub(crate) factor_stride: usize,
    /// `[width]`
    pub(crate) out: *mut f32,
}

/// A kernel for the additive scores of one row.
pub(crate) type AdditiveFn = unsafe fn(&AdditiveRow);
/// A kernel for products of one vector.
pub(crate) type DotsFn = unsafe fn(&DotsRow);
/// A kernel for a weighted sum.
pub(crate) type WeightedSumFn = unsafe fn(&WeightedSum);

/// Calls `$step::<S, C, FULL>($args, first, count)` for blocks of `$most` vectors of `0..$n`, then for single
/// ones.
macro_rules! for_blocks {
    ($n:expr, $most:literal, $step:ident, $args:expr) => {{
        let mut first = 0;
        while first + $most * S::LANES <= $n {
            $step::<S, $most, true>($args, first, S::LANES);
            first += $most * S::LANES;
        }
        while first + S::LANES <= $n {
            $step::<S, 1, true>($args, first, S::LANES);
            first += S::LANES;
        }
        if first < $n {
            $step::<S, 1, false>($args, first, $n - first);
        }
    }};
}

/// `scores[s] = energy . tanh(keys[s] + query)`.
///
/// # Safety
///
/// The pointers cover what [`AdditiveRow`] describes; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn additive_scores<S: Simd>(row: &AdditiveRow) {
    // SAFETY: passed on; the last numbers are read no further than they exist, and the tanh of the zeros
    // beyond them is multiplied by zeros.
    unsafe {
        let whole = row.width / S::LANES * S::LANES;
        for s in 0..row.steps {
            let key = row.keys.add(s * row.width);
            let mut sum = S::splat(0.0);
            for at in (0..whole).step_by(S::LANES) {
                let x = S::add(S::load(key.add(at)), S::load(row.query.add(at)));
                sum = S::mul_add(tanh::<S>(x), S::load(row.energy.add(at)), sum);
            }
            let rest = row.width - whole;
            if rest > 0 {
                let part = |from: *const f32| S::load_first(from.add(whole), rest);
                let x = S::add(part(key), part(row.query));
                sum = S::mul_add(tanh::<S>(x), part(row.energy), sum);
            }
            *row.scores.add(s) = S::sum(sum);
        }
    }
}

/// The derivatives of [`additive_scores`], whose tanh is computed again.
///
/// # Safety
///
/// As [`additive_scores`].
#[inline(always)]
pub(crate) unsafe fn additive_backward<S: Simd>(row: &AdditiveRow) {
    // SAFETY: passed on.
    unsafe { for_blocks!(row.width, 2, additive_backward_step, row) }
}

#[inline(always)]
unsafe fn additive_backward_step<S: Simd, const C: usize, const FULL: bool>(
    row: &AdditiveRow,
    first: usize,
    n: usize,
) {
    // SAFETY: `C` vectors from `first` on are inside the row's width, for which the caller vouches; of the
    // last one `n` numbers are.
    unsafe {
        let at: [usize; C] = core::array::from_fn(|v| first + v * S::LANES);
        let query = at.map(|at| get::<S, FULL>(row.query.add(at), n));
        let energy = at.map(|at| get::<S, FULL>(row.energy.add(at), n));
        let mut d_query = [S::splat(0.0); C];
        let mut d_energy = at.map(|at| get::<S, FULL>(row.d_energy.add(at), n));
        for s in 0..row.steps {
            let d_score = S::splat(*row.scores.add(s));
            for v in 0..C {
                let place = s * row.width + at[v];
                let u = tanh::<S>(S::add(get::<S, FULL>(row.keys.add(place), n), query[v]));
                d_energy[v] = S::mul_add(d_score, u, d_energy[v]);
                let slope = S::sub(S::splat(1.0), S::mul(u, u));
                let d_sum = S::mul(S::mul(d_score, energy[v]), slope);
                d_query[v] = S::add(d_query[v], d_sum);
                let d_key = row.d_keys.add(place);
                put::<S, FULL>(d_key, S::add(get::<S, FULL>(d_key, n), d_sum), n);
            }
        }
        for v in 0..C {
            put::<S, FULL>(row.d_query.add(at[v]), d_query[v], n);
            put::<S, FULL>(row.d_energy.add(at[v]), d_energy[v], n);
        }
    }
}

/// `out[i] = rows[i] . vector`.
///
/// # Safety
///
/// The pointers cover what [`DotsRow`] describes; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn dots<S: Simd>(row: &DotsRow) {
    // Rows whose sums are under way together: one alone would wait for its own additions.
    const TOGETHER: usize = 4;
    // SAFETY: passed on.
    unsafe {
        let whole = row.count / TOGETHER * TOGETHER;
        for first in (0..whole).step_by(TOGETHER) {
            some_dots::<S, TOGETHER>(row, first);
        }
        for first in whole..row.count {
            some_dots::<S, 1>(row, first);
        }
    }
}

#[inline(always)]
unsafe fn some_dots<S: Simd, const R: usize>(row: &DotsRow, first: usize) {
    // SAFETY: rows `first..first + R` exist, for which the caller vouches; the last numbers are read no
    // further than they exist.
    unsafe {
        let rows: [*const f32; R] = core::array::from_fn(|r| row.rows.add((first + r) * row.width));
        let mut sums = [S::splat(0.0); R];
        let whole = row.width / S::LANES * S::LANES;
        for at in (0..whole).step_by(S::LANES) {
            let x = S::load(row.vector.add(at));
            for r in 0..R {
                sums[r] = S::mul_add(S::load(rows[r].add(at)), x, sums[r]);
            }
        }
        let rest = row.width - whole;
        if rest > 0 {
            let x = S::load_first(row.vector.add(whole), rest);
            for r in 0..R {
                sums[r] = S::mul_add(S::load_first(rows[r].add(whole), rest), x, sums[r]);
            }
        }
        for (r, sum) in sums.into_iter().enumerate() {
            *row.out.add(first + r) = S::sum(sum);
        }
    }
}

/// `out = sum_i factors[i] * rows[i]`, in the order of the rows.
///
/// # Safety
///
/// The pointers cover what [`WeightedSum`] describes; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn weighted_sum<S: Simd>(row: &WeightedSum) {
    // SAFETY: passed on.
    unsafe { for_blocks!(row.width, 4, weighted_sum_step, row) }
}

#[inline(always)]
unsafe fn weighted_sum_step<S: Simd, const C: usize, const FULL: bool>(
    row: &WeightedSum,
    first: usize,
    n: usize,
) {
    // SAFETY: `C` vectors from `first` on are inside the row's width, for which the caller vouches; of the
    // last one `n` numbers are.
    unsafe {
        let mut sums = [S::splat(0.0); C];
        for i in 0..row.count {
            let factor = S::splat(*row.factors.add(i * row.factor_stride));
            for (v, sum) in sums.iter_mut().enumerate() {
                let at = row.rows.add(i * row.width + first + v * S::LANES);
                *sum = S::mul_add(factor, get::<S, FULL>(at, n), *sum);
            }
        }
        for (v, sum) in sums.into_iter().enumerate() {
            put::<S, FULL>(row.out.add(first + v * S::LANES), sum, n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::kernels::Isa;

    /// Numbers between -1 and 1 that follow no pattern.
    fn numbers(seed: u32, count: usize) -> Vec<f32> {
        let mut state = seed;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        };
        (0..count).map(next).collect()
    }

    fn close(ours: &[f32], exact: &[f64], what: &str) {
        for (i, (ours, exact)) in ours.iter().zip(exact).enumerate() {
            let error = (f64::from(*ours) - exact).abs();
            assert!(
                error <= 2e-6 * exact.abs().max(1.0),
                "{what} {i}: {ours} {exact}"
            );
        }
    }

    const SHAPES: [(usize, usize); 7] =
        [(1, 1), (1, 16), (3, 7), (5, 33), (9, 64), (4, 129), (0, 8)];

    #[test]
    fn additive_scores_and_their_derivatives_are_those_of_f64() {
        for isa in Isa::available() {
            for (steps, width) in SHAPES {
                let keys = numbers(1, steps * width);
                let (query, energy) = (numbers(2, width), numbers(3, width));
                let d_scores = numbers(4, steps);
                let mut scores = vec![0.0; steps];
                let (mut d_keys, mut d_energy) = (numbers(5, steps * width), numbers(6, width));
                let mut exact_scores = vec![0.0; steps];
                let mut exact_d_query = vec![0.0; width];
                let mut exact_d_keys: Vec<f64> = d_keys.iter().map(|&x| x.into()).collect();
                let mut exact_d_energy: Vec<f64> = d_energy.iter().map(|&x| x.into()).collect();
                for s in 0..steps {
                    for a in 0..width {
                        let at = s * width + a;
                        let u = (f64::from(keys[at]) + f64::from(query[a])).tanh();
                        let (energy, d_score) = (f64::from(energy[a]), f64::from(d_scores[s]));
                        exact_scores[s] += energy * u;
                        exact_d_energy[a] += d_score * u;
                        exact_d_query[a] += d_score * energy * (1.0 - u * u);
                        exact_d_keys[at] += d_score * energy * (1.0 - u * u);
                    }
                }
                let mut d_query = vec![f32::NAN; width];
                let mut row = AdditiveRow {
                    steps,
                    width,
                    keys: keys.as_ptr(),
                    query: query.as_ptr(),
                    energy: energy.as_ptr(),
                    scores: scores.as_mut_ptr(),
                    d_keys: d_keys.as_mut_ptr(),
                    d_query: d_query.as_mut_ptr(),
                    d_energy: d_energy.as_mut_ptr(),
                };
                let mut given = d_scores.clone();
                // SAFETY: all vectors are as long as is said, and the processor has the instructions.
                unsafe {
                    (isa.kernels().additive_scores)(&row);
                    row.scores = given.as_mut_ptr();
                    (isa.kernels().additive_backward)(&row);
                }
                close(&scores, &exact_scores, "scores");
                close(&d_query, &exact_d_query, "d_query");
                close(&d_keys, &exact_d_keys, "d_keys");
                close(&d_energy, &exact_d_energy, "d_energy");
            }
        }
    }

    #[test]
    fn dots_and_weighted_sums_are_those_of_f64() {
        for isa in Isa::available() {
            for (count, width) in SHAPES {
                const STRIDE: usize = 3;
                let rows = numbers(1, count * width);
                let (vector, factors) = (numbers(2, width), numbers(3, count * STRIDE));
                let (mut dots, mut sums) = (vec![f32::NAN; count], vec![f32::NAN; width]);
                // SAFETY: all vectors are as long as is said, and the processor has the instructions.
                unsafe {
                    (isa.kernels().dots)(&DotsRow {
                        rows: rows.as_ptr(),
                        count,
                        width,
                        vector: vector.as_ptr(),
                        out: dots.as_mut_ptr(),
                    });
                    (isa.kernels().weighted_sum)(&WeightedSum {
                        rows: rows.as_ptr(),
                        count,
                        width,
                        factors: factors.as_ptr(),
                        factor_stride: STRIDE,
                        out: sums.as_mut_ptr(),
                    });
                }
                let row = |i: usize| rows[i * width..][..width].iter().map(|&x| f64::from(x));
                let exact_dots: Vec<f64> = (0..count)
                    .map(|i| row(i).zip(&vector).map(|(x, &y)| x * f64::from(y)).sum())
                    .collect();
                let mut exact_sums = vec![0.0; width];
                for i in 0..count {
                    for (sum, x) in exact_sums.iter_mut().zip(row(i)) {
                        *sum += f64::from(factors[i * STRIDE]) * x;
                    }
                }
                close(&dots, &exact_dots, "dots");
                close(&sums, &exact_sums, "sums");
            }
        }
    }
}
