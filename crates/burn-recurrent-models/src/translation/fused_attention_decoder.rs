//! The decoder with attention and input feeding as one fused operation.

use super::attention_decoder::{Attended, AttentionDecoder};
use super::{DecoderState, EncodedSource};
use crate::{AnyRecurrent, AnyState};
use burn::module::Param;
use burn::tensor::{DType, Device, Tensor};
use burn_recurrent::{GruCell, HiddenState, LstmCell, LstmState, ResetGate};
use burn_recurrent_kernels as kernels;

/// A cell's weights as the operation takes them.
struct CellWeights<'a> {
    kind: kernels::KernelCell,
    weight_input: &'a Param<Tensor<2>>,
    weight_hidden: &'a Param<Tensor<2>>,
    bias: &'a Param<Tensor<1>>,
    bias_candidate: Option<&'a Param<Tensor<1>>>,
}

impl AttentionDecoder<'_> {
    /// What the steps compute, in one operation; none where there is none for it. Gradients flow
    /// from the attended vectors alone.
    ///
    /// There is one for a single layer of GRU or LSTM with one row a sentence.
    pub(super) fn fused(
        &self,
        words: &Tensor<3>,
        state: &AnyState,
        fed: &Tensor<2>,
        source: &EncodedSource,
    ) -> Option<Attended> {
        let [rows, time, _] = words.dims();
        let device = words.device();
        if rows != source.lengths.len() || time == 0 {
            return None;
        }
        let cell = self.cell(&device, words.dtype())?;
        let b_attended = self.attention.attended.bias.as_ref()?.val();
        let weights = kernels::AttentionDecoderWeights {
            w_ih: cell.weight_input.val(),
            w_hh: cell.weight_hidden.val(),
            bias: cell.bias.val(),
            bias_candidate: cell.bias_candidate.map(Param::val),
            score: self.attention.score(),
            w_attended: self.attention.attended.weight.val(),
            b_attended,
        };
        // A sentence without words has one place, with a value of zero, to look at.
        let lengths: Vec<usize> = source
            .lengths
            .iter()
            .map(|length| (*length).max(1))
            .collect();
        let keys = source.keys.clone();
        let attended_to = kernels::AttentionSource {
            keys: keys.unwrap_or_else(|| source.values.clone()),
            values: source.values.clone(),
            lengths: &lengths,
        };
        let row = |part: &Tensor<3>| part.clone().squeeze_dim::<2>(0);
        let state = kernels::AttentionDecoderState {
            hidden: match state {
                AnyState::Hidden(state) => row(&state.hidden),
                AnyState::Lstm(state) => row(&state.hidden),
            },
            cell: match state {
                AnyState::Hidden(_) => None,
                AnyState::Lstm(state) => Some(row(&state.cell)),
            },
            fed: Some(fed.clone()),
        };
        let output =
            kernels::attention_decoder(cell.kind, words.clone(), weights, attended_to, state);
        let hidden = output.state.hidden.unsqueeze_dim(0);
        Some(Attended {
            output: output.attended,
            state: DecoderState {
                recurrent: match output.state.cell {
                    Some(cell) => AnyState::Lstm(LstmState {
                        hidden,
                        cell: cell.unsqueeze_dim(0),
                    }),
                    None => AnyState::Hidden(HiddenState { hidden }),
                },
                fed: output.state.fed,
            },
            weights: output.weights,
        })
    }

    /// The decoder's only cell, where the operation knows it.
    fn cell(&self, device: &Device, dtype: DType) -> Option<CellWeights<'_>> {
        // Weights that are dropped are drawn for the steps.
        let drops_weights = self.weight_drop > 0.0 && device.is_autodiff();
        let cell = match self.recurrent {
            AnyRecurrent::Gru(module) if module.path(device, dtype).is_fused() => {
                let [layer] = module.layers.as_slice() else {
                    return None;
                };
                gru(&layer.forward)
            }
            AnyRecurrent::Lstm(module) if module.path(device, dtype).is_fused() => {
                let [layer] = module.layers.as_slice() else {
                    return None;
                };
                lstm(&layer.forward)
            }
            _ => None,
        };
        cell.filter(|cell| {
            let decoder = kernels::Operation::AttentionDecoder(cell.kind);
            !drops_weights && kernels::path(decoder, device, &[dtype]).is_fused()
        })
    }
}

fn gru(cell: &GruCell) -> Option<CellWeights<'_>> {
    Some(CellWeights {
        kind: match cell.reset() {
            ResetGate::AfterProduct => kernels::KernelCell::GruResetAfter,
            ResetGate::BeforeProduct => kernels::KernelCell::GruResetBefore,
        },
        weight_input: &cell.weight_input,
        weight_hidden: &cell.weight_hidden,
        bias: cell.bias.as_ref()?,
        bias_candidate: cell.bias_candidate.as_ref(),
    })
}

fn lstm(cell: &LstmCell) -> Option<CellWeights<'_>> {
    Some(CellWeights {
        kind: kernels::KernelCell::Lstm,
        weight_input: &cell.weight_input,
        weight_hidden: &cell.weight_hidden,
        bias: cell.bias.as_ref()?,
        bias_candidate: None,
    })
}
