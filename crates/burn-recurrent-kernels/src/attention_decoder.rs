//! A decoder that attends to a source and feeds what it attended to back, over whole sequences.

use std::sync::Arc;

use burn::backend::Dispatch;
use burn::tensor::{DType, Tensor};

use crate::extension::attention_decoder::{DecoderCall, DecoderOps, DecoderTensors};
use crate::kind::KernelCell;
use crate::path::{Operation, assert_fused};

/// How a decoder scores the keys of a source against its hidden state.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one a call, which is taken apart at once"
)]
pub enum AttentionScore {
    /// `score_s = energy . tanh(key_s + h W_query)` (Bahdanau et al. 2015).
    Additive {
        /// `[d_hidden, d_key]`
        w_query: Tensor<2>,
        /// `[d_key]`
        energy: Tensor<1>,
    },
    /// `score_s = key_s . h` (Luong et al. 2015), for keys as wide as the hidden state. Where the keys are
    /// projected beforehand this is the score that Luong et al. call "general".
    Dot,
}

/// Weights of a decoder of one layer.
///
/// Gates lie side by side, in the order `i, f, g, o` for an LSTM and `r, z, n` for a GRU, as in
/// [`SequenceWeights`](crate::SequenceWeights).
#[derive(Clone, Debug)]
pub struct AttentionDecoderWeights {
    /// `[d_embedded + d_attended, gates * d_hidden]`: rows for the embedded word first, then those for what is
    /// fed back.
    pub w_ih: Tensor<2>,
    /// `[d_hidden, gates * d_hidden]`
    pub w_hh: Tensor<2>,
    /// `[gates * d_hidden]`
    pub bias: Tensor<1>,
    /// `[d_hidden]`, of the candidate's recurrent part; only for [`KernelCell::GruResetAfter`], absent means zeros.
    pub bias_candidate: Option<Tensor<1>>,
    /// How keys are scored.
    pub score: AttentionScore,
    /// `[d_hidden + d_value, d_attended]`: rows for the hidden state first, then those for the context.
    pub w_attended: Tensor<2>,
    /// `[d_attended]`
    pub b_attended: Tensor<1>,
}

/// The encoded source that a decoder attends to.
#[derive(Clone, Debug)]
pub struct AttentionSource<'a> {
    /// `[batch, source, d_key]`
    pub keys: Tensor<3>,
    /// `[batch, source, d_value]`
    pub values: Tensor<3>,
    /// Source steps of each row, from one to `source`. Past them weights are zero, whatever keys and values hold.
    pub lengths: &'a [usize],
}

/// States before the first step, or after the last one.
#[derive(Clone, Debug)]
pub struct AttentionDecoderState {
    /// `[batch, d_hidden]`
    pub hidden: Tensor<2>,
    /// `[batch, d_hidden]`, only for [`KernelCell::Lstm`]; absent before the first step means zeros.
    pub cell: Option<Tensor<2>>,
    /// `[batch, d_attended]`, what the step before attended to; absent before the first step means zeros.
    pub fed: Option<Tensor<2>>,
}

/// The output of [`attention_decoder`].
#[derive(Clone, Debug)]
pub struct AttentionDecoderOutput {
    /// `fed_t` of all steps, `[batch, time, d_attended]`. Gradients flow from here alone.
    pub attended: Tensor<3>,
    /// Attention weights, `[batch, time, source]`; without gradients.
    pub weights: Tensor<3>,
    /// After the last step, to go on from when decoding; without gradients.
    pub state: AttentionDecoderState,
}

/// Runs a decoder with attention and input feeding (Luong et al. 2015) over whole sequences of embedded words, on
/// the fused path. At step `t`, with the cell's equations as in [`sequence`](crate::sequence()):
///
/// ```text
/// h_t, c_t  = cell([embedded_t, fed_{t-1}], h_{t-1}, c_{t-1})
/// score_s   = energy . tanh(key_s + h_t W_query)   or   key_s . h_t
/// a_t       = softmax(score) over the steps that the row's source has
/// context_t = sum_s a_ts value_s
/// fed_t     = tanh([h_t, context_t] W_attended + b_attended)
/// ```
///
/// `embedded` is `[batch, time, d_embedded]`, with at least one step; rows all have as many steps, since what
/// comes after a row's end changes nothing before it: a caller leaves it out of the loss. Gradients flow from
/// `attended` to the embedded words, all weights, keys, values and the initial states. Numbers of a row do not
/// depend on the other rows, on padding or on the number of threads, and a sequence run in pieces gives the
/// same numbers. Rows are shared out among the threads: a single row runs on one.
///
/// # Panics
///
/// Where shapes do not fit together, there is no step, a source length is zero or larger than the source, or
/// [`path`](crate::path()) says that there is no fused path.
pub fn attention_decoder(
    cell: KernelCell,
    embedded: Tensor<3>,
    weights: AttentionDecoderWeights,
    source: AttentionSource,
    state: AttentionDecoderState,
) -> AttentionDecoderOutput {
    let device = embedded.device();
    assert_fused(
        Operation::AttentionDecoder(cell),
        &device,
        &[embedded.dtype()],
    );
    check(cell, &embedded, &weights, &source, &state);
    let [batch, time, _] = embedded.dims();
    let [d_hidden, _] = weights.w_hh.dims();
    let [_, d_attended] = weights.w_attended.dims();
    // An operation takes a fixed number of operands: one that is absent is zero, or, where the call has no use
    // for it, any small tensor.
    let zeros = |width| Tensor::<2>::zeros([batch, width], (&device, DType::F32));
    let nothing = || Tensor::<1>::zeros([1], (&device, DType::F32));
    let lstm = cell == KernelCell::Lstm;
    let bias_candidate = weights.bias_candidate.unwrap_or_else(|| match lstm {
        true => nothing(),
        false => Tensor::zeros([d_hidden], (&device, DType::F32)),
    });
    let state_cell = match state.cell {
        Some(state) => state,
        None if lstm => zeros(d_hidden),
        None => nothing().unsqueeze(),
    };
    let (additive, w_query, energy) = match weights.score {
        AttentionScore::Additive { w_query, energy } => (true, w_query, energy),
        AttentionScore::Dot => (false, nothing().unsqueeze(), nothing()),
    };
    let tensors = DecoderTensors::<Dispatch> {
        embedded: embedded.into_dispatch(),
        w_ih: weights.w_ih.into_dispatch(),
        w_hh: weights.w_hh.into_dispatch(),
        bias: weights.bias.into_dispatch(),
        bias_candidate: bias_candidate.into_dispatch(),
        w_query: w_query.into_dispatch(),
        energy: energy.into_dispatch(),
        keys: source.keys.into_dispatch(),
        values: source.values.into_dispatch(),
        w_attended: weights.w_attended.into_dispatch(),
        b_attended: weights.b_attended.into_dispatch(),
        hidden: state.hidden.into_dispatch(),
        cell: state_cell.into_dispatch(),
        fed: state
            .fed
            .unwrap_or_else(|| zeros(d_attended))
            .into_dispatch(),
    };
    let call = DecoderCall {
        cell,
        additive,
        lengths: Arc::from(source.lengths),
    };
    let (attended, weights, last) = <Dispatch as DecoderOps>::attention_decoder(tensors, call);
    let attended = Tensor::<3>::from_dispatch(attended);
    let last = Tensor::<3>::from_dispatch(last);
    let part = |k| last.clone().narrow(0, k, 1).reshape([batch, d_hidden]);
    let fed = attended.clone().detach().narrow(1, time - 1, 1);
    AttentionDecoderOutput {
        attended,
        weights: Tensor::from_dispatch(weights),
        state: AttentionDecoderState {
            hidden: part(0),
            cell: lstm.then(|| part(1)),
            fed: Some(fed.reshape([batch, d_attended])),
        },
    }
}

/// Panics where the shapes do not fit together.
fn check(
    cell: KernelCell,
    embedded: &Tensor<3>,
    weights: &AttentionDecoderWeights,
    source: &AttentionSource,
    state: &AttentionDecoderState,
) {
    let [batch, time, d_embedded] = embedded.dims();
    assert!(time > 0, "a decoder needs at least one step");
    let [d_hidden, columns] = weights.w_hh.dims();
    let gates = cell.gates();
    assert_eq!(
        columns,
        gates * d_hidden,
        "w_hh must be [d_hidden, {gates} * d_hidden]"
    );
    let [_, d_attended] = weights.w_attended.dims();
    assert_eq!(
        weights.w_ih.dims(),
        [d_embedded + d_attended, columns],
        "w_ih must be [d_embedded + d_attended, {gates} * d_hidden]"
    );
    assert_eq!(
        weights.bias.dims(),
        [columns],
        "bias must be [{gates} * d_hidden]"
    );
    if let Some(bias) = &weights.bias_candidate {
        assert_eq!(
            cell,
            KernelCell::GruResetAfter,
            "only GruResetAfter has a bias_candidate"
        );
        assert_eq!(bias.dims(), [d_hidden], "bias_candidate must be [d_hidden]");
    }
    check_attention(batch, d_hidden, weights, source);
    assert_eq!(
        state.hidden.dims(),
        [batch, d_hidden],
        "hidden must be [batch, d_hidden]"
    );
    if let Some(state) = &state.cell {
        assert_eq!(cell, KernelCell::Lstm, "only Lstm has a cell state");
        assert_eq!(
            state.dims(),
            [batch, d_hidden],
            "cell must be [batch, d_hidden]"
        );
    }
    if let Some(fed) = &state.fed {
        assert_eq!(
            fed.dims(),
            [batch, d_attended],
            "fed must be [batch, d_attended]"
        );
    }
}

/// The part of [`check`] that is about the source.
fn check_attention(
    batch: usize,
    d_hidden: usize,
    weights: &AttentionDecoderWeights,
    source: &AttentionSource,
) {
    let [_, steps, d_key] = source.keys.dims();
    let [_, _, d_value] = source.values.dims();
    assert_eq!(
        source.keys.dims(),
        [batch, steps, d_key],
        "keys must be [batch, source, d_key]"
    );
    assert_eq!(
        source.values.dims(),
        [batch, steps, d_value],
        "values must be [batch, source, d_value]"
    );
    match &weights.score {
        AttentionScore::Additive { w_query, energy } => {
            assert_eq!(
                w_query.dims(),
                [d_hidden, d_key],
                "w_query must be [d_hidden, d_key]"
            );
            assert_eq!(energy.dims(), [d_key], "energy must be [d_key]");
        }
        AttentionScore::Dot => {
            assert_eq!(d_key, d_hidden, "keys of dot products are d_hidden wide");
        }
    }
    let [rows, d_attended] = weights.w_attended.dims();
    assert_eq!(
        rows,
        d_hidden + d_value,
        "w_attended must be [d_hidden + d_value, d_attended]"
    );
    assert_eq!(
        weights.b_attended.dims(),
        [d_attended],
        "b_attended must be [d_attended]"
    );
    assert_eq!(
        source.lengths.len(),
        batch,
        "one source length for each row of the batch"
    );
    for &length in source.lengths {
        assert!(
            (1..=steps).contains(&length),
            "a source length of {length} in a source of {steps} steps"
        );
    }
}
