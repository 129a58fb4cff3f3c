//! The forward pass.

use super::forward_steps::{ResultPlaces, Steps};
use super::operands::DecoderOperands;
use super::packed::PackedWeights;
use super::saved::DecoderSaved;
use super::sizes::DecoderSizes;
use crate::cpu::pool::{Barrier, Team};
use crate::cpu::run::Run;
use crate::cpu::scratch::{Numbers, Output};
use crate::cpu::tasks::Queue;
use crate::kind::KernelCell;

/// Results of [`forward`].
pub(crate) struct DecoderForward {
    /// `[batch, time, d_attended]`
    pub(crate) attended: Numbers,
    /// Attention weights, `[batch, time, source]`, zeros past a row's source length.
    pub(crate) weights: Numbers,
    /// The last hidden states, `[batch, d_hidden]`, and for an LSTM the last cell states after them.
    pub(crate) last: Numbers,
    pub(crate) saved: DecoderSaved,
}

/// Runs a decoder over all steps of all rows.
pub(crate) fn forward(
    run: Run,
    sizes: &DecoderSizes,
    operands: &DecoderOperands,
) -> DecoderForward {
    operands.check(sizes);
    let team = Team::take(sizes.threads(run.threads));
    let groups = sizes.groups(team.size());
    let packed = PackedWeights::new(run.kernels, sizes, sizes.batch / team.size(), false);
    let states = if sizes.cell == KernelCell::Lstm { 2 } else { 1 };
    let mut attended = Output::new(sizes.steps() * sizes.d_attended);
    let mut weights = Output::new(sizes.steps() * sizes.source);
    let mut last = Output::new(states * sizes.batch * sizes.d_hidden);
    let saved = DecoderSaved::new(sizes);
    let steps = Steps {
        kernels: run.kernels,
        sizes,
        operands,
        packed: &packed,
        saved: &saved,
        results: ResultPlaces {
            attended: attended.ptr(),
            weights: weights.ptr(),
            last: last.ptr(),
        },
    };
    let fills = packed.fills(sizes, operands);
    let (fill_tasks, row_tasks) = (Queue::new(fills.len()), Queue::new(groups.len()));
    let all = Barrier::new(team.size());
    let job = |_: usize| {
        // SAFETY: each panel is filled, and each row worked on, by one thread; the barrier lies between.
        // Sizes were checked above.
        unsafe {
            for task in fill_tasks.tasks() {
                fills[task].run();
            }
            all.wait();
            for group in row_tasks.tasks() {
                steps.run(&groups[group]);
            }
        }
    };
    team.run(&[&all], &job);
    // SAFETY: the steps wrote every element.
    unsafe {
        DecoderForward {
            attended: attended.finish(),
            weights: weights.finish(),
            last: last.finish(),
            saved,
        }
    }
}
