//! The backward pass over whole sequences: the gradients of the gates step by step, then those of
//! weights and input as large products.

use super::backward_steps::Shape;
use super::cell::{Saved, States, Weights};
use super::kernels::Kernels;
use super::pack::{Packed, Source};
use super::plan::Plan;
use super::pool::{Barrier, Breakable, Team};
use super::product::{Left, Target, panel_vectors, wide_panel_vectors};
use super::projection::{Blocks, Projection};
use super::schedule::Schedule;
use super::scratch::{Numbers, Output, Scratch};
use super::shared::{ALONE, Shared, Sizes, compact, padded};
use super::tasks::{Latch, Queue, guided};
use super::tiled::Tiled;
use super::weight_product::{DEPTH, SendProducts, Use, WeightProduct, weight_product};
use crate::kind::Cell;

/// Columns of a weight's gradient in a task, at most: results should stay in cache from block to block
/// of the sum.
const MOST_COLUMNS: usize = 128;

/// Which gradients to compute; those of biases come with the weights', those of states always.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) input: bool,
    pub(crate) weights: bool,
}

/// What the forward pass read and returned.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) input: &'a [f32],
    pub(crate) weights: Weights<'a>,
    pub(crate) start: States<'a>,
    pub(crate) output: &'a [f32],
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

/// Differentiates [`super::forward::forward`]. `d_output` has the layout of the output, of which
/// only real steps are read; `last` holds the gradients of the final states. Uses up `saved`.
#[expect(clippy::too_many_arguments)]
pub(crate) fn backward(
    kernels: &'static Kernels,
    threads: usize,
    schedule: &Schedule,
    sizes: Sizes,
    record: Record,
    mut saved: Saved,
    d_output: &[f32],
    last: States,
    wanted: Wanted,
) -> Gradients {
    let Sizes {
        cell,
        d_input,
        d_hidden,
    } = sizes;
    let columns = sizes.columns();
    let (batch, total) = (schedule.batch, schedule.total);
    let full = batch * schedule.time;
    let only = |len, condition| if condition { len } else { 0 };
    assert_eq!(record.input.len(), full * d_input, "input");
    assert_eq!(record.output.len(), full * d_hidden, "output");
    assert_eq!(d_output.len(), full * d_hidden, "d_output");
    record.weights.check(sizes);
    record.start.check(batch * d_hidden);
    last.check(batch * d_hidden);
    assert_eq!(saved.gates.len(), total * columns, "gates");
    let cells = only(total * d_hidden, cell == Cell::Lstm);
    assert_eq!(saved.cells.len(), cells, "cells");
    let extra = only(total * d_hidden, cell == Cell::GruResetAfter);
    assert_eq!(saved.extra.len(), extra, "extra");
    let compacted = compact(schedule, record.input, d_input);
    let input = compacted.as_deref().unwrap_or(record.input);

    let team = Team::take(if total * columns * (d_input + d_hidden) < ALONE {
        1
    } else {
        threads
    });
    let plan = Plan::new(batch, columns, d_hidden, d_hidden, team.size());

    // Gradients of states start as those of the final states; a row of length zero keeps them.
    let initial = |state: Option<&[f32]>| match state {
        Some(state) => Numbers::from(state),
        None => Numbers::zeros(batch * d_hidden),
    };
    let mut hidden = initial(last.hidden);
    let mut d_cell = if cell == Cell::Lstm {
        initial(last.cell)
    } else {
        Numbers::zeros(0)
    };
    if cell == Cell::GruResetBefore {
        saved.extra = Scratch::new(total * d_hidden);
    }

    let vectors = panel_vectors(batch / plan.row_groups);
    let packed: Vec<[Packed; 2]> = plan
        .units
        .iter()
        .map(|units| {
            sizes.parts().map(|gates| {
                let k = gates.len() * d_hidden;
                let range = if k > 0 { units.clone() } else { 0..0 };
                Packed::new(kernels, k, core::slice::from_ref(&range), vectors)
            })
        })
        .collect();
    let for_input = Packed::new(
        kernels,
        if wanted.input { columns } else { 0 },
        &[if wanted.input { 0..d_input } else { 0..0 }],
        wide_panel_vectors(kernels, total / team.size()),
    );
    let mut fills = Vec::new();
    for packed in &packed {
        for (packed, gates) in packed.iter().zip(sizes.parts()) {
            let start = Shared::read(record.weights.w_hh).at(gates.start * d_hidden);
            fills.extend(
                packed
                    .panels
                    .iter()
                    .map(|panel| (packed, panel, Shared(start))),
            );
        }
    }
    let w_ih = Shared::read(record.weights.w_ih);
    fills.extend(
        for_input
            .panels
            .iter()
            .map(|panel| (&for_input, panel, w_ih)),
    );

    let zeros = vec![0.0; d_hidden];
    let mut previous = vec![Shared::read(&zeros); total];
    schedule.for_each(0..batch, |compact, _, row, t| {
        if let Some(t) = schedule.previous(row, t) {
            let from = schedule.full(row, t) * d_hidden;
            previous[compact] = Shared::read(&record.output[from..]);
        } else if let Some(start) = record.start.hidden {
            previous[compact] = Shared::read(&start[row * d_hidden..]);
        }
    });
    let operand_row = padded(columns);
    let operands = [
        Scratch::new(batch * operand_row),
        Scratch::new(batch * operand_row),
    ];
    let shape = Shape {
        kernels,
        schedule,
        sizes,
        packed: &packed,
        gates: Shared(saved.gates.ptr()),
        extra: Shared(saved.extra.ptr()),
        cells: Shared(saved.cells.ptr()),
        operands: [Shared(operands[0].ptr()), Shared(operands[1].ptr())],
        operand_row,
        previous: &previous,
        d_output: Shared::read(d_output),
        d_hidden_last: last.hidden.map_or(Shared::NULL, Shared::read),
        d_cell_last: last.cell.map_or(Shared::NULL, Shared::read),
        cell_start: record.start.cell.map_or(Shared::NULL, Shared::read),
        d_hidden: Shared(hidden.as_mut_ptr()),
        d_cell: Shared(d_cell.as_mut_ptr()),
    };

    let mut d_input_compact = Output::new(if wanted.input { total * d_input } else { 0 });
    let weights = |len| Output::new(if wanted.weights { len } else { 0 });
    let mut d_w_ih = weights(d_input * columns);
    let mut d_w_hh = weights(d_hidden * columns);
    let mut bias = weights(columns);
    let after = cell == Cell::GruResetAfter;
    let mut bias_candidate = weights(if after { d_hidden } else { 0 });
    let depth = if wanted.weights { total } else { 0 };
    let inputs = Tiled::new(kernels, d_input, depth, DEPTH);
    let states = Tiled::new(kernels, d_hidden, depth, DEPTH);
    // `r * h`, which the steps compute.
    let before = cell == Cell::GruResetBefore;
    let resets = Tiled::new(kernels, d_hidden, if before { depth } else { 0 }, DEPTH);
    let products = if wanted.weights {
        let gate = |g: usize| Source {
            data: shape.gates.at(g * d_hidden),
            row: columns,
            col: 1,
        };
        let (ih, hh) = (d_w_ih.ptr(), d_w_hh.ptr());
        let input = |g: usize| Use {
            left: &inputs,
            out: ih.at(g * d_hidden),
        };
        let state = |left, g: usize| Use {
            left,
            out: hh.at(g * d_hidden),
        };
        let sums = bias.ptr();
        let product = |right, columns, uses, sums| WeightProduct {
            right,
            columns,
            uses,
            sums,
        };
        match cell {
            Cell::GruResetAfter => {
                let recurrent = Source {
                    data: shape.extra.at(0),
                    row: d_hidden,
                    col: 1,
                };
                let both = vec![input(0), state(&states, 0)];
                vec![
                    product(gate(0), 2 * d_hidden, both, sums.at(0)),
                    product(gate(2), d_hidden, vec![input(2)], sums.at(2 * d_hidden)),
                    product(
                        recurrent,
                        d_hidden,
                        vec![state(&states, 2)],
                        bias_candidate.ptr().at(0),
                    ),
                ]
            }
            Cell::GruResetBefore => {
                let both = vec![input(0), state(&states, 0)];
                let candidate = vec![input(2), state(&resets, 2)];
                vec![
                    product(gate(0), 2 * d_hidden, both, sums.at(0)),
                    product(gate(2), d_hidden, candidate, sums.at(2 * d_hidden)),
                ]
            }
            _ => {
                let both = vec![input(0), state(&states, 0)];
                vec![product(gate(0), columns, both, sums.at(0))]
            }
        }
    } else {
        Vec::new()
    };
    let products = SendProducts(products);

    let groups = schedule.split(plan.row_groups);
    let all = Barrier::new(team.size());
    let barriers: Vec<Barrier> = groups
        .iter()
        .map(|_| Barrier::new(plan.units.len()))
        .collect();
    let d_input_product = wanted.input.then(|| {
        let left = Left {
            data: shape.gates.at(0),
            row: columns,
            k: 1,
        };
        let target = Target {
            data: d_input_compact.ptr().at(0),
            row: d_input,
            columns: d_input,
        };
        let blocks = Blocks::new(schedule, &groups, plan.units.len());
        Projection::new(kernels, left, &for_input, target, blocks)
    });
    let finished: Vec<Latch> = groups
        .iter()
        .map(|_| Latch::new(plan.units.len()))
        .collect();
    let columns_of: Vec<_> = products
        .0
        .iter()
        .enumerate()
        .flat_map(|(index, product)| {
            let grain = 4 * kernels.lanes;
            let parts = guided(product.columns, grain, MOST_COLUMNS, team.size());
            parts.into_iter().map(move |part| (index, part))
        })
        .collect();
    let fill_tasks = Queue::new(fills.len());
    let input_tasks = Queue::new(inputs.blocks());
    let state_tasks = Queue::new(states.blocks());
    let reset_tasks = Queue::new(resets.blocks());
    let weight_tasks = Queue::new(columns_of.len());
    let input = Shared::read(input);
    let job = |thread: usize| {
        let products = &products;
        // SAFETY: each panel, tile and row is written by one thread; barriers separate writing from
        // reading by others. Sizes were checked above.
        unsafe {
            for index in fill_tasks.tasks() {
                let (packed, panel, weights) = fills[index];
                packed.fill(
                    panel,
                    Source {
                        data: weights.at(0),
                        row: 1,
                        col: columns,
                    },
                );
            }
            for block in input_tasks.tasks() {
                inputs.fill(block, inputs.depth(block), |step| input.at(step * d_input));
            }
            for block in state_tasks.tasks() {
                states.fill(block, states.depth(block), |step| previous[step].at(0));
            }
            all.wait();
            if thread < plan.members() {
                let (group, unit) = (thread / plan.units.len(), thread % plan.units.len());
                shape.recur(&groups[group], unit, &plan.units[unit], &barriers[group]);
                finished[group].done();
            }
            // Where others are slower, part of what comes last is done meanwhile.
            if let Some(product) = &d_input_product {
                let others = || finished.iter().any(|group| !group.is_open());
                for (group, latch) in finished.iter().enumerate() {
                    if latch.is_open() {
                        product.help_group(group, others);
                    }
                }
            }
            all.wait();
            if before && wanted.weights {
                for block in reset_tasks.tasks() {
                    resets.fill(block, resets.depth(block), |step| {
                        shape.extra.at(step * d_hidden)
                    });
                }
                all.wait();
            }
            for task in weight_tasks.tasks() {
                let (index, part) = &columns_of[task];
                weight_product(kernels, &products.0[*index], total, part.clone(), columns);
            }
            if let Some(product) = &d_input_product {
                product.help();
            }
        }
    };
    let mut waits: Vec<&dyn Breakable> = vec![&all];
    waits.extend(barriers.iter().map(|barrier| barrier as &dyn Breakable));
    team.run(&waits, &job);

    // SAFETY: the products wrote every element.
    let (d_input_compact, w_ih, w_hh, bias, bias_candidate) = unsafe {
        (
            d_input_compact.finish(),
            d_w_ih.finish(),
            d_w_hh.finish(),
            bias.finish(),
            bias_candidate.finish(),
        )
    };
    let input = if schedule.ragged && wanted.input {
        let mut full = Numbers::zeros(batch * schedule.time * d_input);
        schedule.for_each(0..batch, |from, to, _, _| {
            full[to * d_input..][..d_input]
                .copy_from_slice(&d_input_compact[from * d_input..][..d_input]);
        });
        full
    } else {
        d_input_compact
    };
    Gradients {
        input,
        w_ih,
        w_hh,
        bias,
        bias_candidate,
        hidden,
        cell: d_cell,
    }
}
