//! The backward pass: the steps of each thread's rows, last step first, and then the gradients of weights as
//! large products.

use super::backward_steps::Steps;
use super::weight_gradients::{Lefts, WeightGradients};
use super::{DecoderOperands, DecoderSaved, DecoderSizes, Fill, STEPS, fills};
use crate::cpu::kernels::Kernels;
use crate::cpu::pack::Packed;
use crate::cpu::pool::{Barrier, Breakable, Team};
use crate::cpu::product::{panel_vectors, wide_panel_vectors};
use crate::cpu::scratch::{Numbers, Output, Scratch};
use crate::cpu::tasks::Queue;
use crate::kind::Cell;

/// Gradients with the shapes of what they belong to; empty where a call has no such operand.
pub(crate) struct DecoderGradients {
    pub(crate) embedded: Numbers,
    pub(crate) w_ih: Numbers,
    pub(crate) w_hh: Numbers,
    pub(crate) bias: Numbers,
    pub(crate) bias_candidate: Numbers,
    pub(crate) w_query: Numbers,
    pub(crate) energy: Numbers,
    pub(crate) keys: Numbers,
    pub(crate) values: Numbers,
    pub(crate) w_attended: Numbers,
    pub(crate) b_attended: Numbers,
    pub(crate) hidden: Numbers,
    pub(crate) cell: Numbers,
    pub(crate) fed: Numbers,
}

/// The same while they are computed.
pub(super) struct Results {
    pub(super) embedded: Output,
    pub(super) w_ih: Output,
    pub(super) w_hh: Output,
    pub(super) bias: Output,
    pub(super) bias_candidate: Output,
    pub(super) w_query: Output,
    pub(super) energy: Output,
    pub(super) keys: Output,
    pub(super) values: Output,
    pub(super) w_attended: Output,
    pub(super) b_attended: Output,
    pub(super) hidden: Output,
    pub(super) cell: Output,
    pub(super) fed: Output,
}

impl Results {
    fn new(sizes: &DecoderSizes) -> Self {
        let DecoderSizes {
            batch,
            source,
            d_hidden,
            d_attended,
            d_key,
            ..
        } = *sizes;
        let columns = sizes.columns();
        let lstm = sizes.cell == Cell::Lstm;
        let only = |len, condition| Output::new(if condition { len } else { 0 });
        Self {
            embedded: Output::new(sizes.steps() * sizes.d_embedded),
            w_ih: Output::new((sizes.d_embedded + d_attended) * columns),
            w_hh: Output::new(d_hidden * columns),
            bias: Output::new(columns),
            bias_candidate: only(d_hidden, !lstm),
            w_query: only(d_hidden * d_key, sizes.additive),
            energy: only(d_key, sizes.additive),
            keys: Output::new(batch * source * d_key),
            values: Output::new(batch * source * sizes.d_value),
            w_attended: Output::new(sizes.joined() * d_attended),
            b_attended: Output::new(d_attended),
            hidden: Output::new(batch * d_hidden),
            cell: only(batch * d_hidden, lstm),
            fed: Output::new(batch * d_attended),
        }
    }

    /// # Safety
    ///
    /// All elements have been written.
    unsafe fn finish(self) -> DecoderGradients {
        // SAFETY: passed on.
        unsafe {
            DecoderGradients {
                embedded: self.embedded.finish(),
                w_ih: self.w_ih.finish(),
                w_hh: self.w_hh.finish(),
                bias: self.bias.finish(),
                bias_candidate: self.bias_candidate.finish(),
                w_query: self.w_query.finish(),
                energy: self.energy.finish(),
                keys: self.keys.finish(),
                values: self.values.finish(),
                w_attended: self.w_attended.finish(),
                b_attended: self.b_attended.finish(),
                hidden: self.hidden.finish(),
                cell: self.cell.finish(),
                fed: self.fed.finish(),
            }
        }
    }
}

/// What the steps leave for the gradients of weights, keys and values, for all steps of all rows.
pub(super) struct Kept {
    /// Gradients of the attended vectors before activation, `[batch, time, d_attended]`.
    pub(super) d_attended: Scratch,
    /// `[batch, time, d_value]`
    pub(super) d_contexts: Scratch,
    /// `[batch, time, source]`, of which only the steps that a source has are written.
    pub(super) d_scores: Scratch,
    /// Additive scores: `[batch, time, d_key]`.
    pub(super) d_queries: Scratch,
    /// Additive scores: `[batch, d_key]`.
    pub(super) d_energies: Scratch,
}

impl Kept {
    fn new(sizes: &DecoderSizes) -> Self {
        let steps = sizes.steps();
        let additive = |len| Scratch::new(if sizes.additive { len } else { 0 });
        Self {
            d_attended: Scratch::new(steps * sizes.d_attended),
            d_contexts: Scratch::new(steps * sizes.d_value),
            d_scores: Scratch::new(steps * sizes.source),
            d_queries: additive(steps * sizes.d_key),
            d_energies: additive(sizes.batch * sizes.d_key),
        }
    }
}

/// Transposed weights in the order in which products read them.
pub(super) struct PackedWeights {
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
            embedded: pack(columns, sizes.d_embedded, wide),
            fed: pack(columns, sizes.d_attended, vectors),
            hidden: pack(columns, sizes.d_hidden, vectors),
            query: pack(d_query, sizes.d_hidden, vectors),
            attended: pack(sizes.d_attended, sizes.joined(), vectors),
        }
    }

    fn fills(&self, sizes: &DecoderSizes, operands: &DecoderOperands) -> Vec<Fill<'_>> {
        let columns = sizes.columns();
        let (embedded, fed) = operands.w_ih.split_at(sizes.d_embedded * columns);
        let mut all = fills(&self.embedded, embedded, 1, columns);
        all.extend(fills(&self.fed, fed, 1, columns));
        all.extend(fills(&self.hidden, operands.w_hh, 1, columns));
        all.extend(fills(&self.query, operands.w_query, 1, sizes.d_key));
        let d_attended = sizes.d_attended;
        all.extend(fills(&self.attended, operands.w_attended, 1, d_attended));
        all
    }
}

/// What the forward pass returned.
#[derive(Clone, Copy)]
pub(crate) struct DecoderRecord<'a> {
    /// `[batch, time, d_attended]`
    pub(crate) attended: &'a [f32],
    /// `[batch, time, source]`
    pub(crate) weights: &'a [f32],
}

/// Differentiates [`super::forward::forward`]: from `d_output`, the gradient of the attended vectors, the
/// gradients of all operands. Uses up `saved`.
pub(crate) fn backward(
    kernels: &'static Kernels,
    threads: usize,
    sizes: &DecoderSizes,
    operands: &DecoderOperands,
    record: DecoderRecord,
    saved: DecoderSaved,
    d_output: &[f32],
) -> DecoderGradients {
    operands.check(sizes);
    let outputs = sizes.steps() * sizes.d_attended;
    assert_eq!(record.attended.len(), outputs, "attended");
    assert_eq!(d_output.len(), outputs, "d_output");
    let weights = sizes.steps() * sizes.source;
    assert_eq!(record.weights.len(), weights, "weights");
    let team = Team::take(sizes.threads(threads));
    let groups = sizes.groups(team.size());
    let packed = PackedWeights::new(kernels, sizes, sizes.batch / team.size());
    let kept = Kept::new(sizes);
    let mut results = Results::new(sizes);
    let steps = Steps::new(
        kernels,
        (sizes, operands, &packed),
        record,
        d_output,
        &saved,
        &kept,
        &mut results,
    );
    let lefts = Lefts::new(kernels, sizes);
    let gradients = WeightGradients::new(sizes, &lefts, &saved, &kept, &mut results);
    let weight_parts = gradients.parts(kernels, team.size());
    let fills = packed.fills(sizes, operands);
    let fill_tasks = Queue::new(fills.len());
    let left_tasks = Queue::new(lefts.tasks());
    let row_tasks = Queue::new(groups.len());
    let weight_tasks = Queue::new(weight_parts.len());
    let embedded_tasks = Queue::new(sizes.steps().div_ceil(STEPS));
    let all = Barrier::new(team.size());
    let job = |_: usize| {
        // SAFETY: each panel, tile, row and part of a gradient is written by one thread; barriers separate
        // writing from reading by others. Sizes were checked above.
        unsafe {
            for task in fill_tasks.tasks() {
                fills[task].run();
            }
            for task in left_tasks.tasks() {
                lefts.fill(task, sizes, operands, record, &saved);
            }
            all.wait();
            for group in row_tasks.tasks() {
                steps.run(&groups[group]);
            }
            all.wait();
            for task in weight_tasks.tasks() {
                gradients.run(kernels, &weight_parts[task]);
            }
            for task in embedded_tasks.tasks() {
                steps.embedded(task);
            }
        }
    };
    let waits: [&dyn Breakable; 1] = [&all];
    team.run(&waits, &job);
    // SAFETY: steps and products wrote every element.
    unsafe { results.finish() }
}
