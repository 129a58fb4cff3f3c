//! The states that recurrent cells carry from step to step.

use crate::ZeroOutput;
use burn::tensor::{Device, Tensor};
use core::fmt::Debug;

/// The state of a cell whose hidden vector is all it carries: [`Rnn`](crate::Rnn),
/// [`Gru`](crate::Gru) and most cells of one's own.
///
/// `HiddenState<3>`, what a module takes and returns, holds every layer and direction:
/// `[num_layers * directions, batch, d_hidden]`, layer by layer, forward before backward (PyTorch's
/// order). `HiddenState<2>` is one layer and direction, `[batch, d_hidden]`, what a
/// [`Cell`](crate::Cell) sees.
#[derive(Clone, Debug)]
pub struct HiddenState<const D: usize = 3> {
    /// The hidden vectors.
    pub hidden: Tensor<D>,
}

/// The state of an [`Rnn`](crate::Rnn).
pub type RnnState = HiddenState<3>;
/// The state of a [`Gru`](crate::Gru).
pub type GruState = HiddenState<3>;

/// The state of an [`Lstm`](crate::Lstm).
///
/// `LstmState<3>`, what the module takes and returns, holds every layer and direction:
/// `[num_layers * directions, batch, width]`, layer by layer, forward before backward (PyTorch's
/// order). `LstmState<2>` is one layer and direction, `[batch, width]`.
#[derive(Clone, Debug)]
pub struct LstmState<const D: usize = 3> {
    /// The hidden vectors; their width is `d_hidden`, or the projection's width where there is one.
    pub hidden: Tensor<D>,
    /// The memory cells, of width `d_hidden`.
    pub cell: Tensor<D>,
}

/// What the engine must be able to do with a cell's state: take it apart, put it together, and
/// stack it over layers and directions.
///
/// The parts come in a fixed order with the hidden vector first.
pub trait CellState: Clone + Debug + Send + Sized {
    /// The same state for all layers and directions, with a leading axis.
    type Stacked: Clone + Debug + Send;

    /// The state's tensors, `[batch, width]` each, the hidden vector first.
    fn into_parts(self) -> Vec<Tensor<2>>;

    /// The inverse of [`into_parts`](Self::into_parts): of parts `[batch, width]`.
    ///
    /// # Panics
    ///
    /// If the number of parts is not this state's.
    fn from_parts(parts: Vec<Tensor<2>>) -> Self;

    /// The tensors of a stacked state, `[num_layers * directions, batch, width]` each, in the
    /// order of [`into_parts`](Self::into_parts).
    fn stacked_into_parts(stacked: Self::Stacked) -> Vec<Tensor<3>>;

    /// The inverse of [`stacked_into_parts`](Self::stacked_into_parts): of parts
    /// `[num_layers * directions, batch, width]`.
    fn stacked_from_parts(parts: Vec<Tensor<3>>) -> Self::Stacked;

    /// Joins the states of all layers and directions along a new first axis.
    fn stack(mut states: Vec<Self>) -> Self::Stacked {
        if states.len() == 1 {
            let parts = states.swap_remove(0).into_parts().into_iter();
            return Self::stacked_from_parts(parts.map(stack_one).collect());
        }
        let mut columns: Vec<Vec<Tensor<2>>> = Vec::new();
        for state in states {
            for (index, part) in state.into_parts().into_iter().enumerate() {
                if columns.len() == index {
                    columns.push(Vec::new());
                }
                columns[index].push(part);
            }
        }
        let parts = columns.into_iter().map(stack_rows).collect();
        Self::stacked_from_parts(parts)
    }

    /// Splits a stacked state into those of the single layers and directions.
    fn unstack(stacked: Self::Stacked) -> Vec<Self> {
        let parts = Self::stacked_into_parts(stacked);
        let count = parts[0].dims()[0];
        if count == 1 {
            let parts = parts.into_iter().map(|part| part.squeeze_dim(0));
            return vec![Self::from_parts(parts.collect())];
        }
        let state = |index: usize| {
            let rows = parts.iter().map(|part| part.clone().narrow(0, index, 1));
            Self::from_parts(rows.map(|row| row.squeeze_dim(0)).collect())
        };
        (0..count).map(state).collect()
    }
}

/// Stacks `[batch, width]` tensors along a new first axis; Burn refuses to reshape empty ones.
fn stack_rows(rows: Vec<Tensor<2>>) -> Tensor<3> {
    let [batch, width] = rows[0].dims();
    match batch {
        0 => {
            let like = ZeroOutput::like(&rows[0]);
            let all = rows.iter().fold(like, |all, row| all.of(row));
            all.shaped([rows.len(), 0, width])
        }
        _ => Tensor::stack(rows, 0),
    }
}

/// The same for one, of which nothing is copied.
fn stack_one(row: Tensor<2>) -> Tensor<3> {
    match row.dims() {
        [0, _] => stack_rows(vec![row]),
        _ => row.unsqueeze_dim(0),
    }
}

impl CellState for HiddenState<2> {
    type Stacked = HiddenState<3>;

    fn into_parts(self) -> Vec<Tensor<2>> {
        vec![self.hidden]
    }

    fn from_parts(parts: Vec<Tensor<2>>) -> Self {
        let [hidden] = exactly(parts);
        Self { hidden }
    }

    fn stacked_into_parts(stacked: HiddenState<3>) -> Vec<Tensor<3>> {
        vec![stacked.hidden]
    }

    fn stacked_from_parts(parts: Vec<Tensor<3>>) -> HiddenState<3> {
        let [hidden] = exactly(parts);
        HiddenState { hidden }
    }
}

impl CellState for LstmState<2> {
    type Stacked = LstmState<3>;

    fn into_parts(self) -> Vec<Tensor<2>> {
        vec![self.hidden, self.cell]
    }

    fn from_parts(parts: Vec<Tensor<2>>) -> Self {
        let [hidden, cell] = exactly(parts);
        Self { hidden, cell }
    }

    fn stacked_into_parts(stacked: LstmState<3>) -> Vec<Tensor<3>> {
        vec![stacked.hidden, stacked.cell]
    }

    fn stacked_from_parts(parts: Vec<Tensor<3>>) -> LstmState<3> {
        let [hidden, cell] = exactly(parts);
        LstmState { hidden, cell }
    }
}

fn exactly<const N: usize, const D: usize>(parts: Vec<Tensor<D>>) -> [Tensor<D>; N] {
    let found = parts.len();
    parts
        .try_into()
        .unwrap_or_else(|_| panic!("this state has {N} parts, but {found} were given"))
}

impl<const D: usize> HiddenState<D> {
    /// A state of zeros of the given shape.
    pub fn zeros(shape: [usize; D], device: &Device) -> Self {
        Self {
            hidden: Tensor::zeros(shape, device),
        }
    }

    /// The same numbers, cut off from the graph that computed them: what truncated
    /// back-propagation carries to the next batch.
    pub fn detach(self) -> Self {
        Self {
            hidden: self.hidden.detach(),
        }
    }

    /// Moves the state to a device.
    pub fn to_device(self, device: &Device) -> Self {
        Self {
            hidden: self.hidden.to_device(device),
        }
    }
}

impl<const D: usize> LstmState<D> {
    /// A state of zeros, `hidden` and `cell` of the same shape.
    pub fn zeros(shape: [usize; D], device: &Device) -> Self {
        Self {
            hidden: Tensor::zeros(shape, device),
            cell: Tensor::zeros(shape, device),
        }
    }

    /// The same numbers, cut off from the graph that computed them: what truncated
    /// back-propagation carries to the next batch.
    pub fn detach(self) -> Self {
        Self {
            hidden: self.hidden.detach(),
            cell: self.cell.detach(),
        }
    }

    /// Moves the state to a device.
    pub fn to_device(self, device: &Device) -> Self {
        Self {
            hidden: self.hidden.to_device(device),
            cell: self.cell.to_device(device),
        }
    }
}
