//! From the encoder's final state to the decoder's first.

use super::state::map_state;
use super::{BridgeKind, EncoderDecoderConfig};
use crate::encoder::draw_linear;
use crate::{AnyState, CellKind};
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::tanh;
use burn::tensor::{Device, Tensor};
use burn_recurrent::{HiddenState, LstmState};

/// Makes the decoder's first state of what the encoder has read ([`BridgeKind`]).
#[derive(Module, Debug)]
pub struct Bridge {
    /// `W` and `b`, `[d_encoder, layers * d_hidden]`; none where the state is copied.
    pub linear: Option<Linear>,
    #[module(skip)]
    kind: BridgeKind,
    #[module(skip)]
    cell: CellKind,
    layers: usize,
}

/// What a bridge starts from.
pub(super) struct Read<'a> {
    /// The encoder's outputs, `[batch, source, d_encoder]`, zero in the padding.
    pub(super) values: &'a Tensor<3>,
    /// The last layer's final hidden vectors, `[batch, d_encoder]`.
    pub(super) summary: &'a Tensor<2>,
    /// The final state, `[layers, batch, d_encoder]` each part.
    pub(super) state: AnyState,
    pub(super) lengths: &'a [usize],
}

impl Bridge {
    pub(super) fn new(config: &EncoderDecoderConfig, device: &Device) -> Self {
        let layers = config.decoder_layers;
        let linear = (config.bridge != BridgeKind::Copy)
            .then(|| draw_linear(config.encoder_width(), layers * config.d_hidden, device));
        Self {
            linear,
            kind: config.bridge,
            cell: config.decoder_cell,
            layers,
        }
    }

    /// The decoder's state before its first word: `[layers, batch, d_hidden]` each part; the memory
    /// cells of an LSTM are zero unless they are copied.
    pub(super) fn forward(&self, read: Read<'_>) -> AnyState {
        let Some(linear) = &self.linear else {
            return read.state;
        };
        let [batch, d_encoder] = read.summary.dims();
        let from = match self.kind {
            BridgeKind::Mean => {
                let counts: Vec<f32> = read.lengths.iter().map(|l| (*l).max(1) as f32).collect();
                let like = (&read.values.device(), read.values.dtype());
                let counts = Tensor::<1>::from_data(counts.as_slice(), like);
                let sum = read.values.clone().sum_dim(1).reshape([batch, d_encoder]);
                sum / counts.reshape([batch, 1])
            }
            _ => read.summary.clone(),
        };
        let hidden = tanh(linear.forward(from));
        let [_, width] = hidden.dims();
        let hidden = hidden
            .reshape([batch, self.layers, width / self.layers])
            .swap_dims(0, 1);
        match self.cell {
            CellKind::Lstm => AnyState::Lstm(LstmState {
                cell: hidden.zeros_like(),
                hidden,
            }),
            CellKind::Rnn | CellKind::Gru => AnyState::Hidden(HiddenState { hidden }),
        }
    }
}

/// An encoder's final state with both directions of a layer side by side: `[layers, batch,
/// d_encoder]` each part.
pub(super) fn join_directions(state: AnyState, directions: usize) -> AnyState {
    if directions == 1 {
        return state;
    }
    map_state(state, |part| {
        let [stack, batch, width] = part.dims();
        let layers = stack / directions;
        part.reshape([layers, directions, batch, width])
            .swap_dims(1, 2)
            .reshape([layers, batch, directions * width])
    })
}
