//! The engine: any cell, in layers and directions, over padded batches.

use crate::layer::{LayerInput, path};
use crate::lengths::Lengths;
use crate::zoneout::Zoneout;
use crate::{
    Cell, CellState, ComputePath, RecurrentLayer, VariationalDropout, VariationalDropoutConfig,
    ZeroOutput, apply_dropout,
};
use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay};
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{DType, Device, Tensor};

/// How [`Recurrent`] arranges its cells.
#[derive(Config, Debug)]
pub struct RecurrentConfig {
    /// The number of layers, each reading the output of the one before it.
    #[config(default = 1)]
    pub num_layers: usize,
    /// Whether each layer also reads backwards.
    #[config(default = false)]
    pub bidirectional: bool,
    /// The probability of dropout on the output of every layer but the last.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Whether that dropout draws one mask a sequence instead of one a step (Gal and Ghahramani
    /// 2016).
    #[config(default = false)]
    pub variational_dropout: bool,
    /// The zoneout probabilities of the state's parts (Krueger et al. 2017): hidden, and for an
    /// LSTM cell.
    #[config(default = "Vec::new()")]
    pub zoneout: Vec<f64>,
    /// Whether input and output are `[batch, time, width]` (the default) or `[time, batch, width]`.
    #[config(default = true)]
    pub batch_first: bool,
}

impl RecurrentConfig {
    /// Creates the module from the cells that `cell` makes for a given input width, called layer
    /// by layer, forward before backward.
    ///
    /// # Panics
    ///
    /// If there is no layer, a probability is not in `[0, 1)`, or a cell has another input width.
    pub fn init_with<C: Cell>(
        &self,
        d_input: usize,
        mut cell: impl FnMut(usize) -> C,
    ) -> Recurrent<C> {
        assert!(
            self.num_layers > 0,
            "a recurrent module needs at least one layer"
        );
        let mut width = d_input;
        let mut cell = |width: usize| {
            let cell = cell(width);
            assert!(
                cell.d_input() == width,
                "a cell for inputs of width {width} was asked for, but its width is {}",
                cell.d_input(),
            );
            cell
        };
        let layers = (0..self.num_layers)
            .map(|_| {
                let layer = RecurrentLayer {
                    forward: cell(width),
                    backward: self.bidirectional.then(|| cell(width)),
                };
                width = layer.d_output();
                layer
            })
            .collect();
        let (each_step, whole_sequence) = match self.variational_dropout {
            true => (0.0, self.dropout),
            false => (self.dropout, 0.0),
        };
        Recurrent {
            layers,
            dropout: DropoutConfig::new(each_step).init(),
            variational_dropout: VariationalDropoutConfig::new(whole_sequence).init(),
            zoneout: Zoneout::new(self.zoneout.clone()),
            batch_first: self.batch_first,
        }
    }
}

/// A recurrent module: a [`Cell`] with depth, directions, lengths, dropout and state.
///
/// [`Rnn`](crate::Rnn), [`Gru`](crate::Gru) and [`Lstm`](crate::Lstm) are this with their cells; a
/// cell of one's own is put in with [`RecurrentConfig::init_with`].
///
/// The weights are public: `module.layers[1].backward.as_ref().unwrap().weight_hidden`.
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct Recurrent<C: Cell> {
    /// The layers, from the input to the output.
    pub layers: Vec<RecurrentLayer<C>>,
    dropout: Dropout,
    variational_dropout: VariationalDropout,
    zoneout: Zoneout,
    batch_first: bool,
}

/// The state of all layers and directions of a module of cells `C`.
type Stacked<C> = <<C as Cell>::State as CellState>::Stacked;

impl<C: Cell> Recurrent<C> {
    /// Runs over a batch of sequences of equal length.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, time, d_input]` (`[time, batch, d_input]` unless `batch_first`)
    /// - state: each part `[num_layers * directions, batch, width]`; zeros where none is given
    /// - returns: output `[batch, time, directions * d_hidden]` (likewise time-first), the forward
    ///   direction's half first, and the state after the last step (of the backward direction:
    ///   after the first)
    ///
    /// A batch or a time of 0 gives an output without elements. `backward` from it gives gradients of
    /// zeros, and the state after no step is the one before it.
    ///
    /// # Panics
    ///
    /// If the input's or the state's shape does not fit the module.
    pub fn forward(&self, input: Tensor<3>, state: Option<Stacked<C>>) -> (Tensor<3>, Stacked<C>) {
        self.run(input, None, state)
    }

    /// Runs over a padded batch: row `b` has `lengths[b]` steps, in any order, zero allowed.
    ///
    /// Outputs past a row's length are zero, the final state is the state at the row's last real
    /// step, and the backward direction starts there: what PyTorch's packed sequences give. What
    /// stands in the padding does not matter, and no gradient reaches it.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, time, d_input]`, or `[time, batch, d_input]` unless `batch_first`
    /// - lengths: one a row of the batch
    /// - returns: output `[batch, time, d_output]` in the input's order of axes, and the state after each row's last step,
    ///   as in [`forward`](Self::forward)
    ///
    /// # Panics
    ///
    /// Also if there is not one length a row, or one is longer than the input.
    pub fn forward_padded(
        &self,
        input: Tensor<3>,
        lengths: &[usize],
        state: Option<Stacked<C>>,
    ) -> (Tensor<3>, Stacked<C>) {
        self.run(input, Some(lengths), state)
    }

    /// One step, for generation.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, d_input]`
    /// - returns: output `[batch, d_hidden]`, and the state after the step
    ///
    /// # Panics
    ///
    /// If the module is bidirectional: its backward direction needs the end of the sequence.
    pub fn step(&self, input: Tensor<2>, state: Option<Stacked<C>>) -> (Tensor<2>, Stacked<C>) {
        assert!(
            self.directions() == 1,
            "a bidirectional module cannot run step by step: its backward direction needs the end \
             of the sequence"
        );
        let time_axis = self.time_axis();
        let input = match input.dims() {
            // Burn refuses to reshape some empty tensors.
            [0, width] => {
                let mut dims = [1, 1, width];
                dims[1 - time_axis] = 0;
                ZeroOutput::like(&input).of(&input).shaped(dims)
            }
            _ => input.unsqueeze_dim(time_axis),
        };
        let (output, state) = self.run(input, None, state);
        (output.squeeze_dim(time_axis), state)
    }

    /// The number of layers.
    pub fn num_layers(&self) -> usize {
        self.layers.len()
    }

    /// The number of directions, 1 or 2.
    pub fn directions(&self) -> usize {
        self.layers[0].directions()
    }

    /// Whether every layer also reads backwards.
    pub fn is_bidirectional(&self) -> bool {
        self.directions() == 2
    }

    /// Whether input and output are batch-first.
    pub fn is_batch_first(&self) -> bool {
        self.batch_first
    }

    /// The width of the input.
    pub fn d_input(&self) -> usize {
        self.layers[0].forward.d_input()
    }

    /// The width of the output: that of one direction times their number.
    pub fn d_output(&self) -> usize {
        self.layers[0].d_output()
    }

    /// Which way sequences of this element type take on this device: the fused kernels, or plain
    /// tensor operations and why.
    ///
    /// ```
    /// # use burn::tensor::{DType, Device};
    /// let device = Device::default();
    /// let lstm = burn_recurrent::LstmConfig::new(8, 16).with_peephole(true).init(&device);
    /// println!("{}", lstm.path(&device, DType::F32));
    /// assert!(!lstm.path(&device, DType::F32).is_fused());
    /// ```
    pub fn path(&self, device: &Device, dtype: DType) -> ComputePath {
        path(&self.layers[0].forward, &self.zoneout, device, dtype)
    }

    /// The zoneout probabilities of the state's parts, in the order of
    /// [`CellState::into_parts`], as far as they were given: the others are zero.
    pub fn zoneout(&self) -> &[f64] {
        self.zoneout.probs()
    }

    fn time_axis(&self) -> usize {
        usize::from(self.batch_first)
    }

    fn run(
        &self,
        input: Tensor<3>,
        lengths: Option<&[usize]>,
        state: Option<Stacked<C>>,
    ) -> (Tensor<3>, Stacked<C>) {
        let name = C::name();
        let [_, _, width] = input.dims();
        assert!(
            width == self.d_input(),
            "{name}: the input's last axis must be d_input = {}, but the input is {:?}",
            self.d_input(),
            input.dims(),
        );
        let dims = input.dims();
        let (time, batch) = (dims[self.time_axis()], dims[1 - self.time_axis()]);
        let device = input.device();
        let lengths = lengths.and_then(|lengths| Lengths::ragged(lengths, batch, time));
        let mut states = state.map(|state| self.split_state(state, batch));

        // Whatever stands in the padding, a NaN too, must not come back through a gradient.
        let mut current = match &lengths {
            Some(lengths) => {
                let padding = lengths
                    .padding(self.batch_first, &device)
                    .expand(input.dims());
                input.mask_fill(padding, 0.0)
            }
            None => input,
        };
        let mut finals = Vec::with_capacity(self.layers.len() * self.directions());
        for (index, layer) in self.layers.iter().enumerate() {
            if index > 0 {
                current = apply_dropout(&self.dropout, current);
                current = match self.batch_first {
                    true => self.variational_dropout.forward(current),
                    false => self.variational_dropout.forward_time_first(current),
                };
            }
            let layer_input = LayerInput {
                input: current,
                batch_first: self.batch_first,
                lengths: lengths.as_ref(),
                zoneout: &self.zoneout,
            };
            let initial = states
                .as_mut()
                .map(|states| states.drain(..layer.directions()).collect());
            let (output, state) = layer.run(&layer_input, initial);
            current = output;
            finals.extend(state);
        }

        (current, C::State::stack(finals))
    }

    fn split_state(&self, state: Stacked<C>, batch: usize) -> Vec<C::State> {
        let parts = C::State::stacked_into_parts(state);
        let expected = self.num_layers() * self.directions();
        let widths = self.layers[0].forward.state_widths(&parts[0].device());
        for (part, width) in parts.iter().zip(widths) {
            assert!(
                part.dims() == [expected, batch, width],
                "{}: a part of the state must be [num_layers * directions, batch, width] = {:?}, \
                 but is {:?}",
                C::name(),
                [expected, batch, width],
                part.dims(),
            );
        }
        C::State::unstack(C::State::stacked_from_parts(parts))
    }
}

impl<C: Cell> ModuleDisplay for Recurrent<C> {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        let mut content = content
            .set_top_level_type(C::name())
            .add("d_input", &self.d_input())
            .add("d_hidden", &self.layers[0].forward.d_output());
        if self.num_layers() > 1 {
            content = content.add("num_layers", &self.num_layers());
        }
        if self.is_bidirectional() {
            content = content.add("bidirectional", &true);
        }
        let dropout = self.dropout.prob.max(self.variational_dropout.prob());
        if dropout > 0.0 {
            content = content.add("dropout", &dropout);
        }
        content.optional()
    }
}
