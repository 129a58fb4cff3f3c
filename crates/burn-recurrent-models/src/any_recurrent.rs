//! A recurrent module whose cell is chosen at run time.

use crate::TensorShapes;
use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent::{
    Gru, GruConfig, HiddenState, Lstm, LstmConfig, LstmState, RecurrentInitializer, Rnn, RnnConfig,
};
use serde::{Deserialize, Serialize};

/// The kind of cell of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellKind {
    /// An Elman network with tanh.
    Rnn,
    /// A gated recurrent unit (reset after the product, as in PyTorch).
    Gru,
    /// A long short-term memory.
    Lstm,
}

/// Configuration of an [`AnyRecurrent`].
#[derive(Config, Debug)]
pub struct AnyRecurrentConfig {
    /// The cell.
    pub cell: CellKind,
    /// The width of the input.
    pub d_input: usize,
    /// The width of the hidden vectors.
    pub d_hidden: usize,
    /// The number of layers.
    #[config(default = 1)]
    pub num_layers: usize,
    /// Whether each layer also reads backwards.
    #[config(default = false)]
    pub bidirectional: bool,
    /// The probability of dropout on the output of every layer but the last.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Whether that dropout draws one mask a sequence.
    #[config(default = false)]
    pub variational_dropout: bool,
    /// The probability with which a recurrent weight is dropped for a sequence.
    #[config(default = 0.0)]
    pub weight_drop: f64,
    /// How the weights are drawn.
    #[config(default = "RecurrentInitializer::Orthogonal {}")]
    pub initializer: RecurrentInitializer,
}

/// An [`Rnn`], [`Gru`] or [`Lstm`], batch-first.
#[derive(Module, Debug)]
pub enum AnyRecurrent {
    /// Of [`CellKind::Rnn`].
    Rnn(Rnn),
    /// Of [`CellKind::Gru`].
    Gru(Gru),
    /// Of [`CellKind::Lstm`].
    Lstm(Lstm),
}

/// The state of an [`AnyRecurrent`].
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one state a stream; a box would add an allocation and save nothing"
)]
pub enum AnyState {
    /// Of an [`Rnn`] or [`Gru`].
    Hidden(HiddenState),
    /// Of an [`Lstm`].
    Lstm(LstmState),
}

impl AnyRecurrentConfig {
    /// The width of the output.
    pub fn d_output(&self) -> usize {
        let directions = if self.bidirectional { 2 } else { 1 };
        self.d_hidden.saturating_mul(directions)
    }

    /// The tensors of the module.
    pub fn tensors(&self) -> TensorShapes {
        let variant = match self.cell {
            CellKind::Rnn => "Rnn",
            CellKind::Gru => "Gru",
            CellKind::Lstm => "Lstm",
        };
        TensorShapes::recurrent(self).within(variant)
    }

    /// Creates the module.
    ///
    /// # Panics
    ///
    /// If there is no layer, or a probability is not in `[0, 1)`.
    pub fn init(&self, device: &Device) -> AnyRecurrent {
        macro_rules! configured {
            ($config:ident) => {
                $config::new(self.d_input, self.d_hidden)
                    .with_num_layers(self.num_layers)
                    .with_bidirectional(self.bidirectional)
                    .with_dropout(self.dropout)
                    .with_variational_dropout(self.variational_dropout)
                    .with_weight_drop(self.weight_drop)
                    .with_initializer(self.initializer.clone())
                    .init(device)
            };
        }
        match self.cell {
            CellKind::Rnn => AnyRecurrent::Rnn(configured!(RnnConfig)),
            CellKind::Gru => AnyRecurrent::Gru(configured!(GruConfig)),
            CellKind::Lstm => AnyRecurrent::Lstm(configured!(LstmConfig)),
        }
    }
}

impl AnyRecurrent {
    /// Runs over a batch of sequences of equal length.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, time, d_input]`
    /// - returns: output `[batch, time, directions * d_hidden]`, and the final state
    ///
    /// # Panics
    ///
    /// If a shape does not fit, or the state is another cell's.
    pub fn forward(&self, input: Tensor<3>, state: Option<AnyState>) -> (Tensor<3>, AnyState) {
        match self {
            Self::Rnn(module) => wrap_hidden(module.forward(input, state.map(AnyState::hidden))),
            Self::Gru(module) => wrap_hidden(module.forward(input, state.map(AnyState::hidden))),
            Self::Lstm(module) => wrap_lstm(module.forward(input, state.map(AnyState::lstm))),
        }
    }

    /// Runs over a padded batch of which row `b` has `lengths[b]` steps.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, time, d_input]`
    /// - returns: output `[batch, time, directions * d_hidden]`, zeros past a row's length, and the
    ///   state after each row's last step
    ///
    /// # Panics
    ///
    /// Also if the lengths do not fit the input.
    pub fn forward_padded(
        &self,
        input: Tensor<3>,
        lengths: &[usize],
        state: Option<AnyState>,
    ) -> (Tensor<3>, AnyState) {
        match self {
            Self::Rnn(module) => {
                wrap_hidden(module.forward_padded(input, lengths, state.map(AnyState::hidden)))
            }
            Self::Gru(module) => {
                wrap_hidden(module.forward_padded(input, lengths, state.map(AnyState::hidden)))
            }
            Self::Lstm(module) => {
                wrap_lstm(module.forward_padded(input, lengths, state.map(AnyState::lstm)))
            }
        }
    }

    /// The width of the output.
    pub fn d_output(&self) -> usize {
        match self {
            Self::Rnn(module) => module.d_output(),
            Self::Gru(module) => module.d_output(),
            Self::Lstm(module) => module.d_output(),
        }
    }
}

fn wrap_hidden((output, state): (Tensor<3>, HiddenState)) -> (Tensor<3>, AnyState) {
    (output, AnyState::Hidden(state))
}

fn wrap_lstm((output, state): (Tensor<3>, LstmState)) -> (Tensor<3>, AnyState) {
    (output, AnyState::Lstm(state))
}

impl AnyState {
    /// The same numbers, cut off from the graph that computed them.
    pub fn detach(self) -> Self {
        match self {
            Self::Hidden(state) => Self::Hidden(state.detach()),
            Self::Lstm(state) => Self::Lstm(state.detach()),
        }
    }

    /// How many sequences side by side it is of.
    pub fn rows(&self) -> usize {
        let (Self::Hidden(HiddenState { hidden }) | Self::Lstm(LstmState { hidden, .. })) = self;
        hidden.dims()[1]
    }

    /// The state's tensors on the host: hidden, and for an LSTM cell.
    pub fn to_data(&self) -> Vec<TensorData> {
        match self {
            Self::Hidden(state) => vec![state.hidden.to_data()],
            Self::Lstm(state) => vec![state.hidden.to_data(), state.cell.to_data()],
        }
    }

    /// The inverse of [`to_data`](Self::to_data); `None` where it is not a state.
    pub fn from_data(data: Vec<TensorData>, device: &Device) -> Option<Self> {
        let tensors: Vec<Tensor<3>> = data
            .into_iter()
            .map(|data| (data.rank() == 3).then(|| Tensor::from_data(data, device)))
            .collect::<Option<_>>()?;
        let mut tensors = tensors.into_iter();
        match (tensors.next(), tensors.next(), tensors.next()) {
            (Some(hidden), None, None) => Some(Self::Hidden(HiddenState { hidden })),
            (Some(hidden), Some(cell), None) => Some(Self::Lstm(LstmState { hidden, cell })),
            _ => None,
        }
    }

    fn hidden(self) -> HiddenState {
        match self {
            Self::Hidden(state) => state,
            Self::Lstm(_) => panic!("this cell's state is a hidden vector, not an LSTM's state"),
        }
    }

    fn lstm(self) -> LstmState {
        match self {
            Self::Lstm(state) => state,
            Self::Hidden(_) => panic!("an LSTM's state has a memory cell, this one has none"),
        }
    }
}
