//! Row kernels of what follows attention: `attended = tanh(product + bias)`, and its derivative.

use super::cells::{for_vectors, get, put};
use super::math::tanh;
use super::simd::Simd;

/// One row of [`forward`].
#[derive(Clone, Copy)]
pub(crate) struct AttendedRow {
    pub(crate) width: usize,
    pub(crate) product: *const f32,
    pub(crate) bias: *const f32,
    /// Two places for the result: the next step's operand, and the output.
    pub(crate) fed: *mut f32,
    pub(crate) output: *mut f32,
}

/// One row of [`backward`].
#[derive(Clone, Copy)]
pub(crate) struct AttendedBackwardRow {
    pub(crate) width: usize,
    /// The attended vector itself.
    pub(crate) output: *const f32,
    /// The gradient that arrives at it from outside, and the one from the following step.
    pub(crate) d_output: *const f32,
    pub(crate) d_fed: *const f32,
    /// Two places for the gradient before the activation: the operand of a product, and what is kept.
    pub(crate) operand: *mut f32,
    pub(crate) kept: *mut f32,
}

/// A kernel for one row.
pub(crate) type AttendedFn = unsafe fn(&AttendedRow);
/// A kernel for one row of the backward pass.
pub(crate) type AttendedBackwardFn = unsafe fn(&AttendedBackwardRow);

/// `fed = output = tanh(product + bias)`.
///
/// # Safety
///
/// The pointers cover what [`AttendedRow`] describes; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn forward<S: Simd>(row: &AttendedRow) {
    // SAFETY: passed on.
    unsafe { for_vectors!(row.width, forward_step, row) }
}

#[inline(always)]
unsafe fn forward_step<S: Simd, const FULL: bool>(row: &AttendedRow, u: usize, n: usize) {
    // SAFETY: `u..u + n` is inside the row's width, for which the caller vouches.
    unsafe {
        let x = get::<S, FULL>(row.product.add(u), n);
        let attended = tanh::<S>(S::add(x, get::<S, FULL>(row.bias.add(u), n)));
        put::<S, FULL>(row.fed.add(u), attended, n);
        put::<S, FULL>(row.output.add(u), attended, n);
    }
}

/// `operand = kept = (d_output + d_fed) * (1 - output^2)`.
///
/// # Safety
///
/// The pointers cover what [`AttendedBackwardRow`] describes; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn backward<S: Simd>(row: &AttendedBackwardRow) {
    // SAFETY: passed on.
    unsafe { for_vectors!(row.width, backward_step, row) }
}

#[inline(always)]
unsafe fn backward_step<S: Simd, const FULL: bool>(row: &AttendedBackwardRow, u: usize, n: usize) {
    // SAFETY: `u..u + n` is inside the row's width, for which the caller vouches.
    unsafe {
        let attended = get::<S, FULL>(row.output.add(u), n);
        let d_output = get::<S, FULL>(row.d_output.add(u), n);
        let gradient = S::add(d_output, get::<S, FULL>(row.d_fed.add(u), n));
        let slope = S::sub(S::splat(1.0), S::mul(attended, attended));
        let gradient = S::mul(gradient, slope);
        put::<S, FULL>(row.operand.add(u), gradient, n);
        put::<S, FULL>(row.kept.add(u), gradient, n);
    }
}
