//! The states.

use crate::{HiddenState, LstmState};
use burn::nn;
use burn::tensor::Tensor;

/// For a module of two directions, `[2, batch, d_hidden]` both here and there.
impl<const D: usize> From<nn::LstmState<D>> for LstmState<D> {
    fn from(state: nn::LstmState<D>) -> Self {
        let (cell, hidden) = state.unpack();
        Self { hidden, cell }
    }
}

/// For a module of one direction: `[batch, d_hidden]` there, `[1, batch, d_hidden]` here.
impl From<nn::LstmState<2>> for LstmState<3> {
    fn from(state: nn::LstmState<2>) -> Self {
        Self {
            hidden: state.hidden.unsqueeze_dim(0),
            cell: state.cell.unsqueeze_dim(0),
        }
    }
}

/// For a module of two directions, `[2, batch, d_hidden]` both here and there.
impl<const D: usize> From<LstmState<D>> for nn::LstmState<D> {
    fn from(state: LstmState<D>) -> Self {
        Self::new(state.cell, state.hidden)
    }
}

/// For a module of one direction: `[1, batch, d_hidden]` here, `[batch, d_hidden]` there.
///
/// # Panics
///
/// If the state is of several layers or directions.
impl From<LstmState<3>> for nn::LstmState<2> {
    fn from(state: LstmState<3>) -> Self {
        Self::new(only(state.cell), only(state.hidden))
    }
}

/// For a module of two directions, `[2, batch, d_hidden]` both here and there.
impl<const D: usize> From<nn::RnnState<D>> for HiddenState<D> {
    fn from(state: nn::RnnState<D>) -> Self {
        Self {
            hidden: state.hidden,
        }
    }
}

/// For a module of one direction: `[batch, d_hidden]` there, `[1, batch, d_hidden]` here.
impl From<nn::RnnState<2>> for HiddenState<3> {
    fn from(state: nn::RnnState<2>) -> Self {
        Self {
            hidden: state.hidden.unsqueeze_dim(0),
        }
    }
}

/// For a module of two directions, `[2, batch, d_hidden]` both here and there.
impl<const D: usize> From<HiddenState<D>> for nn::RnnState<D> {
    fn from(state: HiddenState<D>) -> Self {
        Self::new(state.hidden)
    }
}

/// For a module of one direction: `[1, batch, d_hidden]` here, `[batch, d_hidden]` there.
///
/// # Panics
///
/// If the state is of several layers or directions.
impl From<HiddenState<3>> for nn::RnnState<2> {
    fn from(state: HiddenState<3>) -> Self {
        Self::new(only(state.hidden))
    }
}

/// The only layer and direction of a part of a state.
fn only(part: Tensor<3>) -> Tensor<2> {
    let dims = part.dims();
    assert!(
        dims[0] == 1,
        "the state of one layer and direction has the shape [1, batch, width], but this one has {dims:?}"
    );
    part.squeeze_dim(0)
}
