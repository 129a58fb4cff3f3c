//! NEON: 4 lanes, 32 registers.

use core::arch::aarch64::*;

use super::Simd;

/// Marker of the NEON instruction set.
#[derive(Clone, Copy)]
pub(crate) struct Neon;

/// `2^n` for whole `n` in -127..=128, with zero for the first and infinity for the last.
#[inline(always)]
unsafe fn power(n: int32x4_t) -> float32x4_t {
    // SAFETY: plain register operations; the caller has NEON.
    unsafe { vreinterpretq_f32_s32(vshlq_n_s32::<23>(vaddq_s32(n, vdupq_n_s32(127)))) }
}

// SAFETY, for all methods: the trait's contract says that the processor has NEON and that the
// memory behind a pointer is valid for the lanes touched.
impl Simd for Neon {
    type V = float32x4_t;
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn splat(x: f32) -> float32x4_t {
        unsafe { vdupq_n_f32(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> float32x4_t {
        unsafe { vld1q_f32(p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: float32x4_t) {
        unsafe { vst1q_f32(p, v) }
    }
    #[inline(always)]
    unsafe fn load_first(p: *const f32, n: usize) -> float32x4_t {
        let mut lanes = [0.0; 4];
        for (i, lane) in lanes.iter_mut().enumerate().take(n) {
            *lane = unsafe { *p.add(i) };
        }
        unsafe { vld1q_f32(lanes.as_ptr()) }
    }
    #[inline(always)]
    unsafe fn store_first(p: *mut f32, v: float32x4_t, n: usize) {
        let mut lanes = [0.0; 4];
        unsafe { vst1q_f32(lanes.as_mut_ptr(), v) };
        for (i, lane) in lanes.iter().enumerate().take(n) {
            unsafe { *p.add(i) = *lane };
        }
    }
    #[inline(always)]
    unsafe fn add(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vaddq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vsubq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vmulq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn mul_add(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        unsafe { vfmaq_f32(c, a, b) }
    }
    #[inline(always)]
    unsafe fn min(limit: float32x4_t, x: float32x4_t) -> float32x4_t {
        // The instruction returns NaN where either operand is NaN.
        unsafe { vminq_f32(limit, x) }
    }
    #[inline(always)]
    unsafe fn max(limit: float32x4_t, x: float32x4_t) -> float32x4_t {
        unsafe { vmaxq_f32(limit, x) }
    }
    #[inline(always)]
    unsafe fn where_positive(x: float32x4_t, value: float32x4_t) -> float32x4_t {
        unsafe {
            let drop = vcleq_f32(x, vdupq_n_f32(0.0));
            vbslq_f32(drop, vdupq_n_f32(0.0), value)
        }
    }
    #[inline(always)]
    unsafe fn round(x: float32x4_t) -> float32x4_t {
        unsafe { vrndnq_f32(x) }
    }
    #[inline(always)]
    unsafe fn power(n: float32x4_t) -> float32x4_t {
        unsafe { power(vcvtq_s32_f32(n)) }
    }
    #[inline(always)]
    unsafe fn scale(x: float32x4_t, n: float32x4_t) -> float32x4_t {
        // Two factors, so that each exponent is representable where the product is not.
        unsafe {
            let n = vcvtq_s32_f32(n);
            let half = vshrq_n_s32::<1>(n);
            let rest = vsubq_s32(n, half);
            vmulq_f32(vmulq_f32(x, power(half)), power(rest))
        }
    }
    #[inline(always)]
    unsafe fn reciprocal(x: float32x4_t) -> float32x4_t {
        unsafe { vdivq_f32(vdupq_n_f32(1.0), x) }
    }
    #[inline(always)]
    unsafe fn div(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vdivq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn sqrt(x: float32x4_t) -> float32x4_t {
        unsafe { vsqrtq_f32(x) }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
        unsafe {
            let [a, b, c, d] = core::array::from_fn(|r| vld1q_f32(from.add(r * from_row)));
            let (ab, cd) = (vtrnq_f32(a, b), vtrnq_f32(c, d));
            let low = |x, y| vcombine_f32(vget_low_f32(x), vget_low_f32(y));
            let high = |x, y| vcombine_f32(vget_high_f32(x), vget_high_f32(y));
            let rows = [
                low(ab.0, cd.0),
                low(ab.1, cd.1),
                high(ab.0, cd.0),
                high(ab.1, cd.1),
            ];
            for (j, row) in rows.into_iter().enumerate() {
                vst1q_f32(to.add(j * to_row), row);
            }
        }
    }
    #[inline(always)]
    unsafe fn sum(v: float32x4_t) -> f32 {
        unsafe { vaddvq_f32(v) }
    }
    #[inline(always)]
    unsafe fn largest(v: float32x4_t) -> f32 {
        unsafe { vmaxnmvq_f32(v) }
    }
    #[inline(always)]
    unsafe fn prefetch(_: *const f32) {}
    #[inline(always)]
    unsafe fn prefetch_write(_: *const f32) {}
}
