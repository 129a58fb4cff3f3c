//! The state of the decoder.

use crate::AnyState;
use burn::tensor::{Int, Tensor};
use burn_recurrent::{HiddenState, LstmState};

/// The state of the decoder between words, a row a translation.
#[derive(Clone, Debug)]
pub struct DecoderState {
    /// The recurrent layers' state.
    pub recurrent: AnyState,
    /// The attended vector of the word before, `[rows, d_attended]`, where it is fed.
    pub fed: Option<Tensor<2>>,
}

impl DecoderState {
    /// The state of these rows, `[selected]`, in this order; a row may come more than once.
    pub fn select(self, rows: Tensor<1, Int>) -> Self {
        Self {
            recurrent: map_state(self.recurrent, |part| part.select(1, rows.clone())),
            fed: self.fed.map(|fed| fed.select(0, rows.clone())),
        }
    }
}

/// A state with each part changed.
pub(super) fn map_state(state: AnyState, change: impl Fn(Tensor<3>) -> Tensor<3>) -> AnyState {
    match state {
        AnyState::Hidden(state) => AnyState::Hidden(HiddenState {
            hidden: change(state.hidden),
        }),
        AnyState::Lstm(state) => AnyState::Lstm(LstmState {
            hidden: change(state.hidden),
            cell: change(state.cell),
        }),
    }
}
