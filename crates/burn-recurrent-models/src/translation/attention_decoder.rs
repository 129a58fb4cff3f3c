//! The decoder with attention and input feeding.

use super::attention::Attention;
use super::unstack::unstack;
use super::{DecoderState, EncodedSource};
use crate::sentence_dropout::SentenceDropout;
use crate::{AnyRecurrent, AnyState};
use burn::module::Param;
use burn::tensor::Tensor;
use burn_recurrent::{Cell, CellState, GruCell, LstmCell, Recurrent, RnnCell};

/// A decoder whose every step reads the attended vector of the one before (Luong et al. 2015,
/// section 3.3): the words of a step stand beside it in the input of the first layer, whose weights
/// are `[d_words + d_attended, gates * d_hidden]`, the words' rows first.
pub(super) struct AttentionDecoder<'a> {
    pub(super) recurrent: &'a AnyRecurrent,
    pub(super) attention: &'a Attention,
    pub(super) dropout_layers: &'a SentenceDropout,
    pub(super) weight_drop: f64,
}

/// What an [`AttentionDecoder`] computed.
pub(super) struct Attended {
    /// The attended vectors, `[rows, time, d_attended]`.
    pub(super) output: Tensor<3>,
    /// The state after the last step.
    pub(super) state: DecoderState,
    /// How much each word of the source counted, `[rows, time, source]`.
    pub(super) weights: Tensor<3>,
}

impl AttentionDecoder<'_> {
    /// Runs over a batch. There may be several rows a sentence, those of one side by side.
    ///
    /// # Shapes
    ///
    /// - words: what stands beside the fed vector, `[rows, time, d_words]`
    /// - state: `[layers, rows, d_hidden]` each part
    /// - fed: `[rows, d_attended]`
    pub(super) fn forward(
        &self,
        words: Tensor<3>,
        state: AnyState,
        fed: Tensor<2>,
        source: &EncodedSource,
    ) -> Attended {
        if let Some(attended) = self.fused(&words, &state, &fed, source) {
            return attended;
        }
        match (self.recurrent, state) {
            (AnyRecurrent::Rnn(module), AnyState::Hidden(state)) => {
                let (output, state, fed, weights) = self.steps(module, words, state, fed, source);
                attended(output, AnyState::Hidden(state), fed, weights)
            }
            (AnyRecurrent::Gru(module), AnyState::Hidden(state)) => {
                let (output, state, fed, weights) = self.steps(module, words, state, fed, source);
                attended(output, AnyState::Hidden(state), fed, weights)
            }
            (AnyRecurrent::Lstm(module), AnyState::Lstm(state)) => {
                let (output, state, fed, weights) = self.steps(module, words, state, fed, source);
                attended(output, AnyState::Lstm(state), fed, weights)
            }
            _ => panic!("the state is another cell's than the decoder's"),
        }
    }

    /// The reference: step by step, with plain tensor operations. The words' part of the gates is
    /// computed for all steps at once.
    fn steps<C: FedCell>(
        &self,
        module: &Recurrent<C>,
        words: Tensor<3>,
        state: Stacked<C>,
        mut fed: Tensor<2>,
        source: &EncodedSource,
    ) -> (Tensor<3>, Stacked<C>, Tensor<2>, Tensor<3>) {
        let [rows, time, d_words] = words.dims();
        let sentences = source.lengths.len();
        let [_, d_attended] = fed.dims();
        let device = words.device();
        let first = &module.layers[0].forward;
        let weight = first.weight_input().val();
        let of_words = weight.clone().narrow(0, 0, d_words);
        let of_fed = weight.narrow(0, d_words, d_attended);
        let words = words.swap_dims(0, 1).reshape([time * rows, d_words]);
        let mut projected = words.matmul(of_words);
        if let Some(bias) = first.bias() {
            projected = projected + bias.val().unsqueeze();
        }
        let [_, width] = projected.dims();
        let projected = unstack(projected.reshape([time, rows, width]));

        let cells: Vec<&C> = module.layers.iter().map(|layer| &layer.forward).collect();
        let prepared: Vec<C::Prepared> = cells
            .iter()
            .map(|cell| cell.prepare(rows, &device))
            .collect();
        let d_hidden = first.d_output();
        let dropout: Vec<_> = (1..cells.len())
            .map(|_| self.dropout_layers.steps([rows, d_hidden], &device))
            .collect();
        let mut states = C::State::unstack(state);
        let (mut outputs, mut all_weights) = (Vec::new(), Vec::new());
        for projected in projected {
            let mut projected = projected + fed.matmul(of_fed.clone());
            for (layer, cell) in cells.iter().enumerate() {
                if layer > 0 {
                    let below = dropout[layer - 1].forward(hidden(&states[layer - 1]));
                    projected = cell.project_input(below);
                }
                let state = states[layer].clone();
                states[layer] = cell.step(projected.clone(), state, &prepared[layer]);
            }
            let top = hidden(&states[cells.len() - 1]);
            let top = top.reshape([sentences, rows / sentences, d_hidden]);
            let (attended, weights) = self.attention.forward(top, source);
            let [_, _, places] = weights.dims();
            fed = attended.reshape([rows, d_attended]);
            outputs.push(fed.clone());
            all_weights.push(weights.reshape([rows, places]));
        }
        (
            Tensor::stack(outputs, 1),
            C::State::stack(states),
            fed,
            Tensor::stack(all_weights, 1),
        )
    }
}

fn attended(
    output: Tensor<3>,
    recurrent: AnyState,
    fed: Tensor<2>,
    weights: Tensor<3>,
) -> Attended {
    let state = DecoderState {
        recurrent,
        fed: Some(fed),
    };
    Attended {
        output,
        state,
        weights,
    }
}

type Stacked<C> = <<C as Cell>::State as CellState>::Stacked;

fn hidden<S: CellState>(state: &S) -> Tensor<2> {
    state.clone().into_parts().swap_remove(0)
}

/// A cell whose input weights can be cut by rows.
trait FedCell: Cell {
    fn weight_input(&self) -> &Param<Tensor<2>>;
    fn bias(&self) -> Option<&Param<Tensor<1>>>;
}

macro_rules! fed_cell {
    ($($cell:ident),*) => {
        $(
            impl FedCell for $cell {
                fn weight_input(&self) -> &Param<Tensor<2>> {
                    &self.weight_input
                }

                fn bias(&self) -> Option<&Param<Tensor<1>>> {
                    self.bias.as_ref()
                }
            }
        )*
    };
}

fed_cell!(RnnCell, GruCell, LstmCell);
