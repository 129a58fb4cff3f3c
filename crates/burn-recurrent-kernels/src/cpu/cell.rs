//! The operands of a call.

use super::scratch::Scratch;
use super::shared::Sizes;

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
