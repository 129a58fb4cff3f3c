//! Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al.
//! 2000), gates in the order i, f, g, o:
//!
//! ```text
//! i = sigmoid(..)  f = sigmoid(..)  g = tanh(..)  o = sigmoid(..)
//! c' = f * c + i * g        h' = o * tanh(c')
//! ```

use super::{BackwardRow, ForwardRow, ask, for_vectors, get, put};
use crate::cpu::math::{sigmoid, tanh};
use crate::cpu::simd::Simd;

/// The gates `i`, `f`, `g` and `o` by their place among the columns of weights and of gate buffers.
pub(crate) const INPUT: usize = 0;
pub(crate) const FORGET: usize = 1;
pub(crate) const CELL: usize = 2;
pub(crate) const OUTPUT: usize = 3;
/// How many there are.
pub(crate) const GATES: usize = 4;

/// A forward step; keeps the activated gates where `SAVE`. In two sweeps over the units, since the
/// second activation waits for the first ones: in one sweep the processor would wait as well.
///
/// # Safety
///
/// The pointers cover the ranges that [`ForwardRow`] describes; the processor has `S`.
#[inline(always)]
pub(crate) unsafe fn forward<S: Simd, const SAVE: bool>(row: &ForwardRow) {
    // SAFETY: passed on.
    unsafe {
        if SAVE {
            for_vectors!(row.units, cell_saving, row);
        } else {
            for_vectors!(row.units, cell_only, row);
        }
        for_vectors!(row.units, hidden, row);
    }
}

#[inline(always)]
unsafe fn cell_saving<S: Simd, const FULL: bool>(row: &ForwardRow, u: usize, n: usize) {
    // SAFETY: passed on.
    unsafe { cell::<S, FULL, true>(row, u, n) }
}

#[inline(always)]
unsafe fn cell_only<S: Simd, const FULL: bool>(row: &ForwardRow, u: usize, n: usize) {
    // SAFETY: passed on.
    unsafe { cell::<S, FULL, false>(row, u, n) }
}

/// The first sweep: the gates and the cell state.
#[inline(always)]
unsafe fn cell<S: Simd, const FULL: bool, const SAVE: bool>(row: &ForwardRow, u: usize, n: usize) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        ask::<S, GATES>(row.next_gates, row.gate_stride, u);
        let gate = |g: usize| {
            let product = get::<S, FULL>(row.product.add(g * row.units + u), n);
            let gate = S::add(
                get::<S, FULL>(row.gates.add(g * row.gate_stride + u), n),
                product,
            );
            if row.bias.is_null() {
                gate
            } else {
                S::add(
                    gate,
                    get::<S, FULL>(row.bias.add(g * row.gate_stride + u), n),
                )
            }
        };
        let i = sigmoid::<S>(gate(INPUT));
        let f = sigmoid::<S>(gate(FORGET));
        let g = tanh::<S>(gate(CELL));
        let o = sigmoid::<S>(gate(OUTPUT));
        let cell = S::mul_add(f, get::<S, FULL>(row.cell_in.add(u), n), S::mul(i, g));
        put::<S, FULL>(row.cell_out.add(u), cell, n);
        put::<S, FULL>(row.gates.add(OUTPUT * row.gate_stride + u), o, n);
        if SAVE {
            for (k, gate) in [(INPUT, i), (FORGET, f), (CELL, g)] {
                put::<S, FULL>(row.gates.add(k * row.gate_stride + u), gate, n);
            }
        }
    }
}

/// The second sweep: the hidden state.
#[inline(always)]
unsafe fn hidden<S: Simd, const FULL: bool>(row: &ForwardRow, u: usize, n: usize) {
    // SAFETY: as above.
    unsafe {
        let o = get::<S, FULL>(row.gates.add(OUTPUT * row.gate_stride + u), n);
        let cell = get::<S, FULL>(row.cell_out.add(u), n);
        let hidden = S::mul(o, tanh::<S>(cell));
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
pub(crate) unsafe fn backward<S: Simd>(row: &BackwardRow) {
    // SAFETY: passed on.
    unsafe { for_vectors!(row.units, backward_step, row) }
}

#[inline(always)]
unsafe fn backward_step<S: Simd, const FULL: bool>(row: &BackwardRow, u: usize, n: usize) {
    // SAFETY: `u..u + n` is inside the row's units, for which the caller vouches.
    unsafe {
        ask::<S, GATES>(row.next_gates, row.gate_stride, u);
        ask::<S, 1>(row.next_d_output, 0, u);
        ask::<S, 1>(row.next_cell, 0, u);
        let one = S::splat(1.0);
        let gate = |k: usize| row.gates.add(k * row.gate_stride + u);
        let i = get::<S, FULL>(gate(INPUT), n);
        let f = get::<S, FULL>(gate(FORGET), n);
        let g = get::<S, FULL>(gate(CELL), n);
        let o = get::<S, FULL>(gate(OUTPUT), n);
        let tanh_cell = tanh::<S>(get::<S, FULL>(row.cell.add(u), n));
        let cell_in = if row.no_state_in {
            S::splat(0.0)
        } else {
            get::<S, FULL>(row.cell_in.add(u), n)
        };
        let d_hidden = S::add(
            get::<S, FULL>(row.d_output.add(u), n),
            get::<S, FULL>(row.d_hidden.add(u), n),
        );
        let d_tanh = S::mul(d_hidden, o);
        let slope = S::sub(one, S::mul(tanh_cell, tanh_cell));
        let d_cell = S::mul_add(d_tanh, slope, get::<S, FULL>(row.d_cell.add(u), n));
        let gated = S::mul(d_cell, i);
        let d_i = S::mul(S::mul(gated, g), S::sub(one, i));
        let d_g = S::mul(gated, S::sub(one, S::mul(g, g)));
        let d_cell_in = S::mul(d_cell, f);
        let d_f = S::mul(S::mul(d_cell_in, cell_in), S::sub(one, f));
        let d_o = S::mul(S::mul(d_tanh, tanh_cell), S::sub(one, o));
        put::<S, FULL>(row.d_cell.add(u), d_cell_in, n);
        for (k, d_gate) in [(INPUT, d_i), (FORGET, d_f), (CELL, d_g), (OUTPUT, d_o)] {
            put::<S, FULL>(gate(k), d_gate, n);
            put::<S, FULL>(row.operand.add(k * row.gate_stride + u), d_gate, n);
        }
    }
}
