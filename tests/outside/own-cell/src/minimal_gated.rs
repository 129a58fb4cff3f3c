//! The cell that the documentation of `burn_recurrent::MinimalGatedCell` works out, outside of that crate: the same code,
//! with public names only.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::{Device, Tensor};
use burn_recurrent::{Cell, HiddenState, RecurrentInitializer};

/// Configuration of a [`MinimalGatedCell`].
#[derive(Config, Debug)]
pub struct MinimalGatedCellConfig {
    /// The width of the input.
    pub d_input: usize,
    /// The width of the hidden vector.
    pub d_hidden: usize,
    /// How the weights are drawn.
    #[config(default = "RecurrentInitializer::Orthogonal {}")]
    pub initializer: RecurrentInitializer,
}

/// The step of a minimal gated unit (Zhou et al. 2016), a GRU with one gate:
///
/// ```text
/// f  = sigmoid(x W_xf + h W_hf + b_f)
/// n  = tanh(x W_xn + (f * h) W_hn + b_n)
/// h' = (1 - f) * h + f * n
/// ```
#[derive(Module, Debug)]
pub struct MinimalGatedCell {
    /// Input weights of f and n, `[d_input, 2 * d_hidden]`.
    pub weight_input: Param<Tensor<2>>,
    /// Recurrent weights of f and n, `[d_hidden, 2 * d_hidden]`.
    pub weight_hidden: Param<Tensor<2>>,
    /// Biases of f and n, `[2 * d_hidden]`.
    pub bias: Param<Tensor<1>>,
}

impl MinimalGatedCellConfig {
    /// Creates the cell.
    pub fn init(&self, device: &Device) -> MinimalGatedCell {
        let draw = self.initializer.for_cell(self.d_hidden, device);
        MinimalGatedCell {
            weight_input: Param::from_tensor(draw.input(self.d_input, 2)),
            weight_hidden: Param::from_tensor(draw.recurrent(self.d_hidden, 2)),
            bias: Param::from_tensor(draw.bias(2, None)),
        }
    }
}

/// The recurrent weights of the gate and of the candidate, cut apart once a sequence.
pub struct MinimalGatedPrepared {
    gate: Tensor<2>,
    candidate: Tensor<2>,
}

impl Cell for MinimalGatedCell {
    type State = HiddenState<2>;
    type Prepared = MinimalGatedPrepared;

    fn name() -> &'static str {
        "MinimalGated"
    }

    fn d_input(&self) -> usize {
        self.weight_input.dims()[0]
    }

    fn d_output(&self) -> usize {
        self.weight_hidden.dims()[0]
    }

    fn initial_state(&self, batch: usize, device: &Device) -> HiddenState<2> {
        HiddenState::zeros([batch, self.d_output()], device)
    }

    fn prepare(&self, _batch: usize, _device: &Device) -> MinimalGatedPrepared {
        let n = self.d_output();
        let weight = self.weight_hidden.val();
        MinimalGatedPrepared {
            gate: weight.clone().narrow(1, 0, n),
            candidate: weight.narrow(1, n, n),
        }
    }

    fn project_input(&self, input: Tensor<2>) -> Tensor<2> {
        input.matmul(self.weight_input.val()) + self.bias.val().unsqueeze()
    }

    fn step(
        &self,
        projected: Tensor<2>,
        state: HiddenState<2>,
        prepared: &MinimalGatedPrepared,
    ) -> HiddenState<2> {
        let n = self.d_output();
        let hidden = state.hidden;
        let gate = projected.clone().narrow(1, 0, n) + hidden.clone().matmul(prepared.gate.clone());
        let gate = sigmoid(gate);
        let recurrent = (gate.clone() * hidden.clone()).matmul(prepared.candidate.clone());
        let candidate = tanh(projected.narrow(1, n, n) + recurrent);
        HiddenState {
            hidden: hidden.clone() + gate * (candidate - hidden),
        }
    }
}
