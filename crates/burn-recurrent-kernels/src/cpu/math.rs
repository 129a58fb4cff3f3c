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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::kernels::Isa;

    /// A function of `Simd` on plain numbers, compiled for an instruction set.
    macro_rules! functions {
        ($module:ident, $simd:ty, [$($attribute:meta)?]) => {
            mod $module {
                use super::*;

                /// `e^x`, `sigmoid x` and `tanh x`.
                ///
                /// # Safety
                ///
                /// The processor has the instruction set.
                $(#[$attribute])?
                pub(super) unsafe fn functions(x: f32) -> [f32; 3] {
                    let mut out = [[0.0; <$simd>::LANES]; 3];
                    // SAFETY: the caller vouches for the instruction set; each row of `out` has room
                    // for a vector.
                    unsafe {
                        let v = <$simd>::splat(x);
                        <$simd>::store(out[0].as_mut_ptr(), exp::<$simd>(v));
                        <$simd>::store(out[1].as_mut_ptr(), sigmoid::<$simd>(v));
                        <$simd>::store(out[2].as_mut_ptr(), tanh::<$simd>(v));
                    }
                    for lanes in out {
                        let bits = lanes.map(f32::to_bits);
                        assert!(bits.iter().all(|&lane| lane == bits[0]), "lanes differ at {x}");
                    }
                    out.map(|lanes| lanes[0])
                }
            }
        };
    }

    #[cfg(target_arch = "x86_64")]
    functions!(
        avx512,
        crate::cpu::simd::avx512::Avx512,
        [target_feature(
            enable = "avx512f,avx512vl,avx512dq,avx2,fma"
        )]
    );
    #[cfg(target_arch = "x86_64")]
    functions!(
        avx2,
        crate::cpu::simd::avx2::Avx2,
        [target_feature(enable = "avx2,fma")]
    );
    #[cfg(target_arch = "aarch64")]
    functions!(
        neon,
        crate::cpu::simd::neon::Neon,
        [target_feature(enable = "neon")]
    );
    functions!(scalar, crate::cpu::simd::scalar::Scalar, []);

    /// `e^x`, `sigmoid x` and `tanh x` as an instruction set computes them.
    fn functions(isa: Isa, x: f32) -> [f32; 3] {
        // Panics where the processor does not have it.
        isa.kernels();
        // SAFETY: `kernels` checked the instruction set.
        unsafe {
            match isa {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => avx512::functions(x),
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => avx2::functions(x),
                #[cfg(target_arch = "aarch64")]
                Isa::Neon => neon::functions(x),
                _ => scalar::functions(x),
            }
        }
    }

    #[test]
    fn functions_are_exact_to_a_few_units_in_the_last_place() {
        for isa in Isa::available() {
            let mut worst = [0.0f64; 3];
            for i in -160_000..=160_000 {
                let x = i as f32 / 2_000.0;
                let wide = f64::from(x);
                let exact = [wide.exp(), 1.0 / (1.0 + (-wide).exp()), wide.tanh()];
                for (worst, (ours, exact)) in
                    worst.iter_mut().zip(functions(isa, x).iter().zip(exact))
                {
                    let error = (f64::from(*ours) - exact).abs();
                    assert!(!error.is_nan(), "{isa:?} {x}");
                    if exact != 0.0 {
                        *worst = worst.max(error / exact.abs());
                    } else {
                        assert_eq!(error, 0.0, "{isa:?} {x}");
                    }
                }
            }
            assert!(worst.iter().all(|&error| error < 4e-7), "{isa:?} {worst:?}");
        }
    }

    #[test]
    fn functions_saturate_without_a_gap() {
        for isa in Isa::available() {
            for i in -120_000..=120_000 {
                let x = i as f32 / 1_000.0;
                let wide = f64::from(x);
                let [_, sigmoid, tanh] = functions(isa, x).map(f64::from);
                let exact = 1.0 / (1.0 + (-wide).exp());
                // Zero stands for what is smaller than the smallest normal number.
                let close = (sigmoid - exact).abs() <= 4e-7 * exact + 1.2e-38;
                assert!(close, "{isa:?} sigmoid {x}: {sigmoid}");
                assert!(
                    (tanh - wide.tanh()).abs() <= 4e-7,
                    "{isa:?} tanh {x}: {tanh}"
                );
            }
        }
    }

    #[test]
    fn functions_meet_their_limits() {
        for isa in Isa::available() {
            assert_eq!(
                functions(isa, f32::NEG_INFINITY),
                [0.0, 0.0, -1.0],
                "{isa:?}"
            );
            assert_eq!(
                functions(isa, f32::INFINITY),
                [f32::INFINITY, 1.0, 1.0],
                "{isa:?}"
            );
            assert_eq!(functions(isa, 0.0), [1.0, 0.5, 0.0], "{isa:?}");
            assert_eq!(functions(isa, 1e-40)[2], 1e-40, "{isa:?}");
            let all = functions(isa, f32::NAN);
            assert!(all.iter().all(|x| x.is_nan()), "{isa:?} {all:?}");
        }
    }
}
