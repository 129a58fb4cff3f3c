//! No instruction set in particular: arrays that the compiler vectorises as the target allows.

use super::Simd;

/// Lanes of the plain implementation.
const N: usize = 8;

/// Marker of the plain implementation.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

#[inline(always)]
fn map(a: [f32; N], b: [f32; N], f: impl Fn(f32, f32) -> f32) -> [f32; N] {
    core::array::from_fn(|i| f(a[i], b[i]))
}

/// `2^n` for whole `n` in -127..=128, with zero for the first and infinity for the last.
#[inline(always)]
fn power(n: i32) -> f32 {
    f32::from_bits(((n + 127) as u32) << 23)
}

// SAFETY, for all methods with a pointer: the trait's contract says that the memory behind it is
// valid for the lanes touched.
impl Simd for Scalar {
    type V = [f32; N];
    const LANES: usize = N;

    #[inline(always)]
    unsafe fn splat(x: f32) -> [f32; N] {
        [x; N]
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> [f32; N] {
        unsafe { p.cast::<[f32; N]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: [f32; N]) {
        unsafe { p.cast::<[f32; N]>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn load_first(p: *const f32, n: usize) -> [f32; N] {
        let mut v = [0.0; N];
        for (i, lane) in v.iter_mut().enumerate().take(n) {
            *lane = unsafe { *p.add(i) };
        }
        v
    }
    #[inline(always)]
    unsafe fn store_first(p: *mut f32, v: [f32; N], n: usize) {
        for (i, lane) in v.iter().enumerate().take(n) {
            unsafe { *p.add(i) = *lane };
        }
    }
    #[inline(always)]
    unsafe fn add(a: [f32; N], b: [f32; N]) -> [f32; N] {
        map(a, b, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(a: [f32; N], b: [f32; N]) -> [f32; N] {
        map(a, b, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(a: [f32; N], b: [f32; N]) -> [f32; N] {
        map(a, b, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn mul_add(a: [f32; N], b: [f32; N], c: [f32; N]) -> [f32; N] {
        // `f32::mul_add` would call a library function a lane where there is no such instruction.
        core::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    unsafe fn min(limit: [f32; N], x: [f32; N]) -> [f32; N] {
        map(limit, x, |limit, x| if limit < x { limit } else { x })
    }
    #[inline(always)]
    unsafe fn max(limit: [f32; N], x: [f32; N]) -> [f32; N] {
        map(limit, x, |limit, x| if limit > x { limit } else { x })
    }
    #[inline(always)]
    unsafe fn where_positive(x: [f32; N], value: [f32; N]) -> [f32; N] {
        map(x, value, |x, value| if x <= 0.0 { 0.0 } else { value })
    }
    #[inline(always)]
    unsafe fn round(x: [f32; N]) -> [f32; N] {
        // Adding and taking away 1.5 * 2^23 rounds in the current mode, ties to even.
        let magic = 12_582_912.0;
        x.map(|x| (x + magic) - magic)
    }
    #[inline(always)]
    unsafe fn power(n: [f32; N]) -> [f32; N] {
        n.map(|n| power(n as i32))
    }
    #[inline(always)]
    unsafe fn scale(x: [f32; N], n: [f32; N]) -> [f32; N] {
        map(x, n, |x, n| {
            let n = n as i32;
            let half = n >> 1;
            x * power(half) * power(n - half)
        })
    }
    #[inline(always)]
    unsafe fn reciprocal(x: [f32; N]) -> [f32; N] {
        x.map(|x| 1.0 / x)
    }
    #[inline(always)]
    unsafe fn div(a: [f32; N], b: [f32; N]) -> [f32; N] {
        map(a, b, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn sqrt(x: [f32; N]) -> [f32; N] {
        x.map(f32::sqrt)
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
        for i in 0..N {
            for j in 0..N {
                unsafe { *to.add(j * to_row + i) = *from.add(i * from_row + j) };
            }
        }
    }
    #[inline(always)]
    unsafe fn sum(v: [f32; N]) -> f32 {
        ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]))
    }
    #[inline(always)]
    unsafe fn largest(v: [f32; N]) -> f32 {
        v.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
    #[inline(always)]
    unsafe fn prefetch(_: *const f32) {}
    #[inline(always)]
    unsafe fn prefetch_write(_: *const f32) {}
}
