//! Decoders with attention and input feeding.

use burn::backend::TensorMetadata;
use burn_flex::{Flex, FlexTensor};

use super::tensors::{contiguous, leave, numbers, shaped, take, tensor};
use crate::cpu::decoder::backward::{DecoderRecord as Returned, backward};
use crate::cpu::decoder::forward::{DecoderForward, forward};
use crate::cpu::decoder::{DecoderOperands, DecoderSaved, DecoderSizes};
use crate::cpu::kernels::Isa;
use crate::cpu::pool::threads;
use crate::cpu::run::Run;
use crate::extension::attention_decoder::{
    DecoderCall, DecoderKernels, DecoderOps, DecoderRecord, DecoderResults, DecoderTensors,
};
use crate::kind::KernelCell;

fn sizes(tensors: &DecoderTensors<Flex>, call: &DecoderCall) -> DecoderSizes {
    let [batch, time, d_embedded] = tensors.embedded.shape().dims::<3>();
    let [d_hidden, _] = tensors.w_hh.shape().dims::<2>();
    let [_, d_attended] = tensors.w_attended.shape().dims::<2>();
    let [_, source, d_key] = tensors.keys.shape().dims::<3>();
    let [_, _, d_value] = tensors.values.shape().dims::<3>();
    DecoderSizes {
        cell: call.cell,
        batch,
        time,
        source,
        d_embedded,
        d_hidden,
        d_attended,
        d_key,
        d_value,
        additive: call.additive,
    }
}

fn operands<'a>(tensors: &'a DecoderTensors<Flex>, call: &'a DecoderCall) -> DecoderOperands<'a> {
    DecoderOperands {
        embedded: numbers(&tensors.embedded),
        w_ih: numbers(&tensors.w_ih),
        w_hh: numbers(&tensors.w_hh),
        bias: numbers(&tensors.bias),
        bias_candidate: numbers(&tensors.bias_candidate),
        w_query: numbers(&tensors.w_query),
        energy: numbers(&tensors.energy),
        keys: numbers(&tensors.keys),
        values: numbers(&tensors.values),
        lengths: &call.lengths,
        w_attended: numbers(&tensors.w_attended),
        b_attended: numbers(&tensors.b_attended),
        hidden: numbers(&tensors.hidden),
        cell: numbers(&tensors.cell),
        fed: numbers(&tensors.fed),
    }
}

/// The tensors of the results, and what is left for the backward pass.
fn run(
    tensors: &DecoderTensors<Flex>,
    call: &DecoderCall,
) -> (FlexTensor, FlexTensor, FlexTensor, DecoderSaved) {
    let sizes = sizes(tensors, call);
    let isa = Isa::selected();
    log::debug!(
        "fused decoder: {sizes:?}, {} threads, {}",
        threads(),
        isa.name()
    );
    let DecoderForward {
        attended,
        weights,
        last,
        saved,
    } = forward(Run::selected(), &sizes, &operands(tensors, call));
    let DecoderSizes {
        batch,
        time,
        source,
        d_attended,
        d_hidden,
        ..
    } = sizes;
    let states = if call.cell == KernelCell::Lstm { 2 } else { 1 };
    (
        tensor(attended, [batch, time, d_attended]),
        tensor(weights, [batch, time, source]),
        tensor(last, [states, batch, d_hidden]),
        saved,
    )
}

impl DecoderOps for Flex {
    fn attention_decoder(
        tensors: DecoderTensors<Self>,
        call: DecoderCall,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (attended, weights, last, _) = run(&tensors.map(contiguous), &call);
        (attended, weights, last)
    }
}

impl DecoderKernels for Flex {
    fn decoder_train(tensors: &DecoderTensors<Self>, call: &DecoderCall) -> DecoderResults<Self> {
        let (attended, weights, last, saved) = run(&tensors.clone().map(contiguous), call);
        DecoderResults {
            attended,
            weights,
            last,
            leftover: leave(Some(saved)),
        }
    }

    fn decoder_backward(
        record: DecoderRecord<Self>,
        d_attended: FlexTensor,
    ) -> [Option<FlexTensor>; 14] {
        let DecoderRecord {
            tensors,
            call,
            attended,
            weights,
            leftover,
        } = record;
        assert_eq!(
            d_attended.shape(),
            attended.shape(),
            "the gradient of the attended vectors must have their shape"
        );
        let tensors = tensors.map(contiguous);
        let (attended, weights) = (contiguous(attended), contiguous(weights));
        let d_attended = contiguous(d_attended);
        let gradients = backward(
            Run::selected(),
            &sizes(&tensors, &call),
            &operands(&tensors, &call),
            Returned {
                attended: numbers(&attended),
                weights: numbers(&weights),
            },
            *take::<DecoderSaved>(&leftover),
            numbers(&d_attended),
        );
        let of = |gradient, tensor: &FlexTensor| Some(shaped(gradient, tensor.shape()));
        let (gru, additive) = (call.cell != KernelCell::Lstm, call.additive);
        let only = |gradient, tensor: &FlexTensor, condition: bool| {
            condition.then(|| shaped(gradient, tensor.shape()))
        };
        [
            of(gradients.embedded, &tensors.embedded),
            of(gradients.w_ih, &tensors.w_ih),
            of(gradients.w_hh, &tensors.w_hh),
            of(gradients.bias, &tensors.bias),
            only(gradients.bias_candidate, &tensors.bias_candidate, gru),
            only(gradients.w_query, &tensors.w_query, additive),
            only(gradients.energy, &tensors.energy, additive),
            of(gradients.keys, &tensors.keys),
            of(gradients.values, &tensors.values),
            of(gradients.w_attended, &tensors.w_attended),
            of(gradients.b_attended, &tensors.b_attended),
            of(gradients.hidden, &tensors.hidden),
            only(gradients.cell, &tensors.cell, !gru),
            of(gradients.fed, &tensors.fed),
        ]
    }
}
