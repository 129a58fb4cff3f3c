//! Gated recurrent unit (Cho et al. 2014), gates in the order r, z, n:
//!
//! ```text
//! r = sigmoid(..)   z = sigmoid(..)   h' = (1 - z) * n + z * h
//! n = tanh(x W + b + r * (h U + b'))        reset after the product
//! n = tanh(x W + b + (r * h) U)             reset before the product
//! ```
//!
//! With the reset before the product a step has two parts, since the second product needs all of
//! `r * h`; they are the functions whose names start with `before_`.

use super::{BackwardRow, ForwardRow, ask, for_vectors, get, put};
use crate::cpu::math::{sigmoid, tanh};
use crate::cpu::simd::Simd;

/// The gates `r` and `z` and the candidate `n` by their place among the columns of weights and of gate buffers.
pub(crate) const RESET: usize = 0;
pub(crate) const UPDATE: usize = 1;
pub(crate) const NEW: usize = 2;
/// How many there are.
pub(crate) const GATES: usize = 3;

/// Input projection plus bias of gate `g`.
#[inline(always)]
unsafe fn projection<S: Simd, const FULL: bool>(
    row: &ForwardRow,
    g: usize,
    u: usize,
    n: usize,
) -> S::V {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        let x = get::<S, FULL>(row.gates.add(g * row.gate_stride + u), n);
        if row.bias.is_null() {
            x
        } else {
            S::add(x, get::<S, FULL>(row.bias.add(g * row.gate_stride + u), n))
        }
    }
}

/// A forward step with the reset after the product; keeps what the backward step needs.
///
/// # Safety
///
/// The pointers cover the ranges that [`ForwardRow`] describes; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn after_forward<S: Simd>(row: &ForwardRow) {
    // SAFETY: passed on.
    unsafe { for_vectors!(row.units, after_forward_step, row) }
}

#[inline(always)]
unsafe fn after_forward_step<S: Simd, const FULL: bool>(row: &ForwardRow, u: usize, n: usize) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        ask::<S, GATES>(row.next_gates, row.gate_stride, u);
        let product = |g: usize| get::<S, FULL>(row.product.add(g * row.units + u), n);
        let r = sigmoid::<S>(S::add(
            projection::<S, FULL>(row, RESET, u, n),
            product(RESET),
        ));
        let z = sigmoid::<S>(S::add(
            projection::<S, FULL>(row, UPDATE, u, n),
            product(UPDATE),
        ));
        let mut recurrent = product(NEW);
        if !row.bias_candidate.is_null() {
            recurrent = S::add(recurrent, get::<S, FULL>(row.bias_candidate.add(u), n));
        }
        let x = projection::<S, FULL>(row, NEW, u, n);
        let candidate = tanh::<S>(S::mul_add(r, recurrent, x));
        if !row.extra.is_null() {
            put::<S, FULL>(row.extra.add(u), recurrent, n);
        }
        finish::<S, FULL>(row, u, n, Some(r), z, candidate);
    }
}

/// First part of a forward step with the reset before the product: writes `r * h` to `hidden_out`
/// and keeps `r`.
///
/// # Safety
///
/// As [`after_forward`].
#[inline(always)]
pub(crate) unsafe fn before_reset<S: Simd>(row: &ForwardRow) {
    // SAFETY: passed on.
    unsafe { for_vectors!(row.units, before_reset_step, row) }
}

#[inline(always)]
unsafe fn before_reset_step<S: Simd, const FULL: bool>(row: &ForwardRow, u: usize, n: usize) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        ask::<S, GATES>(row.next_gates, row.gate_stride, u);
        let product = get::<S, FULL>(row.product.add(RESET * row.units + u), n);
        let r = sigmoid::<S>(S::add(projection::<S, FULL>(row, RESET, u, n), product));
        let h = get::<S, FULL>(row.hidden_in.add(u), n);
        put::<S, FULL>(row.gates.add(RESET * row.gate_stride + u), r, n);
        put::<S, FULL>(row.hidden_out.add(u), S::mul(r, h), n);
    }
}

/// Second part: `product` holds those of all gates by now.
///
/// # Safety
///
/// As [`after_forward`].
#[inline(always)]
pub(crate) unsafe fn before_forward<S: Simd>(row: &ForwardRow) {
    // SAFETY: passed on.
    unsafe { for_vectors!(row.units, before_forward_step, row) }
}

#[inline(always)]
unsafe fn before_forward_step<S: Simd, const FULL: bool>(row: &ForwardRow, u: usize, n: usize) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        let product = |g: usize| get::<S, FULL>(row.product.add(g * row.units + u), n);
        let z = sigmoid::<S>(S::add(
            projection::<S, FULL>(row, UPDATE, u, n),
            product(UPDATE),
        ));
        let candidate = tanh::<S>(S::add(projection::<S, FULL>(row, NEW, u, n), product(NEW)));
        finish::<S, FULL>(row, u, n, None, z, candidate);
    }
}

#[inline(always)]
unsafe fn finish<S: Simd, const FULL: bool>(
    row: &ForwardRow,
    u: usize,
    n: usize,
    r: Option<S::V>,
    z: S::V,
    candidate: S::V,
) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        let h = get::<S, FULL>(row.hidden_in.add(u), n);
        // (1 - z) n + z h, so that a saturated gate returns one of them exactly.
        let kept = S::mul(z, h);
        let hidden = S::mul_add(S::sub(S::splat(1.0), z), candidate, kept);
        put::<S, FULL>(row.hidden_out.add(u), hidden, n);
        put::<S, FULL>(row.output.add(u), hidden, n);
        if let Some(r) = r {
            put::<S, FULL>(row.gates.add(RESET * row.gate_stride + u), r, n);
        }
        put::<S, FULL>(row.gates.add(UPDATE * row.gate_stride + u), z, n);
        put::<S, FULL>(row.gates.add(NEW * row.gate_stride + u), candidate, n);
    }
}

/// Gradients of update gate and candidate, and the direct part of that of the previous state.
#[inline(always)]
unsafe fn update<S: Simd, const FULL: bool>(
    row: &BackwardRow,
    u: usize,
    n: usize,
) -> (S::V, S::V, S::V) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        ask::<S, GATES>(row.next_gates, row.gate_stride, u);
        ask::<S, 1>(row.next_d_output, 0, u);
        let one = S::splat(1.0);
        let z = get::<S, FULL>(row.gates.add(UPDATE * row.gate_stride + u), n);
        let candidate = get::<S, FULL>(row.gates.add(NEW * row.gate_stride + u), n);
        let d_hidden = S::add(
            get::<S, FULL>(row.d_output.add(u), n),
            get::<S, FULL>(row.d_hidden.add(u), n),
        );
        let kept = S::mul(d_hidden, z);
        let left = S::sub(one, z);
        let change = S::sub(get::<S, FULL>(row.hidden_in.add(u), n), candidate);
        let d_z = S::mul(S::mul(kept, left), change);
        let slope = S::sub(one, S::mul(candidate, candidate));
        let d_candidate = S::mul(S::mul(d_hidden, left), slope);
        (d_z, d_candidate, kept)
    }
}

/// A backward step with the reset after the product.
///
/// # Safety
///
/// The pointers cover the ranges that [`BackwardRow`] describes; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn after_backward<S: Simd>(row: &BackwardRow) {
    // SAFETY: passed on.
    unsafe { for_vectors!(row.units, after_backward_step, row) }
}

#[inline(always)]
unsafe fn after_backward_step<S: Simd, const FULL: bool>(row: &BackwardRow, u: usize, n: usize) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        let stride = row.gate_stride;
        let (d_z, d_candidate, kept) = update::<S, FULL>(row, u, n);
        let r = get::<S, FULL>(row.gates.add(RESET * row.gate_stride + u), n);
        let recurrent = get::<S, FULL>(row.extra.add(u), n);
        let d_recurrent = S::mul(d_candidate, r);
        let d_r = S::mul(S::mul(d_recurrent, recurrent), S::sub(S::splat(1.0), r));
        put::<S, FULL>(row.d_hidden.add(u), kept, n);
        put::<S, FULL>(row.extra.add(u), d_recurrent, n);
        for (k, d_gate) in [(RESET, d_r), (UPDATE, d_z), (NEW, d_candidate)] {
            put::<S, FULL>(row.gates.add(k * stride + u), d_gate, n);
        }
        for (k, d_gate) in [(RESET, d_r), (UPDATE, d_z), (NEW, d_recurrent)] {
            put::<S, FULL>(row.operand.add(k * stride + u), d_gate, n);
        }
    }
}

/// First part of a backward step with the reset before the product: update gate and candidate. The
/// activated `r` stays in the gate buffer.
///
/// # Safety
///
/// As [`after_backward`].
#[inline(always)]
pub(crate) unsafe fn before_update<S: Simd>(row: &BackwardRow) {
    // SAFETY: passed on.
    unsafe { for_vectors!(row.units, before_update_step, row) }
}

#[inline(always)]
unsafe fn before_update_step<S: Simd, const FULL: bool>(row: &BackwardRow, u: usize, n: usize) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        let (d_z, d_candidate, kept) = update::<S, FULL>(row, u, n);
        put::<S, FULL>(row.d_hidden.add(u), kept, n);
        for (k, d_gate) in [(UPDATE, d_z), (NEW, d_candidate)] {
            put::<S, FULL>(row.gates.add(k * row.gate_stride + u), d_gate, n);
            put::<S, FULL>(row.operand.add(k * row.gate_stride + u), d_gate, n);
        }
    }
}

/// Second part: reads the gradient of `r * h` from `d_reset`, and leaves `r * h` itself, which the
/// weights' gradient needs, in `extra`.
///
/// # Safety
///
/// As [`after_backward`].
#[inline(always)]
pub(crate) unsafe fn before_backward<S: Simd>(row: &BackwardRow) {
    // SAFETY: passed on.
    unsafe { for_vectors!(row.units, before_backward_step, row) }
}

#[inline(always)]
unsafe fn before_backward_step<S: Simd, const FULL: bool>(row: &BackwardRow, u: usize, n: usize) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        let r = get::<S, FULL>(row.gates.add(RESET * row.gate_stride + u), n);
        let h = get::<S, FULL>(row.hidden_in.add(u), n);
        let d_reset = get::<S, FULL>(row.d_reset.add(u), n);
        let through = S::mul(d_reset, r);
        let d_r = S::mul(S::mul(through, h), S::sub(S::splat(1.0), r));
        let d_hidden = S::add(get::<S, FULL>(row.d_hidden.add(u), n), through);
        put::<S, FULL>(row.d_hidden.add(u), d_hidden, n);
        put::<S, FULL>(row.extra.add(u), S::mul(r, h), n);
        put::<S, FULL>(row.gates.add(RESET * row.gate_stride + u), d_r, n);
        put::<S, FULL>(row.operand.add(RESET * row.gate_stride + u), d_r, n);
    }
}
