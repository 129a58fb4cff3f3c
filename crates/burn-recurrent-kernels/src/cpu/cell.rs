//! The operands of a call.

use super::pack::Scratch;

/// Weights of one layer and direction.
#[derive(Clone, Copy)]
pub(crate) struct Weights<'a> {
    /// `[d_input, gates * d_hidden]`
    pub(crate) w_ih: &'a [f32],
    /// `[d_hidden, gates * d_hidden]`
    pub(crate) w_hh: &'a [f32],
    /// `[gates * d_hidden]`
    pub(crate) bias: Option<&'a [f32]>,
    /// `[d_hidden]`, only for `Cell::GruResetAfter`
    pub(crate) bias_candidate: Option<&'a [f32]>,
}

/// States, or gradients of states: `[batch, d_hidden]` each; absent means zeros.
#[derive(Clone, Copy, Default)]
pub(crate) struct States<'a> {
    pub(crate) hidden: Option<&'a [f32]>,
    pub(crate) cell: Option<&'a [f32]>,
}

/// What the backward pass needs of the forward pass, real steps only.
#[derive(Debug)]
pub(crate) struct Saved {
    /// Activated gates, `[steps, gates * d_hidden]`.
    pub(crate) gates: Scratch,
    /// LSTM: cell states, `[steps, d_hidden]`.
    pub(crate) cells: Scratch,
    /// GRU with the reset after the product: the candidate's recurrent part, `[steps, d_hidden]`.
    pub(crate) extra: Scratch,
}
