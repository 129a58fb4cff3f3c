//! The forward pass over whole sequences.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::cell::{Operands, Saved, Weights};
use super::forward_steps::{LastPlaces, RecurrentWeights, Steps};
use super::grid::{Grid, Member};
use super::kernels::Kernels;
use super::matrix::{Left, Source, Target};
use super::pack::{Fill, Packed};
use super::parts::share;
use super::plan::Plan;
use super::pool::{Barrier, Breakable};
use super::product::{panel_vectors, wide_panel_vectors};
use super::projection::{Blocks, Projection};
use super::run::Run;
use super::schedule::Schedule;
use super::scratch::{Numbers, Output, Scratch};
use super::shared::Shared;
use super::sizes::Sizes;
use super::state_rows::StateRows;
use super::tasks::Queue;
use super::unpacked::Unpacked;
use crate::kind::KernelCell;

/// Steps up to which the recurrent weights are used where they are.
const UNPACKED_STEPS: usize = 2;
/// Rows up to which the input weights are used where they are.
const UNPACKED_ROWS: usize = 24;

/// Address of the weights that the last step which used both where they are ended with. A part of them is
/// still in the caches, so that the next step begins with them where it can, if nothing else ran in between:
/// one layer that runs step by step. The order of the two products shows in the time alone.
static LAST_READ: AtomicUsize = AtomicUsize::new(0);

fn is_last_read(weights: &[f32]) -> bool {
    LAST_READ.load(Ordering::Relaxed) == weights.as_ptr().addr()
}

fn set_last_read(weights: &[f32]) {
    LAST_READ.store(weights.as_ptr().addr(), Ordering::Relaxed);
}

/// Results of [`forward`].
pub(crate) struct Forward {
    /// Hidden states in the layout of the input, zeros past a row's length.
    pub(crate) output: Numbers,
    /// State after each row's last step, `[batch, d_hidden]`.
    pub(crate) hidden: Numbers,
    /// LSTM: cell state after each row's last step.
    pub(crate) cell: Numbers,
    pub(crate) saved: Option<Saved>,
}

/// Runs a layer in one direction.
pub(crate) fn forward(
    run: Run,
    schedule: &Schedule,
    sizes: Sizes,
    operands: Operands,
    save: bool,
) -> Forward {
    operands.check(schedule, sizes);
    let kernels = run.kernels;
    let Operands { weights, start, .. } = operands;
    let (columns, d_hidden) = (sizes.columns(), sizes.d_hidden);
    let compacted = schedule.compacted(operands.input, sizes.d_input);
    let input = compacted.as_deref().unwrap_or(operands.input);
    let team = run.team(sizes.work(schedule.total));
    let plan = Plan::new(schedule.batch, d_hidden, columns, d_hidden, team.size());
    let grid = Grid::new(schedule, &plan);

    let saved = Saved::new(sizes, schedule.total, save);
    let mut results = Results::new(schedule, sizes, operands);
    let states = StateRows::new(schedule, sizes, start.hidden);
    let zeros = vec![0.0; d_hidden];
    let packed = PackedWeights::new(kernels, schedule, sizes, &plan, team.size());
    let packs_input = schedule.total > UNPACKED_ROWS;
    let packs_recurrent = schedule.time > UNPACKED_STEPS;
    let products = Scratch::new(if packs_recurrent {
        0
    } else {
        schedule.batch * columns
    });
    let begun = !packs_recurrent && start.hidden.is_some() && schedule.time > 0;
    let recurrent_first = begun && begins_with_recurrent(schedule, sizes, weights, packs_input);

    let left = Left::rows(input.as_ptr(), sizes.d_input);
    let projection = packs_input.then(|| {
        let target = Target {
            data: saved.gates.ptr(),
            row: columns,
            columns,
        };
        let blocks = Blocks::new(schedule, &grid.rows, grid.members());
        Projection::new(left, &packed.input, target, blocks)
    });
    let fills = packed.fills(sizes, weights);
    let pass = Pass {
        fill_tasks: Queue::new(fills.len()),
        fills,
        all: Barrier::new(team.size()),
        threads: team.size(),
        grid: &grid,
        unpacked_input: Unpacked {
            kernels,
            left,
            right: Source::rows(weights.w_ih.as_ptr(), columns),
            k: sizes.d_input,
            rows: schedule.total,
        },
        recurrent_first,
        steps: Steps {
            kernels,
            schedule,
            sizes,
            save,
            projection: projection.as_ref(),
            weights: RecurrentWeights {
                packed: &packed.recurrent,
                w_hh: Source::rows(weights.w_hh.as_ptr(), columns),
                products: &products,
                begun,
                bias: weights.bias.map_or(Shared::NULL, Shared::read),
                bias_candidate: weights.bias_candidate.map_or(Shared::NULL, Shared::read),
            },
            saved: &saved,
            states: &states,
            cell_start: start.cell.map_or(Shared::NULL, Shared::read),
            zeros: Shared::read(&zeros),
            last: results.places(),
        },
    };
    let mut waits: Vec<&dyn Breakable> = vec![&pass.all];
    waits.extend(grid.barriers());
    waits.extend(projection.iter().flat_map(Projection::latches));
    // SAFETY: the threads' numbers are those of the team, and the operands' sizes were checked above.
    team.run(&waits, &|thread| unsafe { pass.run(thread) });
    // SAFETY: where all rows are `time` long the threads wrote every element of the output; else it
    // was zero from the start.
    let output = unsafe { results.output.finish() };
    Forward {
        output,
        hidden: results.hidden,
        cell: results.cell,
        saved: save.then_some(saved),
    }
}

/// Whether a call whose first recurrent product is computed with the weights where they are begins with it; notes
/// which weights it ends with.
fn begins_with_recurrent(
    schedule: &Schedule,
    sizes: Sizes,
    weights: Weights,
    packs_input: bool,
) -> bool {
    let recurrent_first = !packs_input && is_last_read(weights.w_hh);
    let one_product = schedule.time == 1 && sizes.cell != KernelCell::GruResetBefore;
    set_last_read(if recurrent_first && one_product {
        weights.w_ih
    } else {
        weights.w_hh
    });
    recurrent_first
}

/// The results while they are computed, each row and unit by the thread whose it is.
struct Results {
    /// `[batch, time, d_hidden]`, in the schedule's layout.
    output: Output,
    /// `[batch, d_hidden]`, the initial states at first, which rows without steps keep.
    hidden: Numbers,
    /// LSTM: `[batch, d_hidden]`, likewise.
    cell: Numbers,
}

impl Results {
    fn new(schedule: &Schedule, sizes: Sizes, operands: Operands) -> Self {
        let full = schedule.batch * schedule.time * sizes.d_hidden;
        let initial = |state: Option<&[f32]>| match state {
            Some(state) => Numbers::from(state),
            None => Numbers::zeros(schedule.batch * sizes.d_hidden),
        };
        Self {
            output: if schedule.ragged {
                Output::zeros(full)
            } else {
                Output::new(full)
            },
            hidden: initial(operands.start.hidden),
            cell: if sizes.cell == KernelCell::Lstm {
                initial(operands.start.cell)
            } else {
                Numbers::zeros(0)
            },
        }
    }

    fn places(&mut self) -> LastPlaces {
        LastPlaces {
            output: self.output.ptr(),
            hidden: Shared(self.hidden.as_mut_ptr()),
            cell: Shared(self.cell.as_mut_ptr()),
        }
    }
}

/// Weights in the order in which products read them; empty where they are used where they are.
struct PackedWeights {
    /// `[d_input, gates * d_hidden]`
    input: Packed,
    /// By member of a row group, `[d_hidden, gates * units]`: the gates of both of [`Sizes::parts`].
    recurrent: Vec<[Packed; 2]>,
}

impl PackedWeights {
    /// Room for the weights of a call.
    fn new(
        kernels: &'static Kernels,
        schedule: &Schedule,
        sizes: Sizes,
        plan: &Plan,
        threads: usize,
    ) -> Self {
        let (d_input, columns) = if schedule.total > UNPACKED_ROWS {
            (sizes.d_input, 0..sizes.columns())
        } else {
            (0, 0..0)
        };
        let wide = wide_panel_vectors(kernels, schedule.total / threads);
        let recurrent = |units| {
            let vectors = panel_vectors(schedule.batch / plan.row_groups);
            let pack = |gates| {
                Packed::new(
                    kernels,
                    sizes.d_hidden,
                    &sizes.ranges(gates, units),
                    vectors,
                )
            };
            sizes.parts().map(pack)
        };
        Self {
            input: Packed::new(kernels, d_input, core::slice::from_ref(&columns), wide),
            recurrent: if schedule.time > UNPACKED_STEPS {
                plan.units.iter().map(recurrent).collect()
            } else {
                Vec::new()
            },
        }
    }

    /// What is to be done so that they are there.
    fn fills(&self, sizes: Sizes, weights: Weights) -> Vec<Fill<'_>> {
        let w_ih = Source::rows(weights.w_ih.as_ptr(), sizes.columns());
        let w_hh = Source::rows(weights.w_hh.as_ptr(), sizes.columns());
        let recurrent = self.recurrent.iter().flatten();
        self.input
            .fills(w_ih)
            .chain(recurrent.flat_map(|packed| packed.fills(w_hh)))
            .collect()
    }
}

/// What the threads of a forward pass share.
struct Pass<'a> {
    fills: Vec<Fill<'a>>,
    fill_tasks: Queue,
    /// Where all threads wait for packed weights.
    all: Barrier,
    threads: usize,
    grid: &'a Grid,
    /// The input's projection, where the weights are used where they are and the steps have none.
    unpacked_input: Unpacked,
    /// Whether the first recurrent product comes before that.
    recurrent_first: bool,
    steps: Steps<'a>,
}

// SAFETY: the operands are only read; what is written is shared out as the phases say.
unsafe impl Sync for Pass<'_> {}

impl Pass<'_> {
    /// A thread's part of the pass.
    ///
    /// # Safety
    ///
    /// Each of `threads` threads calls this once, with its number; operands have the sizes that were said.
    unsafe fn run(&self, thread: usize) {
        let member = self.grid.member(thread);
        // SAFETY: each panel is filled by one thread, each row of gates written by one thread; the
        // barriers and the projection's latches separate writing from reading by others.
        unsafe {
            for task in self.fill_tasks.tasks() {
                self.fills[task].run();
            }
            if self.recurrent_first {
                self.begin(member);
            }
            if self.steps.projection.is_none() {
                self.project_unpacked(thread);
            }
            if !self.recurrent_first {
                self.begin(member);
            }
            self.all.wait();
            if let Some(member) = member {
                self.steps.recur(member);
            }
            // Others may have been slower.
            if let Some(projection) = self.steps.projection {
                projection.help();
            }
        }
    }

    /// The first recurrent product, where it needs no packed weights.
    ///
    /// # Safety
    ///
    /// As [`Pass::run`].
    unsafe fn begin(&self, member: Option<Member>) {
        if let Some(member) = member
            && self.steps.weights.begun
        {
            // SAFETY: passed on; all wait for one another before the steps.
            unsafe { self.steps.begin(member) };
        }
    }

    /// A thread's columns of the input's projection, of all steps, with the weights where they are.
    ///
    /// # Safety
    ///
    /// As [`Pass::run`].
    unsafe fn project_unpacked(&self, thread: usize) {
        let Steps { kernels, sizes, .. } = self.steps;
        let columns = sizes.columns();
        let part = share(columns, 8 * kernels.lanes, thread, self.threads);
        let gates = self.steps.saved.gates.at(part.start);
        // SAFETY: these columns are this thread's alone.
        unsafe { self.unpacked_input.columns(part, gates, columns) };
    }
}
