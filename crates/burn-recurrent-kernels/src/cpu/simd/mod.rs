//! One vector interface over the instruction sets, so that every kernel is written once.
//!
//! Kernels are generic over [`Simd`], marked `#[inline(always)]`, and instantiated inside functions
//! that carry the right `#[target_feature]` (see [`super::kernels`]).

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod scalar;

/// Operations on one vector of `f32` lanes.
///
/// # Safety
///
/// Every method must only run on a processor that has the implementing type's instruction set.
/// Loads and stores need valid memory for the lanes they touch; none needs alignment.
pub(crate) trait Simd: Copy + 'static {
    /// A vector register.
    type V: Copy;
    /// Lanes in a register.
    const LANES: usize;

    unsafe fn splat(x: f32) -> Self::V;
    unsafe fn load(p: *const f32) -> Self::V;
    unsafe fn store(p: *mut f32, v: Self::V);
    /// Loads the first `n < LANES` lanes and sets the others to zero.
    unsafe fn load_first(p: *const f32, n: usize) -> Self::V;
    /// Stores the first `n < LANES` lanes.
    unsafe fn store_first(p: *mut f32, v: Self::V, n: usize);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`, rounded once where the hardware can.
    unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The smaller lane; `x` where `x` is NaN, and `x` or NaN where `limit` is NaN.
    unsafe fn min(limit: Self::V, x: Self::V) -> Self::V;
    /// The larger lane; `x` where `x` is NaN, and `x` or NaN where `limit` is NaN.
    unsafe fn max(limit: Self::V, x: Self::V) -> Self::V;
    /// `value` where `x > 0` or `x` is NaN, zero elsewhere.
    unsafe fn where_positive(x: Self::V, value: Self::V) -> Self::V;
    /// The nearest whole number, ties to even, for `|x| < 2^22`.
    unsafe fn round(x: Self::V) -> Self::V;
    /// `2^n` for whole `n` in -127..=128, with infinity for the last, and zero or
    /// the denormal number for the first.
    unsafe fn power(n: Self::V) -> Self::V;
    /// `x * 2^n` for whole `n` in -252..=252, right also where the result overflows or is denormal.
    unsafe fn scale(x: Self::V, n: Self::V) -> Self::V;
    /// `1 / x` for `x >= 1`, within one unit in the last place; zero for infinity.
    unsafe fn reciprocal(x: Self::V) -> Self::V;
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sqrt(x: Self::V) -> Self::V;
    /// `to[j * to_row + i] = from[i * from_row + j]` for a square of `LANES` rows.
    unsafe fn transpose(from: *const f32, from_row: usize, to: *mut f32, to_row: usize);
    /// The sum of all lanes, in an order that depends only on `LANES`.
    unsafe fn sum(v: Self::V) -> f32;
    /// The largest lane; NaN lanes may be skipped.
    unsafe fn largest(v: Self::V) -> f32;
    /// Asks for the cache line at `p`, which need not be valid memory.
    unsafe fn prefetch(p: *const f32);
    /// The same, for a line that will be written.
    unsafe fn prefetch_write(p: *const f32);
}
