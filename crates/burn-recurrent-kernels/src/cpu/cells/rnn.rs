//! Elman's network (1990): `h' = activation(..)`, with tanh or the rectifier.

use super::{BackwardRow, ForwardRow, ask, for_vectors, get, put};
use crate::cpu::math::tanh;
use crate::cpu::simd::Simd;

/// A forward step, with the rectifier where `RELU` and tanh elsewhere. The gate buffer keeps the
/// activation, from which alone its slope follows.
///
/// # Safety
///
/// The pointers cover the ranges that [`ForwardRow`] describes; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn forward<S: Simd, const RELU: bool>(row: &ForwardRow) {
    // SAFETY: passed on.
    unsafe {
        if RELU {
            for_vectors!(row.units, forward_relu, row);
        } else {
            for_vectors!(row.units, forward_tanh, row);
        }
    }
}

#[inline(always)]
unsafe fn forward_relu<S: Simd, const FULL: bool>(row: &ForwardRow, u: usize, n: usize) {
    // SAFETY: passed on.
    unsafe {
        let x = preactivation::<S, FULL>(row, u, n);
        finish::<S, FULL>(row, u, n, S::where_positive(x, x));
    }
}

#[inline(always)]
unsafe fn forward_tanh<S: Simd, const FULL: bool>(row: &ForwardRow, u: usize, n: usize) {
    // SAFETY: passed on.
    unsafe {
        let x = preactivation::<S, FULL>(row, u, n);
        finish::<S, FULL>(row, u, n, tanh::<S>(x));
    }
}

#[inline(always)]
unsafe fn preactivation<S: Simd, const FULL: bool>(row: &ForwardRow, u: usize, n: usize) -> S::V {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        ask::<S, 1>(row.next_gates, row.gate_stride, u);
        let product = get::<S, FULL>(row.product.add(u), n);
        let x = S::add(get::<S, FULL>(row.gates.add(u), n), product);
        if row.bias.is_null() {
            x
        } else {
            S::add(x, get::<S, FULL>(row.bias.add(u), n))
        }
    }
}

#[inline(always)]
unsafe fn finish<S: Simd, const FULL: bool>(row: &ForwardRow, u: usize, n: usize, hidden: S::V) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        put::<S, FULL>(row.gates.add(u), hidden, n);
        put::<S, FULL>(row.hidden_out.add(u), hidden, n);
        put::<S, FULL>(row.output.add(u), hidden, n);
    }
}

/// A backward step.
///
/// # Safety
///
/// The pointers cover the ranges that [`BackwardRow`] describes; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn backward<S: Simd, const RELU: bool>(row: &BackwardRow) {
    // SAFETY: passed on.
    unsafe {
        if RELU {
            for_vectors!(row.units, backward_relu, row);
        } else {
            for_vectors!(row.units, backward_tanh, row);
        }
    }
}

#[inline(always)]
unsafe fn backward_relu<S: Simd, const FULL: bool>(row: &BackwardRow, u: usize, n: usize) {
    // SAFETY: passed on.
    unsafe {
        let hidden = get::<S, FULL>(row.gates.add(u), n);
        let d_hidden = incoming::<S, FULL>(row, u, n);
        leave::<S, FULL>(row, u, n, S::where_positive(hidden, d_hidden));
    }
}

#[inline(always)]
unsafe fn backward_tanh<S: Simd, const FULL: bool>(row: &BackwardRow, u: usize, n: usize) {
    // SAFETY: passed on.
    unsafe {
        let hidden = get::<S, FULL>(row.gates.add(u), n);
        let slope = S::sub(S::splat(1.0), S::mul(hidden, hidden));
        leave::<S, FULL>(row, u, n, S::mul(incoming::<S, FULL>(row, u, n), slope));
    }
}

#[inline(always)]
unsafe fn incoming<S: Simd, const FULL: bool>(row: &BackwardRow, u: usize, n: usize) -> S::V {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        S::add(
            get::<S, FULL>(row.d_output.add(u), n),
            get::<S, FULL>(row.d_hidden.add(u), n),
        )
    }
}

#[inline(always)]
unsafe fn leave<S: Simd, const FULL: bool>(row: &BackwardRow, u: usize, n: usize, d_gate: S::V) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        put::<S, FULL>(row.gates.add(u), d_gate, n);
        put::<S, FULL>(row.operand.add(u), d_gate, n);
    }
}
