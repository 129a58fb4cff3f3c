//! One time step of one row for each cell: gates, state update, and their derivatives.
//!
//! The functions read the recurrent product from a scratch row and the input projection from the
//! gate buffer, where they leave the activated gates (forward) and then the gradients of the gates
//! before activation (backward). All work on a range of hidden units; pointers are to its start.

pub(crate) mod gru;
pub(crate) mod lstm;
pub(crate) mod rnn;

use super::simd::Simd;

/// Loads `n` numbers, a whole vector where `FULL`.
#[inline(always)]
pub(crate) unsafe fn get<S: Simd, const FULL: bool>(p: *const f32, n: usize) -> S::V {
    // SAFETY: the caller vouches for `n` numbers at `p` and for the instruction set.
    unsafe {
        if FULL {
            S::load(p)
        } else {
            S::load_first(p, n)
        }
    }
}

/// Stores `n` numbers, a whole vector where `FULL`.
#[inline(always)]
pub(crate) unsafe fn put<S: Simd, const FULL: bool>(p: *mut f32, v: S::V, n: usize) {
    // SAFETY: the caller vouches for `n` numbers at `p` and for the instruction set.
    unsafe {
        if FULL {
            S::store(p, v)
        } else {
            S::store_first(p, v, n)
        }
    }
}

/// Asks for the cache lines of the units `u..` in `COUNT` vectors, `stride` apart, where `u` is the
/// first number of one: at every step they were last written long before.
#[inline(always)]
pub(crate) unsafe fn ask<S: Simd, const COUNT: usize>(next: *const f32, stride: usize, u: usize) {
    const LINE: usize = 16;
    if u.is_multiple_of(LINE) {
        for i in 0..COUNT {
            // SAFETY: a prefetch cannot fault; the caller has the instruction set.
            unsafe { S::prefetch(next.wrapping_add(i * stride + u)) };
        }
    }
}

/// Calls `$step::<S, FULL>($args, first, count)` for every vector of `0..$n`.
macro_rules! for_vectors {
    ($n:expr, $step:ident, $args:expr) => {{
        let mut first = 0;
        while first + S::LANES <= $n {
            $step::<S, true>($args, first, S::LANES);
            first += S::LANES;
        }
        if first < $n {
            $step::<S, false>($args, first, $n - first);
        }
    }};
}
pub(crate) use for_vectors;

/// What a forward step of one row reads and writes. `bias`, `bias_candidate` and `extra` are null
/// where they are absent; pointers that a cell has no use for may be null or point anywhere.
#[derive(Clone, Copy)]
pub(crate) struct ForwardRow {
    /// Number of hidden units.
    pub(crate) units: usize,
    /// Distance between the gates in `gates` and `bias`.
    pub(crate) gate_stride: usize,
    /// Recurrent product, gates `units` apart, in the order of [`lstm`] and [`gru`].
    pub(crate) product: *const f32,
    /// In: input projection. Out, where they are kept: activated gates, else whatever the step left.
    pub(crate) gates: *mut f32,
    /// `gates` of the row that comes next, which is asked for meanwhile; need not be valid.
    pub(crate) next_gates: *const f32,
    pub(crate) bias: *const f32,
    /// GRU: bias of the candidate's recurrent part.
    pub(crate) bias_candidate: *const f32,
    /// GRU: where the candidate's recurrent part is kept for the backward pass.
    pub(crate) extra: *mut f32,
    pub(crate) hidden_in: *const f32,
    /// Two places for the new hidden state: the next step's operand, and the output.
    pub(crate) hidden_out: *mut f32,
    pub(crate) output: *mut f32,
    pub(crate) cell_in: *const f32,
    pub(crate) cell_out: *mut f32,
}

/// What a backward step of one row reads and writes. Pointers that a cell has no use for may be null
/// or point anywhere.
#[derive(Clone, Copy)]
pub(crate) struct BackwardRow {
    /// Number of hidden units.
    pub(crate) units: usize,
    /// Distance between the gates in `gates` and `operand`.
    pub(crate) gate_stride: usize,
    /// In: activated gates. Out: gradients before activation.
    pub(crate) gates: *mut f32,
    /// `gates`, `d_output` and `cell` of the row that comes next, as in [`ForwardRow`].
    pub(crate) next_gates: *const f32,
    pub(crate) next_d_output: *const f32,
    pub(crate) next_cell: *const f32,
    /// The same gradients, as the operand of the transposed recurrent product.
    pub(crate) operand: *mut f32,
    /// GRU: in: the candidate's recurrent part; out: its gradient.
    pub(crate) extra: *mut f32,
    /// Gradient that arrives at the step's output.
    pub(crate) d_output: *const f32,
    /// GRU with the reset before the product: the gradient of `r * h`.
    pub(crate) d_reset: *const f32,
    /// In: gradient from the following step. Out, for a GRU: the part of the gradient of the
    /// previous hidden state that does not go through the recurrent product.
    pub(crate) d_hidden: *mut f32,
    /// In: gradient of the cell state from the following step. Out: that of the previous one.
    pub(crate) d_cell: *mut f32,
    pub(crate) hidden_in: *const f32,
    pub(crate) cell_in: *const f32,
    /// This step's cell state.
    pub(crate) cell: *const f32,
    /// LSTM: whether `cell_in` is absent, which means zeros. A GRU finds its zeros in `hidden_in`, and
    /// this is false.
    pub(crate) no_state_in: bool,
}

/// A forward step of one row.
pub(crate) type ForwardFn = unsafe fn(&ForwardRow);
/// A backward step of one row.
pub(crate) type BackwardFn = unsafe fn(&BackwardRow);
