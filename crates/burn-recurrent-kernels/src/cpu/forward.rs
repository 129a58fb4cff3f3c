//! The forward pass over whole sequences.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::cell::{Saved, States, Weights};
use super::forward_steps::Shape;
use super::kernels::Kernels;
use super::pack::{Packed, Source};
use super::plan::Plan;
use super::pool::{Barrier, Breakable, Team, share};
use super::product::{Left, Target, multiply_unpacked, panel_vectors, wide_panel_vectors};
use super::projection::{Blocks, Projection};
use super::schedule::Schedule;
use super::scratch::{Numbers, Output, Scratch};
use super::shared::{ALONE, SendLeft, SendSource, Shared, Sizes, compact, padded};
use super::tasks::Queue;
use crate::kind::Cell;

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
#[expect(clippy::too_many_arguments)]
pub(crate) fn forward(
    kernels: &'static Kernels,
    threads: usize,
    schedule: &Schedule,
    sizes: Sizes,
    input: &[f32],
    weights: Weights,
    start: States,
    save: bool,
) -> Forward {
    let Sizes {
        cell,
        d_input,
        d_hidden,
    } = sizes;
    let columns = sizes.columns();
    let (batch, total) = (schedule.batch, schedule.total);
    assert_eq!(input.len(), batch * schedule.time * d_input, "input");
    weights.check(sizes);
    start.check(batch * d_hidden);
    let compacted = compact(schedule, input, d_input);
    let input = compacted.as_deref().unwrap_or(input);

    let work = total * columns * (d_input + d_hidden);
    let team = Team::take(if work < ALONE { 1 } else { threads });
    let plan = Plan::new(batch, d_hidden, columns, d_hidden, team.size());

    let gates = Scratch::new(total * columns);
    let cells = Scratch::new(if save && cell == Cell::Lstm {
        total * d_hidden
    } else {
        0
    });
    let keeps_extra = save && cell == Cell::GruResetAfter;
    let extra = Scratch::new(if keeps_extra { total * d_hidden } else { 0 });
    let full = batch * schedule.time * d_hidden;
    let mut output = if schedule.ragged {
        Output::zeros(full)
    } else {
        Output::new(full)
    };
    let initial = |state: Option<&[f32]>| match state {
        Some(state) => Numbers::from(state),
        None => Numbers::zeros(batch * d_hidden),
    };
    let mut hidden = initial(start.hidden);
    let mut last_cell = if cell == Cell::Lstm {
        initial(start.cell)
    } else {
        Numbers::zeros(0)
    };
    let zeros = vec![0.0; d_hidden];
    let state_row = padded(d_hidden);
    let states = [
        Scratch::zeros(batch * state_row),
        Scratch::zeros(batch * state_row),
    ];
    let reset = Scratch::zeros(if cell == Cell::GruResetBefore {
        batch * state_row
    } else {
        0
    });
    if start.hidden.is_some() {
        for state in &states {
            for (position, &row) in schedule.order.iter().enumerate() {
                // SAFETY: both rows are inside their buffers; no other thread is at work yet.
                unsafe {
                    let to = state.ptr().add(position * state_row);
                    to.copy_from_nonoverlapping(hidden.as_ptr().add(row * d_hidden), d_hidden);
                }
            }
        }
    }

    let w_ih = Source {
        data: weights.w_ih.as_ptr(),
        row: columns,
        col: 1,
    };
    let w_hh = Source {
        data: weights.w_hh.as_ptr(),
        row: columns,
        col: 1,
    };
    let pack_input = total > UNPACKED_ROWS;
    let packed_input = Packed::new(
        kernels,
        if pack_input { d_input } else { 0 },
        &[if pack_input { 0..columns } else { 0..0 }],
        wide_panel_vectors(kernels, total / team.size()),
    );
    let pack_recurrent = schedule.time > UNPACKED_STEPS;
    let packed: Vec<[Packed; 2]> = plan
        .units
        .iter()
        .filter(|_| pack_recurrent)
        .map(|units| {
            let vectors = panel_vectors(batch / plan.row_groups);
            let pack = |gates| Packed::new(kernels, d_hidden, &sizes.ranges(gates, units), vectors);
            sizes.parts().map(pack)
        })
        .collect();
    let products = Scratch::new(if pack_recurrent { 0 } else { batch * columns });
    let products_begun = !pack_recurrent && start.hidden.is_some() && schedule.time > 0;
    let recurrent_first = products_begun && !pack_input && is_last_read(weights.w_hh);
    if products_begun {
        let one_product = schedule.time == 1 && cell != Cell::GruResetBefore;
        set_last_read(if recurrent_first && one_product {
            weights.w_ih
        } else {
            weights.w_hh
        });
    }
    let fills: Vec<_> = packed_input
        .panels
        .iter()
        .map(|panel| (&packed_input, panel, Shared::read(weights.w_ih)))
        .chain(packed.iter().flatten().flat_map(|packed| {
            packed
                .panels
                .iter()
                .map(move |panel| (packed, panel, Shared::read(weights.w_hh)))
        }))
        .collect();

    let groups = schedule.split(plan.row_groups);
    let left = Left {
        data: input.as_ptr(),
        row: d_input,
        k: 1,
    };
    let projection = pack_input.then(|| {
        let target = Target {
            data: gates.ptr(),
            row: columns,
            columns,
        };
        let blocks = Blocks::new(schedule, &groups, plan.units.len());
        Projection::new(kernels, left, &packed_input, target, blocks)
    });
    let shape = Shape {
        kernels,
        schedule,
        sizes,
        save,
        projection: projection.as_ref(),
        packed: &packed,
        w_hh,
        products: Shared(products.ptr()),
        products_begun,
        gates: Shared(gates.ptr()),
        bias: weights.bias.map_or(Shared::NULL, Shared::read),
        bias_candidate: weights.bias_candidate.map_or(Shared::NULL, Shared::read),
        extra: if keeps_extra {
            Shared(extra.ptr())
        } else {
            Shared::NULL
        },
        states: [Shared(states[0].ptr()), Shared(states[1].ptr())],
        reset: Shared(reset.ptr()),
        state_row,
        has_state: start.hidden.is_some(),
        cells: Shared(cells.ptr()),
        cell_start: start.cell.map_or(Shared::NULL, Shared::read),
        zeros: Shared::read(&zeros),
        output: output.ptr(),
        hidden: Shared(hidden.as_mut_ptr()),
        cell: Shared(last_cell.as_mut_ptr()),
    };
    let all = Barrier::new(team.size());
    let barriers: Vec<Barrier> = groups
        .iter()
        .map(|_| Barrier::new(plan.units.len()))
        .collect();
    let queue = Queue::new(fills.len());
    let (input, w_ih) = (SendLeft(left), SendSource(w_ih));
    let job = |thread: usize| {
        let (input, w_ih) = (&input, &w_ih);
        // SAFETY: each panel is filled by one thread, each row of gates written by one thread; the
        // barriers and the projection's latches separate writing from reading by others. Sizes were
        // checked above.
        unsafe {
            for index in queue.tasks() {
                let (packed, panel, weights) = fills[index];
                packed.fill(
                    panel,
                    Source {
                        data: weights.at(0),
                        row: columns,
                        col: 1,
                    },
                );
            }
            let member = thread < plan.members();
            let (group, unit) = (thread / plan.units.len(), thread % plan.units.len());
            let begin = || {
                if member && products_begun {
                    shape.begin(&groups[group], unit, plan.units.len());
                }
            };
            if recurrent_first {
                begin();
            }
            if projection.is_none() {
                let part = share(columns, 8 * kernels.lanes, thread, team.size());
                let out = shape.gates.at(part.start);
                multiply_unpacked(kernels, input.0, w_ih.0, d_input, part, total, out, columns);
            }
            if !recurrent_first {
                begin();
            }
            all.wait();
            if member {
                shape.recur(
                    group,
                    &groups[group],
                    unit,
                    &plan.units[unit],
                    &barriers[group],
                );
            }
            // Others may have been slower.
            if let Some(projection) = &projection {
                projection.help();
            }
        }
    };
    let mut waits: Vec<&dyn Breakable> = vec![&all];
    waits.extend(barriers.iter().map(|barrier| barrier as &dyn Breakable));
    waits.extend(projection.iter().flat_map(Projection::latches));
    team.run(&waits, &job);

    // SAFETY: where all rows are `time` long the threads wrote every element of the output; else it
    // was zero from the start.
    unsafe {
        Forward {
            output: output.finish(),
            hidden,
            cell: last_cell,
            saved: save.then_some(Saved {
                gates,
                cells,
                extra,
            }),
        }
    }
}
