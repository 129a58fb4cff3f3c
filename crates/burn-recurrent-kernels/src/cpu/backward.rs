//! The backward pass over whole sequences: the gradients of the gates step by step, then those of
//! weights and input as large products.

use super::backward_steps::{DStates, Given, Operand, Steps};
use super::backward_weights::{Lefts, WeightOutputs, weight_products};
use super::cell::{Operands, Saved, States, Weights};
use super::grid::Grid;
use super::kernels::Kernels;
use super::matrix::{Left, Source, Target};
use super::pack::{Fill, Packed};
use super::plan::Plan;
use super::pool::{Barrier, Breakable};
use super::product::{panel_vectors, wide_panel_vectors};
use super::projection::{Blocks, Projection};
use super::run::Run;
use super::schedule::Schedule;
use super::scratch::{Numbers, Output, Scratch};
use super::shared::Shared;
use super::sizes::Sizes;
use super::tasks::{Latch, Queue};
use super::weight_product::{Part, WeightProducts};
use crate::kind::KernelCell;

/// Which gradients to compute; those of biases come with the weights', those of states always.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) input: bool,
    pub(crate) weights: bool,
}

/// What the forward pass read and returned.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) operands: Operands<'a>,
    /// `[batch, time, d_hidden]`
    pub(crate) output: &'a [f32],
}

/// The gradients of what the forward pass returned.
#[derive(Clone, Copy)]
pub(crate) struct Incoming<'a> {
    /// Of the output, in its layout; only real steps are read.
    pub(crate) output: &'a [f32],
    /// Of the final states.
    pub(crate) last: States<'a>,
}

/// Gradients with the shapes of what they belong to; those not wanted are empty, and so are those of
/// what the cell does not have.
pub(crate) struct Gradients {
    pub(crate) input: Numbers,
    pub(crate) w_ih: Numbers,
    pub(crate) w_hh: Numbers,
    pub(crate) bias: Numbers,
    pub(crate) bias_candidate: Numbers,
    pub(crate) hidden: Numbers,
    pub(crate) cell: Numbers,
}

/// Differentiates [`super::forward::forward`]. Uses up `saved`.
pub(crate) fn backward(
    run: Run,
    schedule: &Schedule,
    sizes: Sizes,
    record: Record,
    mut saved: Saved,
    incoming: Incoming,
    wanted: Wanted,
) -> Gradients {
    check(schedule, sizes, record, &saved, incoming);
    let kernels = run.kernels;
    let Operands { input, weights, .. } = record.operands;
    let (columns, d_input, total) = (sizes.columns(), sizes.d_input, schedule.total);
    let compacted = schedule.compacted(input, d_input);
    let input = compacted.as_deref().unwrap_or(input);
    let team = run.team(sizes.work(total));
    let plan = Plan::new(
        schedule.batch,
        columns,
        sizes.d_hidden,
        sizes.d_hidden,
        team.size(),
    );
    let grid = Grid::new(schedule, &plan);
    if sizes.cell == KernelCell::GruResetBefore {
        saved.extra = Scratch::new(total * sizes.d_hidden);
    }

    let mut d_states = DStates::new(schedule, sizes, incoming.last);
    let packed = PackedWeights::new(kernels, schedule, sizes, &plan, wanted, team.size());
    let fills = packed.fills(sizes, weights);
    let zeros = vec![0.0; sizes.d_hidden];
    let previous = previous_states(schedule, sizes, record, &zeros);
    let operand = Operand::new(schedule.batch, columns);
    let given = Given {
        d_output: Shared::read(incoming.output),
        d_hidden_last: incoming.last.hidden.map_or(Shared::NULL, Shared::read),
        d_cell_last: incoming.last.cell.map_or(Shared::NULL, Shared::read),
        cell_start: record
            .operands
            .start
            .cell
            .map_or(Shared::NULL, Shared::read),
        previous: &previous,
    };

    let mut d_input_compact = Output::new(if wanted.input { total * d_input } else { 0 });
    let mut outputs = WeightOutputs::new(sizes, wanted.weights);
    let lefts = Lefts::new(kernels, sizes, if wanted.weights { total } else { 0 });
    let products = if wanted.weights {
        weight_products(sizes, total, &saved, &lefts, &mut outputs)
    } else {
        WeightProducts(Vec::new())
    };
    let parts = products.parts(kernels, team.size());
    let input_product = wanted.input.then(|| {
        let left = Left::rows(saved.gates.ptr(), columns);
        let target = Target {
            data: d_input_compact.ptr().at(0),
            row: d_input,
            columns: d_input,
        };
        let blocks = Blocks::new(schedule, &grid.rows, grid.members());
        Projection::new(left, &packed.input, target, blocks)
    });
    let pass = Pass {
        kernels,
        sizes,
        wanted,
        grid: &grid,
        steps: Steps {
            kernels,
            schedule,
            sizes,
            packed: &packed.recurrent,
            saved: &saved,
            operand: &operand,
            given,
            d_states: d_states.places(),
        },
        input: Shared::read(input),
        lefts: &lefts,
        products: &products,
        input_product: input_product.as_ref(),
        all: Barrier::new(team.size()),
        finished: grid
            .rows
            .iter()
            .map(|_| Latch::new(grid.members()))
            .collect(),
        tasks: Tasks::new(fills.len(), &lefts, parts.len()),
        fills,
        parts,
    };
    let mut waits: Vec<&dyn Breakable> = vec![&pass.all];
    waits.extend(grid.barriers());
    // SAFETY: the threads' numbers are those of the team, and sizes were checked above.
    team.run(&waits, &|thread| unsafe { pass.run(thread) });

    // SAFETY: the products wrote every element.
    unsafe {
        let [w_ih, w_hh, bias, bias_candidate] = outputs.finish();
        Gradients {
            input: spread(schedule, d_input_compact.finish(), d_input, wanted.input),
            w_ih,
            w_hh,
            bias,
            bias_candidate,
            hidden: d_states.hidden,
            cell: d_states.cell,
        }
    }
}

/// Panics where an operand does not have the size that it must have: the pass reads through pointers.
fn check(schedule: &Schedule, sizes: Sizes, record: Record, saved: &Saved, incoming: Incoming) {
    let outputs = schedule.batch * schedule.time * sizes.d_hidden;
    record.operands.check(schedule, sizes);
    assert_eq!(record.output.len(), outputs, "output");
    assert_eq!(incoming.output.len(), outputs, "d_output");
    incoming.last.check(schedule.batch * sizes.d_hidden);
    saved.check(sizes, schedule.total);
}

/// The hidden state that each real step started from.
fn previous_states(
    schedule: &Schedule,
    sizes: Sizes,
    record: Record,
    zeros: &[f32],
) -> Vec<Shared> {
    let mut previous = vec![Shared::read(zeros); schedule.total];
    schedule.for_each(0..schedule.batch, |compact, _, row, t| {
        if let Some(t) = schedule.previous(row, t) {
            let from = schedule.full(row, t) * sizes.d_hidden;
            previous[compact] = Shared::read(&record.output[from..]);
        } else if let Some(start) = record.operands.start.hidden {
            previous[compact] = Shared::read(&start[row * sizes.d_hidden..]);
        }
    });
    previous
}

/// The input's gradient in the layout of the input, zeros where there is no real step.
fn spread(schedule: &Schedule, compact: Numbers, width: usize, wanted: bool) -> Numbers {
    if !(schedule.ragged && wanted) {
        return compact;
    }
    let mut full = Numbers::zeros(schedule.batch * schedule.time * width);
    schedule.for_each(0..schedule.batch, |from, to, _, _| {
        full[to * width..][..width].copy_from_slice(&compact[from * width..][..width]);
    });
    full
}

/// Transposed weights in the order in which products read them.
struct PackedWeights {
    /// By member of a row group, `[gates * d_hidden, units]`: for the gates of both of [`Sizes::parts`].
    recurrent: Vec<[Packed; 2]>,
    /// `[gates * d_hidden, d_input]`; empty where the input's gradient is not wanted.
    input: Packed,
}

impl PackedWeights {
    /// Room for the weights of a call.
    fn new(
        kernels: &'static Kernels,
        schedule: &Schedule,
        sizes: Sizes,
        plan: &Plan,
        wanted: Wanted,
        threads: usize,
    ) -> Self {
        let vectors = panel_vectors(schedule.batch / plan.row_groups);
        let recurrent = |units: &core::ops::Range<usize>| {
            sizes.parts().map(|gates| {
                let k = gates.len() * sizes.d_hidden;
                let range = if k > 0 { units.clone() } else { 0..0 };
                Packed::new(kernels, k, core::slice::from_ref(&range), vectors)
            })
        };
        let (columns, d_input) = if wanted.input {
            (sizes.columns(), 0..sizes.d_input)
        } else {
            (0, 0..0)
        };
        let wide = wide_panel_vectors(kernels, schedule.total / threads);
        Self {
            recurrent: plan.units.iter().map(recurrent).collect(),
            input: Packed::new(kernels, columns, core::slice::from_ref(&d_input), wide),
        }
    }

    /// What is to be done so that they are there.
    fn fills(&self, sizes: Sizes, weights: Weights) -> Vec<Fill<'_>> {
        let columns = sizes.columns();
        let recurrent = self.recurrent.iter().flat_map(|packed| {
            packed
                .iter()
                .zip(sizes.parts())
                .flat_map(|(packed, gates)| {
                    let first = Shared::read(weights.w_hh).at(gates.start * sizes.d_hidden);
                    packed.fills(Source::transposed(first, columns))
                })
        });
        let w_ih = Source::transposed(weights.w_ih.as_ptr(), columns);
        recurrent.chain(self.input.fills(w_ih)).collect()
    }
}

/// What the threads of a backward pass share.
struct Pass<'a> {
    kernels: &'static Kernels,
    sizes: Sizes,
    wanted: Wanted,
    grid: &'a Grid,
    steps: Steps<'a>,
    /// `[steps, d_input]`, real steps only.
    input: Shared,
    lefts: &'a Lefts,
    products: &'a WeightProducts<'a>,
    /// The input's gradient, where it is wanted.
    input_product: Option<&'a Projection<'a>>,
    /// Where all threads wait between phases.
    all: Barrier,
    /// Of each row group: open when all its members are through the steps.
    finished: Vec<Latch>,
    tasks: Tasks,
    fills: Vec<Fill<'a>>,
    parts: Vec<Part>,
}

/// What threads take from one another.
struct Tasks {
    fills: Queue,
    inputs: Queue,
    states: Queue,
    resets: Queue,
    parts: Queue,
}

impl Tasks {
    fn new(fills: usize, lefts: &Lefts, parts: usize) -> Self {
        Self {
            fills: Queue::new(fills),
            inputs: Queue::new(lefts.inputs.blocks()),
            states: Queue::new(lefts.states.blocks()),
            resets: Queue::new(lefts.resets.blocks()),
            parts: Queue::new(parts),
        }
    }
}

impl Pass<'_> {
    /// A thread's part of the pass.
    ///
    /// # Safety
    ///
    /// Each thread of the team calls this once, with its number; operands have the sizes that were said.
    unsafe fn run(&self, thread: usize) {
        // SAFETY: each panel, tile and row is written by one thread; barriers separate writing from
        // reading by others.
        unsafe {
            self.pack();
            self.all.wait();
            if let Some(member) = self.grid.member(thread) {
                self.steps.recur(member);
                self.finished[member.group].done();
            }
            self.help_where_finished();
            self.all.wait();
            if self.sizes.cell == KernelCell::GruResetBefore && self.wanted.weights {
                self.tile_resets();
                self.all.wait();
            }
            for task in self.tasks.parts.tasks() {
                self.products.run(self.kernels, &self.parts[task]);
            }
            if let Some(product) = self.input_product {
                product.help();
            }
        }
    }

    /// Packs weights, and tiles what is known from the start of the left operands of the weights' gradients.
    ///
    /// # Safety
    ///
    /// As [`Pass::run`].
    unsafe fn pack(&self) {
        let (inputs, states) = (&self.lefts.inputs, &self.lefts.states);
        let (d_input, previous) = (self.sizes.d_input, self.steps.given.previous);
        // SAFETY: passed on.
        unsafe {
            for task in self.tasks.fills.tasks() {
                self.fills[task].run();
            }
            for block in self.tasks.inputs.tasks() {
                inputs.fill(block, inputs.depth(block), |step| {
                    self.input.at(step * d_input)
                });
            }
            for block in self.tasks.states.tasks() {
                states.fill(block, states.depth(block), |step| previous[step].at(0));
            }
        }
    }

    /// Where others are slower, part of what comes last is done meanwhile: the input's gradient, of row groups that are
    /// through the steps.
    ///
    /// # Safety
    ///
    /// As [`Pass::run`].
    unsafe fn help_where_finished(&self) {
        let Some(product) = self.input_product else {
            return;
        };
        let others = || self.finished.iter().any(|group| !group.is_open());
        for (group, latch) in self.finished.iter().enumerate() {
            if latch.is_open() {
                // SAFETY: passed on; the group's gates hold their gradients.
                unsafe { product.help_group(group, others) };
            }
        }
    }

    /// Tiles `r * h`, which the steps computed.
    ///
    /// # Safety
    ///
    /// As [`Pass::run`], when all threads are through the steps.
    unsafe fn tile_resets(&self) {
        let (resets, d_hidden) = (&self.lefts.resets, self.sizes.d_hidden);
        for block in self.tasks.resets.tasks() {
            // SAFETY: passed on.
            unsafe {
                resets.fill(block, resets.depth(block), |step| {
                    self.steps.saved.extra.at(step * d_hidden)
                });
            }
        }
    }
}
