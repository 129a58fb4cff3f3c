//! A recurrent layer over whole sequences.

use std::sync::Arc;

use burn::backend::Dispatch;
use burn::tensor::{DType, Device, Tensor};

use crate::extension::{Call, RecurrentOps, SequenceTensors};
use crate::kind::{KernelCell, Layout};
use crate::path::{Operation, assert_fused};

/// Weights of one layer in one direction.
///
/// Gates lie side by side, in the order `i, f, g, o` for an LSTM and `r, z, n` for a GRU.
#[derive(Clone, Debug)]
pub struct SequenceWeights {
    /// `[d_input, gates * d_hidden]`
    pub w_ih: Tensor<2>,
    /// `[d_hidden, gates * d_hidden]`
    pub w_hh: Tensor<2>,
    /// `[gates * d_hidden]`
    pub bias: Option<Tensor<1>>,
    /// `[d_hidden]`, of the candidate's recurrent part; only for [`KernelCell::GruResetAfter`].
    pub bias_candidate: Option<Tensor<1>>,
}

/// States before the first step; absent ones are zero.
#[derive(Clone, Debug, Default)]
pub struct SequenceState {
    /// `[batch, d_hidden]`
    pub hidden: Option<Tensor<2>>,
    /// `[batch, d_hidden]`, only for [`KernelCell::Lstm`].
    pub cell: Option<Tensor<2>>,
}

/// Options of [`sequence`].
#[derive(Clone, Copy, Debug)]
pub struct SequenceOptions<'a> {
    /// Layout of input and output.
    pub layout: Layout,
    /// Whether to start at each row's last step.
    pub reverse: bool,
    /// Steps of each row, each at most `time`; absent means `time` for all.
    pub lengths: Option<&'a [usize]>,
}

impl Default for SequenceOptions<'_> {
    fn default() -> Self {
        Self {
            layout: Layout::BatchFirst,
            reverse: false,
            lengths: None,
        }
    }
}

/// The output of [`sequence`].
#[derive(Clone, Debug)]
pub struct SequenceOutput {
    /// Hidden states in the layout of the input, `[batch, time, d_hidden]` or `[time, batch, d_hidden]`; zeros past a row's
    /// length.
    pub output: Tensor<3>,
    /// `[batch, d_hidden]`: the state after each row's last step in the order of computation, or the
    /// initial state of a row without steps.
    pub hidden: Tensor<2>,
    /// The same for the cell state of an LSTM, `[batch, d_hidden]`.
    pub cell: Option<Tensor<2>>,
}

/// Runs a recurrent layer in one direction over whole sequences, on the fused path.
///
/// `input` is `[batch, time, d_input]`, or `[time, batch, d_input]` with [`Layout::TimeFirst`]; the shapes of the rest are
/// at their fields.
///
/// Gradients flow to the input, all weights and biases, and the initial states, from the output and
/// from the final states. Equations:
///
/// - [`KernelCell::RnnTanh`], [`KernelCell::RnnRelu`]: `h' = f(x W + h U + b)` (Elman 1990).
/// - [`KernelCell::GruResetAfter`]: `r = s(x Wr + h Ur + br)`, `z = s(x Wz + h Uz + bz)`,
///   `n = tanh(x Wn + bn + r * (h Un + b'))`, `h' = (1 - z) * n + z * h`;
///   [`KernelCell::GruResetBefore`]: `n = tanh(x Wn + bn + (r * h) Un)` (Cho et al. 2014).
/// - [`KernelCell::Lstm`]: `i, f, o = s(..)`, `g = tanh(..)`, `c' = f * c + i * g`, `h' = o * tanh(c')`
///   (Hochreiter and Schmidhuber 1997; Gers et al. 2000).
///
/// # Panics
///
/// Where shapes do not fit together, a length is larger than the number of steps, or
/// [`path`](crate::path()) says that there is no fused path.
pub fn sequence(
    cell: KernelCell,
    input: Tensor<3>,
    weights: SequenceWeights,
    state: SequenceState,
    options: SequenceOptions,
) -> SequenceOutput {
    let device = input.device();
    assert_fused(Operation::Sequence, &device, &[input.dtype()]);
    check(cell, &input, &weights, &state, &options);
    let [batch, _, _] = layout_dims(&input, options.layout);
    let [d_hidden, _] = weights.w_hh.dims();
    let call = Call {
        cell,
        layout: options.layout,
        reverse: options.reverse,
        lengths: options.lengths.map(Arc::from),
        bias: weights.bias.is_some(),
        bias_candidate: weights.bias_candidate.is_some(),
        hidden: state.hidden.is_some(),
        cell_state: state.cell.is_some(),
    };
    let (output, last) = <Dispatch as RecurrentOps>::recurrent_sequence(
        SequenceTensors {
            input: input.into_dispatch(),
            w_ih: weights.w_ih.into_dispatch(),
            w_hh: weights.w_hh.into_dispatch(),
            bias: or_nothing(weights.bias, &device).into_dispatch(),
            bias_candidate: or_nothing(weights.bias_candidate, &device).into_dispatch(),
            hidden: or_nothing(state.hidden, &device).into_dispatch(),
            cell: or_nothing(state.cell, &device).into_dispatch(),
        },
        call,
    );
    let last = Tensor::<3>::from_dispatch(last);
    let part = |part: Tensor<3>| part.reshape([batch, d_hidden]);
    let (hidden, cell) = match cell {
        KernelCell::Lstm => {
            let [hidden, cell] = [0, 1].map(|k| part(last.clone().narrow(0, k, 1)));
            (hidden, Some(cell))
        }
        _ => (part(last), None),
    };
    SequenceOutput {
        output: Tensor::from_dispatch(output),
        hidden,
        cell,
    }
}

/// [`sequence`] for [`KernelCell::Lstm`]: `input` is `[batch, time, d_input]`, or `[time, batch, d_input]` with
/// [`Layout::TimeFirst`].
pub fn lstm_sequence(
    input: Tensor<3>,
    weights: SequenceWeights,
    state: SequenceState,
    options: SequenceOptions,
) -> SequenceOutput {
    sequence(KernelCell::Lstm, input, weights, state, options)
}

/// `[batch, time, d_input]`
fn layout_dims(input: &Tensor<3>, layout: Layout) -> [usize; 3] {
    let [first, second, d_input] = input.dims();
    match layout {
        Layout::BatchFirst => [first, second, d_input],
        Layout::TimeFirst => [second, first, d_input],
    }
}

/// A stand-in for an operand that is absent, since an operation takes a fixed number of them. It is
/// `f32` like the others, whatever type of numbers the device makes by default.
fn or_nothing<const D: usize>(tensor: Option<Tensor<D>>, device: &Device) -> Tensor<D> {
    tensor.unwrap_or_else(|| Tensor::zeros([1; D], (device, DType::F32)))
}

/// Panics where the shapes do not fit together.
fn check(
    cell: KernelCell,
    input: &Tensor<3>,
    weights: &SequenceWeights,
    state: &SequenceState,
    options: &SequenceOptions,
) {
    let [batch, time, d_input] = layout_dims(input, options.layout);
    let [d_hidden, columns] = weights.w_hh.dims();
    let gates = cell.gates();
    assert_eq!(
        columns,
        gates * d_hidden,
        "w_hh must be [d_hidden, {gates} * d_hidden]"
    );
    assert_eq!(
        weights.w_ih.dims(),
        [d_input, columns],
        "w_ih must be [d_input, {gates} * d_hidden], for input {:?}",
        input.dims()
    );
    if let Some(bias) = &weights.bias {
        assert_eq!(bias.dims(), [columns], "bias must be [{gates} * d_hidden]");
    }
    if let Some(bias) = &weights.bias_candidate {
        assert_eq!(
            cell,
            KernelCell::GruResetAfter,
            "only GruResetAfter has a bias_candidate"
        );
        assert_eq!(bias.dims(), [d_hidden], "bias_candidate must be [d_hidden]");
    }
    if let Some(hidden) = &state.hidden {
        assert_eq!(
            hidden.dims(),
            [batch, d_hidden],
            "hidden must be [batch, d_hidden]"
        );
    }
    if let Some(state) = &state.cell {
        assert_eq!(cell, KernelCell::Lstm, "only Lstm has a cell state");
        assert_eq!(
            state.dims(),
            [batch, d_hidden],
            "cell must be [batch, d_hidden]"
        );
    }
    if let Some(lengths) = options.lengths {
        assert_eq!(lengths.len(), batch, "one length for each row of the batch");
        let longest = lengths.iter().copied().max().unwrap_or(0);
        assert!(
            longest <= time,
            "a length of {longest} in a batch of {time} steps"
        );
    }
}
