//! The forward pass.

use super::forward_steps::Steps;
use super::{DecoderOperands, DecoderSaved, DecoderSizes, Fill, fills};
use crate::cpu::kernels::Kernels;
use crate::cpu::pack::Packed;
use crate::cpu::pool::{Barrier, Breakable, Team};
use crate::cpu::product::{panel_vectors, wide_panel_vectors};
use crate::cpu::scratch::{Numbers, Output};
use crate::cpu::shared::Shared;
use crate::cpu::tasks::Queue;
use crate::kind::Cell;

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

/// Weights in the order in which products read them.
pub(super) struct PackedWeights {
    /// The rows of `w_ih` for embedded words, and those for what is fed back.
    pub(super) embedded: Packed,
    pub(super) fed: Packed,
    pub(super) hidden: Packed,
    pub(super) query: Packed,
    pub(super) attended: Packed,
}

impl PackedWeights {
    /// Room for the weights of a call whose threads take `rows` rows each.
    fn new(kernels: &'static Kernels, sizes: &DecoderSizes, rows: usize) -> Self {
        let columns = sizes.columns();
        let pack = |k, columns: usize, vectors| {
            Packed::new(kernels, k, core::slice::from_ref(&(0..columns)), vectors)
        };
        let vectors = panel_vectors(rows);
        let d_query = if sizes.additive { sizes.d_key } else { 0 };
        let wide = wide_panel_vectors(kernels, rows * sizes.time);
        Self {
            embedded: pack(sizes.d_embedded, columns, wide),
            fed: pack(sizes.d_attended, columns, vectors),
            hidden: pack(sizes.d_hidden, columns, vectors),
            query: pack(sizes.d_hidden, d_query, vectors),
            attended: pack(sizes.joined(), sizes.d_attended, vectors),
        }
    }

    fn fills(&self, sizes: &DecoderSizes, operands: &DecoderOperands) -> Vec<Fill<'_>> {
        let columns = sizes.columns();
        let (embedded, fed) = operands.w_ih.split_at(sizes.d_embedded * columns);
        let mut all = fills(&self.embedded, embedded, columns, 1);
        all.extend(fills(&self.fed, fed, columns, 1));
        all.extend(fills(&self.hidden, operands.w_hh, columns, 1));
        all.extend(fills(&self.query, operands.w_query, sizes.d_key, 1));
        let d_attended = sizes.d_attended;
        all.extend(fills(&self.attended, operands.w_attended, d_attended, 1));
        all
    }
}

/// Runs a decoder over all steps of all rows.
pub(crate) fn forward(
    kernels: &'static Kernels,
    threads: usize,
    sizes: &DecoderSizes,
    operands: &DecoderOperands,
) -> DecoderForward {
    operands.check(sizes);
    let team = Team::take(sizes.threads(threads));
    let groups = sizes.groups(team.size());
    let packed = PackedWeights::new(kernels, sizes, sizes.batch / team.size());
    let states = if sizes.cell == Cell::Lstm { 2 } else { 1 };
    let mut attended = Output::new(sizes.steps() * sizes.d_attended);
    let mut weights = Output::new(sizes.steps() * sizes.source);
    let mut last = Output::new(states * sizes.batch * sizes.d_hidden);
    let saved = DecoderSaved::new(sizes);
    let steps = Steps {
        kernels,
        sizes,
        operands,
        packed: &packed,
        gates: Shared(saved.gates.ptr()),
        extra: Shared(saved.extra.ptr()),
        cells: Shared(saved.cells.ptr()),
        hidden: Shared(saved.hidden.ptr()),
        contexts: Shared(saved.contexts.ptr()),
        queries: Shared(saved.queries.ptr()),
        attended: attended.ptr(),
        weights: weights.ptr(),
        last: last.ptr(),
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
    let waits: [&dyn Breakable; 1] = [&all];
    team.run(&waits, &job);
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
