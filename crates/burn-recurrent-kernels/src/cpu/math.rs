//! `exp`, `sigmoid` and `tanh` on vectors, to about one unit in the last place.

use super::simd::Simd;

const LOG2_E: f32 = core::f32::consts::LOG2_E;
// ln 2 in two parts; the first has so few bits that its product with a whole number is exact.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// Splits `x = n ln 2 + r` and returns `n` and `e^r - 1` with full relative accuracy.
///
/// The polynomial is the one of `expf` in the Cephes library.
///
/// # Safety
///
/// The processor has `S`.
#[inline(always)]
unsafe fn reduced<S: Simd>(x: S::V) -> (S::V, S::V) {
    // SAFETY: register operations; the caller guarantees the instruction set.
    unsafe {
        let n = S::round(S::mul(x, S::splat(LOG2_E)));
        let r = S::mul_add(n, S::splat(-LN2_HIGH), x);
        let r = S::mul_add(n, S::splat(-LN2_LOW), r);
        let mut p = S::splat(1.987_569_1e-4);
        p = S::mul_add(p, r, S::splat(1.398_2e-3));
        p = S::mul_add(p, r, S::splat(8.333_452e-3));
        p = S::mul_add(p, r, S::splat(4.166_579_6e-2));
        p = S::mul_add(p, r, S::splat(1.666_666_5e-1));
        p = S::mul_add(p, r, S::splat(5.0e-1));
        (n, S::mul_add(S::mul(r, r), p, r))
    }
}

/// `e^x`: zero far below, infinity far above, NaN for NaN.
///
/// # Safety
///
/// The processor has `S`.
#[inline(always)]
pub(crate) unsafe fn exp<S: Simd>(x: S::V) -> S::V {
    // SAFETY: register operations; the caller guarantees the instruction set.
    unsafe {
        let x = S::max(S::splat(-105.0), S::min(S::splat(89.0), x));
        let (n, e) = reduced::<S>(x);
        S::scale(S::add(e, S::splat(1.0)), n)
    }
}

/// `1 / (1 + e^-x)`.
///
/// # Safety
///
/// The processor has `S`.
#[inline(always)]
pub(crate) unsafe fn sigmoid<S: Simd>(x: S::V) -> S::V {
    // SAFETY: register operations; the caller guarantees the instruction set.
    unsafe {
        // One power of two will do between these limits, beyond which the result rounds to one, or
        // is zero but for less than 1e-38. At the upper end the power is infinite already, and its
        // product with the other factor as well.
        let x = S::sub(S::splat(0.0), x);
        let x = S::max(S::splat(-88.0), S::min(S::splat(89.0), x));
        let (n, e) = reduced::<S>(x);
        let power = S::power(n);
        let exp = S::mul(power, S::add(e, S::splat(1.0)));
        S::reciprocal(S::add(S::splat(1.0), exp))
    }
}

/// `tanh x`, computed as `t / (t + 2)` with `t = e^2x - 1`, which is exact enough near zero too.
///
/// # Safety
///
/// The processor has `S`.
#[inline(always)]
pub(crate) unsafe fn tanh<S: Simd>(x: S::V) -> S::V {
    // SAFETY: register operations; the caller guarantees the instruction set.
    unsafe {
        // Beyond 10 the result rounds to one.
        let x = S::max(S::splat(-10.0), S::min(S::splat(10.0), x));
        let (n, e) = reduced::<S>(S::add(x, x));
        let power = S::power(n);
        let t = S::mul_add(power, e, S::sub(power, S::splat(1.0)));
        S::mul(t, S::reciprocal(S::add(t, S::splat(2.0))))
    }
}
