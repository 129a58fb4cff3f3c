//! Recurrent cells that read a sequence, and a linear layer that answers after its last step.

use crate::adding::Sequences;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use burn_recurrent::{Cell, CellState, Recurrent, RecurrentConfig};

/// One layer of cells, and the answer from the last hidden vector.
#[derive(Module, Debug)]
pub struct Adder<C: Cell> {
    /// The layer.
    pub recurrent: Recurrent<C>,
    /// From the hidden vector to the answer.
    pub answer: Linear,
}

impl<C: Cell> Adder<C> {
    /// A model of this cell.
    pub fn new(cell: C, device: &Device) -> Self {
        let answer = LinearConfig::new(cell.d_output(), 1).init(device);
        let mut cell = Some(cell);
        let cell = |_| cell.take().expect("there is one layer");
        Self {
            recurrent: RecurrentConfig::new().init_with(2, cell),
            answer,
        }
    }

    /// The answers, `[batch, 1]`, by the fused kernels where the cell has them.
    pub fn forward(&self, input: Tensor<3>) -> Tensor<2> {
        let (_, state) = self.recurrent.forward(input, None);
        let hidden = C::State::stacked_into_parts(state).swap_remove(0);
        self.answer.forward(hidden.squeeze_dim(0))
    }

    /// The mean squared error.
    pub fn error(&self, sequences: &Sequences) -> Tensor<1> {
        let answers = self.forward(sequences.input.clone());
        (answers - sequences.targets.clone()).square().mean()
    }
}
