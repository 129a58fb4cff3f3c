//! The operands of a layer, and what its forward pass keeps.

use super::schedule::Schedule;
use super::scratch::Scratch;
use super::sizes::Sizes;
use crate::kind::KernelCell;

/// Weights of one layer and direction.
#[derive(Clone, Copy)]
pub(crate) struct Weights<'a> {
    /// `[d_input, gates * d_hidden]`
    pub(crate) w_ih: &'a [f32],
    /// `[d_hidden, gates * d_hidden]`
    pub(crate) w_hh: &'a [f32],
    /// `[gates * d_hidden]`
    pub(crate) bias: Option<&'a [f32]>,
    /// `[d_hidden]`, only for `KernelCell::GruResetAfter`
    pub(crate) bias_candidate: Option<&'a [f32]>,
}

impl Weights<'_> {
    /// Panics where one does not have the size that a layer needs.
    pub(crate) fn check(&self, sizes: Sizes) {
        let columns = sizes.columns();
        assert_eq!(self.w_ih.len(), sizes.d_input * columns, "w_ih");
        assert_eq!(self.w_hh.len(), sizes.d_hidden * columns, "w_hh");
        assert!(self.bias.is_none_or(|bias| bias.len() == columns), "bias");
        let candidate = self.bias_candidate;
        assert!(
            candidate.is_none_or(|bias| bias.len() == sizes.d_hidden),
            "bias_candidate"
        );
    }
}

/// States, or gradients of states: `[batch, d_hidden]` each; absent means zeros.
#[derive(Clone, Copy, Default)]
pub(crate) struct States<'a> {
    pub(crate) hidden: Option<&'a [f32]>,
    pub(crate) cell: Option<&'a [f32]>,
}

impl States<'_> {
    /// Panics where one does not have `len` numbers.
    pub(crate) fn check(&self, len: usize) {
        assert!(self.hidden.is_none_or(|state| state.len() == len), "hidden");
        assert!(self.cell.is_none_or(|state| state.len() == len), "cell");
    }
}

/// What a layer reads.
#[derive(Clone, Copy)]
pub(crate) struct Operands<'a> {
    /// `[batch, time, d_input]`, in the schedule's layout.
    pub(crate) input: &'a [f32],
    pub(crate) weights: Weights<'a>,
    /// The states before the first step.
    pub(crate) start: States<'a>,
}

impl Operands<'_> {
    /// Panics where one does not have the size that it must have: the passes read through pointers.
    pub(crate) fn check(&self, schedule: &Schedule, sizes: Sizes) {
        let full = schedule.batch * schedule.time;
        assert_eq!(self.input.len(), full * sizes.d_input, "input");
        self.weights.check(sizes);
        self.start.check(schedule.batch * sizes.d_hidden);
    }
}

/// What the backward pass needs of the forward pass: of real steps only, as [`Schedule::compact`] numbers them.
#[derive(Debug)]
pub(crate) struct Saved {
    /// `[steps, gates * d_hidden]`. The projection writes `x * w_ih`, each row by one thread; the forward steps turn
    /// that into activated gates, the backward steps these into their gradients before activation, each row and
    /// unit on the thread whose row and unit it is.
    pub(crate) gates: Scratch,
    /// LSTM: cell states, `[steps, d_hidden]`.
    pub(crate) cells: Scratch,
    /// GRU, `[steps, d_hidden]`. With the reset after the product: the candidate's recurrent part, which becomes its
    /// gradient. With the reset before it: only in the backward pass, whose steps write `r * h`.
    pub(crate) extra: Scratch,
}

impl Saved {
    /// Room for `steps` steps; where nothing is to be `kept`, for the gates alone.
    pub(crate) fn new(sizes: Sizes, steps: usize, kept: bool) -> Self {
        let states = |wanted| Scratch::new(if wanted { steps * sizes.d_hidden } else { 0 });
        Self {
            gates: Scratch::new(steps * sizes.columns()),
            cells: states(kept && sizes.cell == KernelCell::Lstm),
            extra: states(kept && sizes.cell == KernelCell::GruResetAfter),
        }
    }

    /// Panics where a buffer does not have the size that it must have.
    pub(crate) fn check(&self, sizes: Sizes, steps: usize) {
        let states = |wanted| if wanted { steps * sizes.d_hidden } else { 0 };
        assert_eq!(self.gates.len(), steps * sizes.columns(), "gates");
        let cells = states(sizes.cell == KernelCell::Lstm);
        assert_eq!(self.cells.len(), cells, "cells");
        let extra = states(sizes.cell == KernelCell::GruResetAfter);
        assert_eq!(self.extra.len(), extra, "extra");
    }
}
