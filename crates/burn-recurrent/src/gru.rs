//! The gated recurrent unit.

use crate::RecurrentInitializer;
use crate::cell::{Fused, Sequence};
use crate::cell_weights::{GruWeights, optional_param, param};
use crate::fused::FusedCell;
use crate::recurrence::{Recurrence, RecurrenceConfig};
use crate::{
    Cell, ComputePath, GruState, HiddenState, PreparedRecurrence, Recurrent, RecurrentConfig,
};
use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig};
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::{DType, Device, Tensor};
use burn_recurrent_kernels::{KernelCell, Operation, SequenceState, path};
use serde::{Deserialize, Serialize};

/// Where a [`GruCell`]'s reset gate acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetGate {
    /// On the product of the hidden vector with the candidate's recurrent weights: PyTorch, cuDNN,
    /// Keras' `reset_after`.
    AfterProduct,
    /// On the hidden vector before that product, as Cho et al. 2014 wrote it.
    BeforeProduct,
}

/// Configuration of a [`GruCell`].
#[derive(Config, Debug)]
pub struct GruCellConfig {
    /// The width of the input.
    pub d_input: usize,
    /// The width of the hidden vector.
    pub d_hidden: usize,
    /// Where the reset gate acts.
    #[config(default = "ResetGate::AfterProduct")]
    pub reset: ResetGate,
    /// Whether there are biases.
    #[config(default = true)]
    pub bias: bool,
    /// How the weights are drawn.
    #[config(default = "RecurrentInitializer::Orthogonal {}")]
    pub initializer: RecurrentInitializer,
    /// Whether the products are layer-normalised (Ba et al. 2016, supplement).
    #[config(default = false)]
    pub layer_norm: bool,
    /// The probability with which a recurrent weight is dropped for a sequence (Merity et al.
    /// 2017).
    #[config(default = 0.0)]
    pub weight_drop: f64,
    /// The probability with which a unit of the hidden vector is dropped from the recurrent
    /// products for a sequence (Gal and Ghahramani 2016).
    #[config(default = 0.0)]
    pub recurrent_dropout: f64,
}

/// The step of a gated recurrent unit (Cho et al. 2014, <https://arxiv.org/abs/1406.1078>), the
/// gates in PyTorch's order r, z, n:
///
/// ```text
/// r  = sigmoid(x W_xr + h W_hr + b_r)
/// z  = sigmoid(x W_xz + h W_hz + b_z)
/// n  = tanh(x W_xn + b_n + r * (h W_hn + b_hn))      reset after the product
/// n  = tanh(x W_xn + b_n + (r * h) W_hn)             reset before the product
/// h' = (1 - z) * n + z * h
/// ```
///
/// Layer-normalised, the products `x W` and `h W` of the two gates together and of the candidate
/// are each normalised before they are added.
#[derive(Module, Debug)]
pub struct GruCell {
    /// Input weights of r, z, n, `[d_input, 3 * d_hidden]`.
    pub weight_input: Param<Tensor<2>>,
    /// Recurrent weights of r, z, n, `[d_hidden, 3 * d_hidden]`.
    pub weight_hidden: Param<Tensor<2>>,
    /// Biases of r, z, n, `[3 * d_hidden]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Bias of the candidate's recurrent product, `[d_hidden]`; only where the reset gate acts
    /// after that product.
    pub bias_candidate: Option<Param<Tensor<1>>>,
    /// The normalisations.
    pub norm: Option<GruNorm>,
    pub(crate) recurrence: Recurrence,
    #[module(skip)]
    reset: ResetGate,
}

/// The normalisations of a layer-normalised [`GruCell`].
#[derive(Module, Debug)]
pub struct GruNorm {
    /// Of the input's product for r and z.
    pub input_gates: LayerNorm,
    /// Of the input's product for the candidate.
    pub input_candidate: LayerNorm,
    /// Of the recurrent product for r and z.
    pub hidden_gates: LayerNorm,
    /// Of the recurrent product for the candidate.
    pub hidden_candidate: LayerNorm,
}

/// What all steps of one sequence share.
#[derive(Clone, Debug)]
pub struct GruPrepared {
    recurrence: PreparedRecurrence,
    /// The recurrent weights of r and z, and of n, where they are used one after the other.
    split: Option<(Tensor<2>, Tensor<2>)>,
}

impl GruCellConfig {
    /// Creates the cell.
    ///
    /// # Panics
    ///
    /// If a probability is not in `[0, 1)`.
    pub fn init(&self, device: &Device) -> GruCell {
        let draw = self.initializer.for_cell(self.d_hidden, device);
        self.init_with_weights(GruWeights {
            weight_input: draw.input(self.d_input, 3),
            weight_hidden: draw.recurrent(self.d_hidden, 3),
            bias: self.bias.then(|| {
                // Reset after the product, the candidate's two biases are kept apart.
                let candidate = match self.reset {
                    ResetGate::AfterProduct => draw.single_bias(),
                    ResetGate::BeforeProduct => draw.bias(1, None),
                };
                Tensor::cat(vec![draw.bias(2, None), candidate], 0)
            }),
            bias_candidate: self.has_second_bias().then(|| draw.single_bias()),
        })
    }

    /// Creates the cell of these weights, on their device. Nothing is drawn.
    ///
    /// # Panics
    ///
    /// As [`init`](Self::init), and if a weight has not the shape that the configuration asks for, or is there where it
    /// asks for none.
    pub fn init_with_weights(&self, weights: GruWeights) -> GruCell {
        let width = 3 * self.d_hidden;
        let device = weights.weight_input.device();
        let norm = |gates: usize| LayerNormConfig::new(gates * self.d_hidden).init(&device);
        let weight_hidden = [self.d_hidden, width];
        let bias_candidate = self.has_second_bias().then_some([self.d_hidden]);
        GruCell {
            weight_input: param("weight_input", weights.weight_input, [self.d_input, width]),
            weight_hidden: param("weight_hidden", weights.weight_hidden, weight_hidden),
            bias: optional_param("bias", weights.bias, self.bias.then_some([width])),
            bias_candidate: optional_param(
                "bias_candidate",
                weights.bias_candidate,
                bias_candidate,
            ),
            norm: self.layer_norm.then(|| GruNorm {
                input_gates: norm(2),
                input_candidate: norm(1),
                hidden_gates: norm(2),
                hidden_candidate: norm(1),
            }),
            recurrence: RecurrenceConfig::new()
                .with_weight_drop(self.weight_drop)
                .with_recurrent_dropout(self.recurrent_dropout)
                .init(),
            reset: self.reset,
        }
    }

    /// Whether the candidate's recurrent product has a bias of its own.
    fn has_second_bias(&self) -> bool {
        self.bias && self.reset == ResetGate::AfterProduct
    }
}

impl GruCell {
    /// Where the reset gate acts.
    pub fn reset(&self) -> ResetGate {
        self.reset
    }

    fn normalize_gates(&self, product: Tensor<2>) -> Tensor<2> {
        match &self.norm {
            Some(norm) => norm.hidden_gates.forward(product),
            None => product,
        }
    }

    /// The candidate's recurrent product, normalised and with its bias.
    fn finish_candidate(&self, product: Tensor<2>) -> Tensor<2> {
        let product = match &self.norm {
            Some(norm) => norm.hidden_candidate.forward(product),
            None => product,
        };
        match &self.bias_candidate {
            Some(bias) => product + bias.val().unsqueeze(),
            None => product,
        }
    }
}

impl Cell for GruCell {
    type State = HiddenState<2>;
    type Prepared = GruPrepared;

    fn name() -> &'static str {
        "Gru"
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

    fn state_widths(&self, _device: &Device) -> Vec<usize> {
        vec![self.d_output()]
    }

    fn prepare(&self, batch: usize, device: &Device) -> GruPrepared {
        let recurrence = self
            .recurrence
            .prepare(self.weight_hidden.val(), batch, device);
        let d_hidden = self.d_output();
        let split = (self.reset == ResetGate::BeforeProduct).then(|| {
            let weight = recurrence.weight.clone();
            (
                weight.clone().narrow(1, 0, 2 * d_hidden),
                weight.narrow(1, 2 * d_hidden, d_hidden),
            )
        });
        GruPrepared { recurrence, split }
    }

    fn project_input(&self, input: Tensor<2>) -> Tensor<2> {
        let mut product = input.matmul(self.weight_input.val());
        if let Some(norm) = &self.norm {
            let d_hidden = self.d_output();
            let gates = product.clone().narrow(1, 0, 2 * d_hidden);
            let candidate = product.narrow(1, 2 * d_hidden, d_hidden);
            product = Tensor::cat(
                vec![
                    norm.input_gates.forward(gates),
                    norm.input_candidate.forward(candidate),
                ],
                1,
            );
        }
        match &self.bias {
            Some(bias) => product + bias.val().unsqueeze(),
            None => product,
        }
    }

    fn step(
        &self,
        projected: Tensor<2>,
        state: HiddenState<2>,
        prepared: &GruPrepared,
    ) -> HiddenState<2> {
        let n = self.d_output();
        let hidden = state.hidden;
        let input_gates = projected.clone().narrow(1, 0, 2 * n);
        let input_candidate = projected.narrow(1, 2 * n, n);
        let gates = |product: Tensor<2>| {
            let gates = sigmoid(input_gates + self.normalize_gates(product));
            (gates.clone().narrow(1, 0, n), gates.narrow(1, n, n))
        };
        let (update, candidate) = match &prepared.split {
            None => {
                let product = prepared.recurrence.product(hidden.clone());
                let (reset, update) = gates(product.clone().narrow(1, 0, 2 * n));
                let recurrent = self.finish_candidate(product.narrow(1, 2 * n, n));
                (update, tanh(input_candidate + reset * recurrent))
            }
            Some((weight_gates, weight_candidate)) => {
                let masked = prepared.recurrence.mask(hidden.clone());
                let (reset, update) = gates(masked.clone().matmul(weight_gates.clone()));
                let product = (reset * masked).matmul(weight_candidate.clone());
                (
                    update,
                    tanh(input_candidate + self.finish_candidate(product)),
                )
            }
        };
        HiddenState {
            hidden: candidate.clone() + update * (hidden - candidate),
        }
    }

    fn path(&self, device: &Device, dtype: DType) -> ComputePath {
        let obstacles = [
            (
                self.norm.is_some(),
                "layer normalisation has no fused kernel",
            ),
            (
                self.recurrence.masks_hidden(device),
                "recurrent dropout has no fused kernel",
            ),
        ];
        path(Operation::Sequence, device, &[dtype]).unless(&obstacles)
    }

    fn fused_sequence(
        &self,
        input: &Sequence<'_, HiddenState<2>>,
    ) -> Option<Fused<HiddenState<2>>> {
        let state = SequenceState {
            hidden: input.state.as_ref().map(|state| state.hidden.clone()),
            cell: None,
        };
        let cell = FusedCell {
            kind: match self.reset {
                ResetGate::AfterProduct => KernelCell::GruResetAfter,
                ResetGate::BeforeProduct => KernelCell::GruResetBefore,
            },
            weight_input: &self.weight_input,
            weight_hidden: &self.weight_hidden,
            bias: self.bias.as_ref(),
            bias_candidate: self.bias_candidate.as_ref(),
            recurrence: &self.recurrence,
        };
        let result = cell.run(input, state);
        Some(Fused {
            output: result.output,
            state: HiddenState {
                hidden: result.hidden,
            },
        })
    }
}

/// A gated recurrent unit: see [`GruCell`] for the equations and [`Recurrent`] for the use.
pub type Gru = Recurrent<GruCell>;

/// Configuration of a [`Gru`].
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// use burn_recurrent::GruConfig;
///
/// let device = Device::default();
/// let gru = GruConfig::new(8, 16).with_bidirectional(true).init(&device);
/// let (output, state) = gru.forward_padded(Tensor::zeros([2, 10, 8], &device), &[10, 3], None);
/// assert_eq!(output.dims(), [2, 10, 32]);
/// assert_eq!(state.hidden.dims(), [2, 2, 16]);
/// ```
#[derive(Config, Debug)]
pub struct GruConfig {
    /// The width of the input.
    pub d_input: usize,
    /// The width of the hidden vector.
    pub d_hidden: usize,
    /// Where the reset gate acts.
    #[config(default = "ResetGate::AfterProduct")]
    pub reset: ResetGate,
    /// The number of layers.
    #[config(default = 1)]
    pub num_layers: usize,
    /// Whether each layer also reads backwards.
    #[config(default = false)]
    pub bidirectional: bool,
    /// Whether there are biases.
    #[config(default = true)]
    pub bias: bool,
    /// Whether input and output are `[batch, time, width]`, or `[time, batch, width]`.
    #[config(default = true)]
    pub batch_first: bool,
    /// How the weights are drawn.
    #[config(default = "RecurrentInitializer::Orthogonal {}")]
    pub initializer: RecurrentInitializer,
    /// The probability of dropout on the output of every layer but the last.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Whether that dropout draws one mask a sequence (Gal and Ghahramani 2016).
    #[config(default = false)]
    pub variational_dropout: bool,
    /// The probability with which a unit of the hidden vector is dropped from the recurrent
    /// products for a sequence (Gal and Ghahramani 2016).
    #[config(default = 0.0)]
    pub recurrent_dropout: f64,
    /// The probability with which a recurrent weight is dropped for a sequence (Merity et al.
    /// 2017).
    #[config(default = 0.0)]
    pub weight_drop: f64,
    /// The probability with which a unit keeps its previous value (Krueger et al. 2017).
    #[config(default = 0.0)]
    pub zoneout: f64,
    /// Whether the cells are layer-normalised (Ba et al. 2016).
    #[config(default = false)]
    pub layer_norm: bool,
}

impl GruConfig {
    /// Creates the module.
    ///
    /// # Panics
    ///
    /// If there is no layer, or a probability is not in `[0, 1)`.
    pub fn init(&self, device: &Device) -> Gru {
        RecurrentConfig::new()
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.bidirectional)
            .with_dropout(self.dropout)
            .with_variational_dropout(self.variational_dropout)
            .with_zoneout(vec![self.zoneout])
            .with_batch_first(self.batch_first)
            .init_with(self.d_input, |d_input| {
                GruCellConfig::new(d_input, self.d_hidden)
                    .with_reset(self.reset)
                    .with_bias(self.bias)
                    .with_initializer(self.initializer.clone())
                    .with_layer_norm(self.layer_norm)
                    .with_weight_drop(self.weight_drop)
                    .with_recurrent_dropout(self.recurrent_dropout)
                    .init(device)
            })
    }

    /// A state of zeros for a batch of this size.
    pub fn zero_state(&self, batch: usize, device: &Device) -> GruState {
        let stack = self.num_layers * (1 + usize::from(self.bidirectional));
        HiddenState::zeros([stack, batch, self.d_hidden], device)
    }
}
