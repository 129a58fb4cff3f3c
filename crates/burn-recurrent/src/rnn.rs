//! The Elman network.

use crate::cell::{Fused, Sequence};
use crate::cell_weights::{RnnWeights, optional_param, param};
use crate::fused::FusedCell;
use crate::recurrence::{Recurrence, RecurrenceConfig};
use crate::{Cell, ComputePath, HiddenState, PreparedRecurrence, Recurrent, RecurrentConfig};
use crate::{RecurrentInitializer, RnnState};
use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig};
use burn::tensor::activation::{relu, sigmoid, tanh};
use burn::tensor::{DType, Device, Tensor};
use burn_recurrent_kernels::{KernelCell, Operation, SequenceState, path};
use serde::{Deserialize, Serialize};

/// The activation of an [`RnnCell`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RnnActivation {
    /// The hyperbolic tangent.
    Tanh,
    /// The rectifier max(0, x).
    Relu,
    /// The logistic function 1 / (1 + exp(-x)).
    Sigmoid,
}

impl RnnActivation {
    fn forward(self, input: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Tanh => tanh(input),
            Self::Relu => relu(input),
            Self::Sigmoid => sigmoid(input),
        }
    }
}

/// Configuration of an [`RnnCell`].
#[derive(Config, Debug)]
pub struct RnnCellConfig {
    /// The width of the input.
    pub d_input: usize,
    /// The width of the hidden vector.
    pub d_hidden: usize,
    /// The activation.
    #[config(default = "RnnActivation::Tanh")]
    pub activation: RnnActivation,
    /// Whether there is a bias.
    #[config(default = true)]
    pub bias: bool,
    /// How the weights are drawn.
    #[config(default = "RecurrentInitializer::Orthogonal {}")]
    pub initializer: RecurrentInitializer,
    /// Whether the sum of both products is layer-normalised (Ba et al. 2016, equation 4).
    #[config(default = false)]
    pub layer_norm: bool,
    /// The probability with which a recurrent weight is dropped for a sequence (Merity et al.
    /// 2017).
    #[config(default = 0.0)]
    pub weight_drop: f64,
    /// The probability with which a unit of the hidden vector is dropped from the recurrent
    /// product for a sequence (Gal and Ghahramani 2016).
    #[config(default = 0.0)]
    pub recurrent_dropout: f64,
}

/// The step of an Elman network (Elman 1990, "Finding Structure in Time"):
///
/// `h' = f(x W_x + h W_h + b)`
#[derive(Module, Debug)]
pub struct RnnCell {
    /// Input weights, `[d_input, d_hidden]`.
    pub weight_input: Param<Tensor<2>>,
    /// Recurrent weights, `[d_hidden, d_hidden]`.
    pub weight_hidden: Param<Tensor<2>>,
    /// Bias, `[d_hidden]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// The normalisation of the sum of both products.
    pub norm: Option<LayerNorm>,
    pub(crate) recurrence: Recurrence,
    #[module(skip)]
    activation: RnnActivation,
}

impl RnnCellConfig {
    /// Creates the cell.
    ///
    /// # Panics
    ///
    /// If a probability is not in `[0, 1)`.
    pub fn init(&self, device: &Device) -> RnnCell {
        let draw = self.initializer.for_cell(self.d_hidden, device);
        self.init_with_weights(RnnWeights {
            weight_input: draw.input(self.d_input, 1),
            weight_hidden: draw.recurrent(self.d_hidden, 1),
            bias: self.bias.then(|| draw.bias(1, None)),
        })
    }

    /// Creates the cell of these weights, on their device. Nothing is drawn.
    ///
    /// # Panics
    ///
    /// As [`init`](Self::init), and if a weight has not the shape that the configuration asks for, or is there where it
    /// asks for none.
    pub fn init_with_weights(&self, weights: RnnWeights) -> RnnCell {
        let width = self.d_hidden;
        let device = weights.weight_input.device();
        RnnCell {
            weight_input: param("weight_input", weights.weight_input, [self.d_input, width]),
            weight_hidden: param("weight_hidden", weights.weight_hidden, [width, width]),
            bias: optional_param("bias", weights.bias, self.bias.then_some([width])),
            norm: self
                .layer_norm
                .then(|| LayerNormConfig::new(width).init(&device)),
            recurrence: RecurrenceConfig::new()
                .with_weight_drop(self.weight_drop)
                .with_recurrent_dropout(self.recurrent_dropout)
                .init(),
            activation: self.activation,
        }
    }
}

impl RnnCell {
    /// The activation.
    pub fn activation(&self) -> RnnActivation {
        self.activation
    }
}

impl Cell for RnnCell {
    type State = HiddenState<2>;
    type Prepared = PreparedRecurrence;

    fn name() -> &'static str {
        "Rnn"
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

    fn prepare(&self, batch: usize, device: &Device) -> PreparedRecurrence {
        self.recurrence
            .prepare(self.weight_hidden.val(), batch, device)
    }

    fn project_input(&self, input: Tensor<2>) -> Tensor<2> {
        let product = input.matmul(self.weight_input.val());
        match (&self.bias, &self.norm) {
            // Normalised, the bias is added after the sum has been: in `step`.
            (Some(bias), None) => product + bias.val().unsqueeze(),
            _ => product,
        }
    }

    fn step(
        &self,
        projected: Tensor<2>,
        state: HiddenState<2>,
        prepared: &PreparedRecurrence,
    ) -> HiddenState<2> {
        let mut sum = projected + prepared.product(state.hidden);
        if let Some(norm) = &self.norm {
            sum = norm.forward(sum);
            if let Some(bias) = &self.bias {
                sum = sum + bias.val().unsqueeze();
            }
        }
        HiddenState {
            hidden: self.activation.forward(sum),
        }
    }

    fn path(&self, device: &Device, dtype: DType) -> ComputePath {
        let obstacles = [
            (
                self.activation == RnnActivation::Sigmoid,
                "the logistic activation has no fused kernel",
            ),
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
            kind: match self.activation {
                RnnActivation::Tanh => KernelCell::RnnTanh,
                RnnActivation::Relu => KernelCell::RnnRelu,
                RnnActivation::Sigmoid => return None,
            },
            weight_input: &self.weight_input,
            weight_hidden: &self.weight_hidden,
            bias: self.bias.as_ref(),
            bias_candidate: None,
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

/// An Elman network: see [`RnnCell`] for the equation and [`Recurrent`] for the use.
pub type Rnn = Recurrent<RnnCell>;

/// Configuration of an [`Rnn`].
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// use burn_recurrent::{RnnActivation, RnnConfig};
///
/// let device = Device::default();
/// let rnn = RnnConfig::new(8, 16)
///     .with_activation(RnnActivation::Relu)
///     .with_num_layers(2)
///     .init(&device);
/// let (output, state) = rnn.forward(Tensor::zeros([4, 10, 8], &device), None);
/// assert_eq!(output.dims(), [4, 10, 16]);
/// assert_eq!(state.hidden.dims(), [2, 4, 16]);
/// ```
#[derive(Config, Debug)]
pub struct RnnConfig {
    /// The width of the input.
    pub d_input: usize,
    /// The width of the hidden vector.
    pub d_hidden: usize,
    /// The activation.
    #[config(default = "RnnActivation::Tanh")]
    pub activation: RnnActivation,
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
    /// product for a sequence (Gal and Ghahramani 2016).
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

impl RnnConfig {
    /// Creates the module.
    ///
    /// # Panics
    ///
    /// If there is no layer, or a probability is not in `[0, 1)`.
    pub fn init(&self, device: &Device) -> Rnn {
        RecurrentConfig::new()
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.bidirectional)
            .with_dropout(self.dropout)
            .with_variational_dropout(self.variational_dropout)
            .with_zoneout(vec![self.zoneout])
            .with_batch_first(self.batch_first)
            .init_with(self.d_input, |d_input| {
                RnnCellConfig::new(d_input, self.d_hidden)
                    .with_activation(self.activation)
                    .with_bias(self.bias)
                    .with_initializer(self.initializer.clone())
                    .with_layer_norm(self.layer_norm)
                    .with_weight_drop(self.weight_drop)
                    .with_recurrent_dropout(self.recurrent_dropout)
                    .init(device)
            })
    }

    /// A state of zeros for a batch of this size.
    pub fn zero_state(&self, batch: usize, device: &Device) -> RnnState {
        let stack = self.num_layers * (1 + usize::from(self.bidirectional));
        HiddenState::zeros([stack, batch, self.d_hidden], device)
    }
}
