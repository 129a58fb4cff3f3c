//! The long short-term memory.

use crate::RecurrentInitializer;
use crate::cell::{Fused, Sequence};
use crate::cell_weights::{LstmWeights, optional_param, param};
use crate::fused::FusedCell;
use crate::recurrence::{Recurrence, RecurrenceConfig};
use crate::{Cell, ComputePath, LstmState, PreparedRecurrence, Recurrent, RecurrentConfig};
use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig};
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::{DType, Device, Tensor};
use burn_recurrent_kernels::{KernelCell, Operation, SequenceState, path};

/// Configuration of an [`LstmCell`].
#[derive(Config, Debug)]
pub struct LstmCellConfig {
    /// The width of the input.
    pub d_input: usize,
    /// The width of the memory cell, and of the hidden vector where it is not projected.
    pub d_hidden: usize,
    /// Whether there is a bias.
    #[config(default = true)]
    pub bias: bool,
    /// How the weights are drawn.
    #[config(default = "RecurrentInitializer::Orthogonal {}")]
    pub initializer: RecurrentInitializer,
    /// Whether the gates see the memory cell (Gers and Schmidhuber 2000).
    #[config(default = false)]
    pub peephole: bool,
    /// Whether the forget gate is one minus the input gate (Greff et al. 2017), which saves a
    /// quarter of the weights.
    #[config(default = false)]
    pub coupled: bool,
    /// The width to which the hidden vector is projected (LSTMP, Sak et al. 2014).
    #[config(default = "None")]
    pub d_projection: Option<usize>,
    /// The magnitude to which the memory cell is clipped at each step.
    #[config(default = "None")]
    pub cell_clip: Option<f64>,
    /// Whether the products and the memory cell are layer-normalised (Ba et al. 2016, equations 20
    /// to 22).
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

/// The step of a long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of
/// Gers et al. 2000), the gates in PyTorch's order i, f, g, o:
///
/// ```text
/// i  = sigmoid(x W_xi + h W_hi + b_i [+ p_i * c])
/// f  = sigmoid(x W_xf + h W_hf + b_f [+ p_f * c])    coupled: f = 1 - i
/// g  = tanh   (x W_xg + h W_hg + b_g)
/// c' = f * c + i * g                                  clipped to ±cell_clip
/// o  = sigmoid(x W_xo + h W_ho + b_o [+ p_o * c'])
/// h' = o * tanh(c')                                   projected: h' = (o * tanh(c')) W_p
/// ```
///
/// The terms in brackets are the peepholes. Coupled, the gates are i, g, o and the weights
/// `3 * d_hidden` wide.
///
/// Layer-normalised, it is Ba et al. 2016: `LN(x W_x) + LN(h W_h) + b`, each over all gates
/// together, and `h' = o * tanh(LN(c'))`.
#[derive(Module, Debug)]
pub struct LstmCell {
    /// Input weights of i, f, g, o, `[d_input, 4 * d_hidden]`.
    pub weight_input: Param<Tensor<2>>,
    /// Recurrent weights of i, f, g, o, `[d_hidden, 4 * d_hidden]` (`[d_projection, ..]`).
    pub weight_hidden: Param<Tensor<2>>,
    /// Biases of i, f, g, o, `[4 * d_hidden]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Peephole weights of i, f, o, `[3, d_hidden]` (coupled: of i, o, `[2, d_hidden]`).
    pub peephole: Option<Param<Tensor<2>>>,
    /// Projection of the hidden vector, `[d_hidden, d_projection]`.
    pub projection: Option<Param<Tensor<2>>>,
    /// The normalisations.
    pub norm: Option<LstmNorm>,
    pub(crate) recurrence: Recurrence,
    coupled: bool,
    cell_clip: Option<f64>,
}

/// The normalisations of a layer-normalised [`LstmCell`].
#[derive(Module, Debug)]
pub struct LstmNorm {
    /// Of the input's product.
    pub input: LayerNorm,
    /// Of the recurrent product.
    pub hidden: LayerNorm,
    /// Of the memory cell on its way to the hidden vector.
    pub cell: LayerNorm,
}

impl LstmCellConfig {
    /// Creates the cell.
    ///
    /// # Panics
    ///
    /// If a probability is not in `[0, 1)` or the clip is not positive.
    pub fn init(&self, device: &Device) -> LstmCell {
        let draw = self.initializer.for_cell(self.d_hidden, device);
        let gates = self.gates();
        self.init_with_weights(LstmWeights {
            weight_input: draw.input(self.d_input, gates),
            weight_hidden: draw.recurrent(self.d_state(), gates),
            // The forget gate starts open; coupled, there is none to open.
            bias: self
                .bias
                .then(|| draw.bias(gates, (!self.coupled).then_some(1))),
            peephole: self.peephole.then(|| draw.peephole(gates - 1)),
            projection: self.d_projection.map(|width| draw.projection(width)),
        })
    }

    /// Creates the cell of these weights, on their device. Nothing is drawn.
    ///
    /// # Panics
    ///
    /// As [`init`](Self::init), and if a weight has not the shape that the configuration asks for, or is there where it
    /// asks for none.
    pub fn init_with_weights(&self, weights: LstmWeights) -> LstmCell {
        if let Some(clip) = self.cell_clip {
            assert!(clip > 0.0, "cell_clip must be positive, but is {clip}");
        }
        let gates = self.gates();
        let width = gates * self.d_hidden;
        let device = weights.weight_input.device();
        let norm = |width: usize| LayerNormConfig::new(width).init(&device);
        let weight_hidden = [self.d_state(), width];
        let peephole = self.peephole.then_some([gates - 1, self.d_hidden]);
        let projection = self.d_projection.map(|width| [self.d_hidden, width]);
        LstmCell {
            weight_input: param("weight_input", weights.weight_input, [self.d_input, width]),
            weight_hidden: param("weight_hidden", weights.weight_hidden, weight_hidden),
            bias: optional_param("bias", weights.bias, self.bias.then_some([width])),
            peephole: optional_param("peephole", weights.peephole, peephole),
            projection: optional_param("projection", weights.projection, projection),
            norm: self.layer_norm.then(|| LstmNorm {
                input: norm(width),
                hidden: norm(width),
                cell: norm(self.d_hidden),
            }),
            recurrence: RecurrenceConfig::new()
                .with_weight_drop(self.weight_drop)
                .with_recurrent_dropout(self.recurrent_dropout)
                .init(),
            coupled: self.coupled,
            cell_clip: self.cell_clip,
        }
    }

    /// How many gates lie side by side.
    fn gates(&self) -> usize {
        if self.coupled { 3 } else { 4 }
    }

    /// The width of the hidden vector.
    fn d_state(&self) -> usize {
        self.d_projection.unwrap_or(self.d_hidden)
    }
}

impl LstmCell {
    /// The width of the memory cell.
    pub fn d_cell(&self) -> usize {
        let [_, width] = self.weight_hidden.dims();
        width / if self.coupled { 3 } else { 4 }
    }

    /// Whether the forget gate is one minus the input gate.
    pub fn is_coupled(&self) -> bool {
        self.coupled
    }

    /// The magnitude to which the memory cell is clipped at each step.
    pub fn cell_clip(&self) -> Option<f64> {
        self.cell_clip
    }

    /// A gate's sum with its peephole's view of the memory cell.
    fn peep(&self, row: usize, gate: Tensor<2>, cell: &Tensor<2>) -> Tensor<2> {
        match &self.peephole {
            Some(weight) => gate + weight.val().narrow(0, row, 1) * cell.clone(),
            None => gate,
        }
    }
}

impl Cell for LstmCell {
    type State = LstmState<2>;
    type Prepared = PreparedRecurrence;

    fn name() -> &'static str {
        "Lstm"
    }

    fn d_input(&self) -> usize {
        self.weight_input.dims()[0]
    }

    fn d_output(&self) -> usize {
        self.weight_hidden.dims()[0]
    }

    fn initial_state(&self, batch: usize, device: &Device) -> LstmState<2> {
        LstmState {
            hidden: Tensor::zeros([batch, self.d_output()], device),
            cell: Tensor::zeros([batch, self.d_cell()], device),
        }
    }

    fn state_widths(&self, _device: &Device) -> Vec<usize> {
        vec![self.d_output(), self.d_cell()]
    }

    fn prepare(&self, batch: usize, device: &Device) -> PreparedRecurrence {
        self.recurrence
            .prepare(self.weight_hidden.val(), batch, device)
    }

    fn project_input(&self, input: Tensor<2>) -> Tensor<2> {
        let mut product = input.matmul(self.weight_input.val());
        if let Some(norm) = &self.norm {
            product = norm.input.forward(product);
        }
        match &self.bias {
            Some(bias) => product + bias.val().unsqueeze(),
            None => product,
        }
    }

    fn step(
        &self,
        projected: Tensor<2>,
        state: LstmState<2>,
        prepared: &PreparedRecurrence,
    ) -> LstmState<2> {
        let n = self.d_cell();
        let LstmState { hidden, cell } = state;
        let mut product = prepared.product(hidden);
        if let Some(norm) = &self.norm {
            product = norm.hidden.forward(product);
        }
        let gates = projected + product;
        let gate = |index: usize| gates.clone().narrow(1, index * n, n);

        let input = sigmoid(self.peep(0, gate(0), &cell));
        let (forget, candidate, output) = match self.coupled {
            true => (input.clone().neg() + 1.0, gate(1), gate(2)),
            false => (sigmoid(self.peep(1, gate(1), &cell)), gate(2), gate(3)),
        };
        let mut cell = forget * cell + input * tanh(candidate);
        if let Some(clip) = self.cell_clip {
            cell = cell.clamp(-clip, clip);
        }
        let output = sigmoid(self.peep(if self.coupled { 1 } else { 2 }, output, &cell));
        let shown = match &self.norm {
            Some(norm) => norm.cell.forward(cell.clone()),
            None => cell.clone(),
        };
        let mut hidden = output * tanh(shown);
        if let Some(projection) = &self.projection {
            hidden = hidden.matmul(projection.val());
        }
        LstmState { hidden, cell }
    }

    fn path(&self, device: &Device, dtype: DType) -> ComputePath {
        let obstacles = [
            (self.peephole.is_some(), "peepholes have no fused kernel"),
            (self.coupled, "coupled gates have no fused kernel"),
            (
                self.projection.is_some(),
                "the projection has no fused kernel",
            ),
            (
                self.cell_clip.is_some(),
                "cell clipping has no fused kernel",
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

    fn fused_sequence(&self, input: &Sequence<'_, LstmState<2>>) -> Option<Fused<LstmState<2>>> {
        let state = SequenceState {
            hidden: input.state.as_ref().map(|state| state.hidden.clone()),
            cell: input.state.as_ref().map(|state| state.cell.clone()),
        };
        let cell = FusedCell {
            kind: KernelCell::Lstm,
            weight_input: &self.weight_input,
            weight_hidden: &self.weight_hidden,
            bias: self.bias.as_ref(),
            bias_candidate: None,
            recurrence: &self.recurrence,
        };
        let result = cell.run(input, state);
        Some(Fused {
            output: result.output,
            state: LstmState {
                hidden: result.hidden,
                cell: result.cell?,
            },
        })
    }
}

/// A long short-term memory: see [`LstmCell`] for the equations and [`Recurrent`] for the use.
pub type Lstm = Recurrent<LstmCell>;

/// Configuration of an [`Lstm`].
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// use burn_recurrent::LstmConfig;
///
/// let device = Device::default();
/// let lstm = LstmConfig::new(8, 16)
///     .with_num_layers(2)
///     .with_bidirectional(true)
///     .with_dropout(0.5)
///     .init(&device);
/// let (output, state) = lstm.forward(Tensor::zeros([4, 10, 8], &device), None);
/// assert_eq!(output.dims(), [4, 10, 32]);
/// assert_eq!(state.cell.dims(), [4, 4, 16]);
/// ```
#[derive(Config, Debug)]
pub struct LstmConfig {
    /// The width of the input.
    pub d_input: usize,
    /// The width of the memory cell, and of the hidden vector where it is not projected.
    pub d_hidden: usize,
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
    /// The probability with which a unit of the hidden vector keeps its previous value (Krueger et
    /// al. 2017).
    #[config(default = 0.0)]
    pub zoneout_hidden: f64,
    /// The probability with which a unit of the memory cell keeps its previous value (Krueger et
    /// al. 2017).
    #[config(default = 0.0)]
    pub zoneout_cell: f64,
    /// Whether the cells are layer-normalised (Ba et al. 2016).
    #[config(default = false)]
    pub layer_norm: bool,
    /// Whether the gates see the memory cell (Gers and Schmidhuber 2000).
    #[config(default = false)]
    pub peephole: bool,
    /// Whether the forget gate is one minus the input gate (Greff et al. 2017).
    #[config(default = false)]
    pub coupled: bool,
    /// The width to which the hidden vectors are projected (LSTMP, Sak et al. 2014).
    #[config(default = "None")]
    pub d_projection: Option<usize>,
    /// The magnitude to which the memory cells are clipped at each step.
    #[config(default = "None")]
    pub cell_clip: Option<f64>,
}

impl LstmConfig {
    /// Creates the module.
    ///
    /// # Panics
    ///
    /// If there is no layer, a probability is not in `[0, 1)` or the clip is not positive.
    pub fn init(&self, device: &Device) -> Lstm {
        RecurrentConfig::new()
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.bidirectional)
            .with_dropout(self.dropout)
            .with_variational_dropout(self.variational_dropout)
            .with_zoneout(vec![self.zoneout_hidden, self.zoneout_cell])
            .with_batch_first(self.batch_first)
            .init_with(self.d_input, |d_input| {
                LstmCellConfig::new(d_input, self.d_hidden)
                    .with_bias(self.bias)
                    .with_initializer(self.initializer.clone())
                    .with_peephole(self.peephole)
                    .with_coupled(self.coupled)
                    .with_d_projection(self.d_projection)
                    .with_cell_clip(self.cell_clip)
                    .with_layer_norm(self.layer_norm)
                    .with_weight_drop(self.weight_drop)
                    .with_recurrent_dropout(self.recurrent_dropout)
                    .init(device)
            })
    }

    /// A state of zeros for a batch of this size.
    pub fn zero_state(&self, batch: usize, device: &Device) -> LstmState {
        let stack = self.num_layers * (1 + usize::from(self.bidirectional));
        let width = self.d_projection.unwrap_or(self.d_hidden);
        LstmState {
            hidden: Tensor::zeros([stack, batch, width], device),
            cell: Tensor::zeros([stack, batch, self.d_hidden], device),
        }
    }
}
