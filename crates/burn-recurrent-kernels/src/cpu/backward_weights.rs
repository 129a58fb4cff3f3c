//! Gradients of a layer's weights: the operands of the products, and where these go.

use super::cell::Saved;
use super::cells::gru;
use super::kernels::Kernels;
use super::matrix::Source;
use super::scratch::{Numbers, Output};
use super::sizes::Sizes;
use super::tiled::Tiled;
use super::weight_product::{DEPTH, Use, WeightProduct, WeightProducts};
use crate::kind::KernelCell;

/// What the weights were multiplied with at each real step, in tiles.
pub(crate) struct Lefts {
    /// `[steps, d_input]`
    pub(crate) inputs: Tiled,
    /// The hidden state that each step started from, `[steps, d_hidden]`.
    pub(crate) states: Tiled,
    /// GRU with the reset before the product: `r * h`, `[steps, d_hidden]`.
    pub(crate) resets: Tiled,
}

impl Lefts {
    /// Room for `steps` steps.
    pub(crate) fn new(kernels: &Kernels, sizes: Sizes, steps: usize) -> Self {
        let before = sizes.cell == KernelCell::GruResetBefore;
        Self {
            inputs: Tiled::new(kernels, sizes.d_input, steps, DEPTH),
            states: Tiled::new(kernels, sizes.d_hidden, steps, DEPTH),
            resets: Tiled::new(
                kernels,
                sizes.d_hidden,
                if before { steps } else { 0 },
                DEPTH,
            ),
        }
    }
}

/// The gradients while they are computed, some columns at a time by whoever takes them; empty where they are not wanted.
pub(crate) struct WeightOutputs {
    /// `[d_input, gates * d_hidden]`
    w_ih: Output,
    /// `[d_hidden, gates * d_hidden]`
    w_hh: Output,
    /// `[gates * d_hidden]`
    bias: Output,
    /// `[d_hidden]`, for `KernelCell::GruResetAfter`
    bias_candidate: Output,
}

impl WeightOutputs {
    pub(crate) fn new(sizes: Sizes, wanted: bool) -> Self {
        let columns = sizes.columns();
        let weights = |len| Output::new(if wanted { len } else { 0 });
        let after = sizes.cell == KernelCell::GruResetAfter;
        Self {
            w_ih: weights(sizes.d_input * columns),
            w_hh: weights(sizes.d_hidden * columns),
            bias: weights(columns),
            bias_candidate: weights(if after { sizes.d_hidden } else { 0 }),
        }
    }

    /// The gradients of `w_ih`, `w_hh`, `bias` and `bias_candidate`.
    ///
    /// # Safety
    ///
    /// All elements have been written.
    pub(crate) unsafe fn finish(self) -> [Numbers; 4] {
        [self.w_ih, self.w_hh, self.bias, self.bias_candidate].map(|output| {
            // SAFETY: passed on.
            unsafe { output.finish() }
        })
    }
}

/// The products of the gates' gradients with what the weights were multiplied with. A GRU's candidate has products of
/// its own: with the reset after the product its recurrent part has another gradient than its input's, with the reset
/// before it the recurrent weights were multiplied with `r * h`.
pub(crate) fn weight_products<'a>(
    sizes: Sizes,
    steps: usize,
    saved: &Saved,
    lefts: &'a Lefts,
    outputs: &mut WeightOutputs,
) -> WeightProducts<'a> {
    let (columns, d_hidden) = (sizes.columns(), sizes.d_hidden);
    let (w_ih, w_hh) = (outputs.w_ih.ptr(), outputs.w_hh.ptr());
    let (bias, bias_candidate) = (outputs.bias.ptr(), outputs.bias_candidate.ptr());
    // The part of a result that belongs to `gate` and those after it.
    let input = |gate: usize| Use {
        left: &lefts.inputs,
        out: w_ih.at(gate * d_hidden),
    };
    let state = |left, gate: usize| Use {
        left,
        out: w_hh.at(gate * d_hidden),
    };
    // The product of the gradients of `count` gates from `gate` on.
    let gates = |gate: usize, count: usize, uses| WeightProduct {
        right: Source::rows(saved.gates.at(gate * d_hidden), columns),
        steps,
        columns: count * d_hidden,
        uses,
        row: columns,
        sums: bias.at(gate * d_hidden),
    };
    WeightProducts(match sizes.cell {
        KernelCell::GruResetAfter => vec![
            gates(
                gru::RESET,
                gru::NEW - gru::RESET,
                vec![input(gru::RESET), state(&lefts.states, gru::RESET)],
            ),
            gates(gru::NEW, 1, vec![input(gru::NEW)]),
            WeightProduct {
                right: Source::rows(saved.extra.ptr(), d_hidden),
                steps,
                columns: d_hidden,
                uses: vec![state(&lefts.states, gru::NEW)],
                row: columns,
                sums: bias_candidate.at(0),
            },
        ],
        KernelCell::GruResetBefore => vec![
            gates(
                gru::RESET,
                gru::NEW - gru::RESET,
                vec![input(gru::RESET), state(&lefts.states, gru::RESET)],
            ),
            gates(
                gru::NEW,
                1,
                vec![input(gru::NEW), state(&lefts.resets, gru::NEW)],
            ),
        ],
        KernelCell::RnnTanh | KernelCell::RnnRelu | KernelCell::Lstm => vec![gates(
            0,
            sizes.cell.gates(),
            vec![input(0), state(&lefts.states, 0)],
        )],
    })
}
