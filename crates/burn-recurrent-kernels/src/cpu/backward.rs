//! The backward pass over whole sequences: the gradients of the gates step by step, then those of
//! weights and input as large products.

use super::backward_steps::Shape;
use super::cell::{Saved, States, Weights};
use super::kernels::Kernels;
use super::pack::{Packed, Scratch, Source};
use super::plan::Plan;
use super::pool::{Barrier, Team, share};
use super::product::{Left, Target, multiply_rows, panel_vectors};
use super::schedule::Schedule;
use super::shared::{ALONE, Output, ROW_GRAIN, SendLeft, Shared, Sizes, compact, padded};
use super::weight_product::{SendProducts, Use, WeightProduct, weight_product};
use crate::kind::Cell;

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
    pub(crate) input: Vec<f32>,
    pub(crate) w_ih: Vec<f32>,
    pub(crate) w_hh: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) bias_candidate: Vec<f32>,
    pub(crate) hidden: Vec<f32>,
    pub(crate) cell: Vec<f32>,
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
        Some(state) => state.to_vec(),
        None => vec![0.0; batch * d_hidden],
    };
    let mut hidden = initial(last.hidden);
    let mut d_cell = if cell == Cell::Lstm {
        initial(last.cell)
    } else {
        Vec::new()
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
                Packed::new(k, core::slice::from_ref(&range), kernels.lanes, vectors)
            })
        })
        .collect();
    let for_input = Packed::new(
        if wanted.input { columns } else { 0 },
        &[if wanted.input { 0..d_input } else { 0..0 }],
        kernels.lanes,
        panel_vectors(total / team.size()),
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

    let previous = Scratch::new(total * d_hidden);
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
        previous: Shared(previous.ptr()),
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
    let products = if wanted.weights {
        let from_input = Left {
            data: input.as_ptr(),
            row: 1,
            k: d_input,
        };
        let from_state = Left {
            data: shape.previous.at(0),
            row: 1,
            k: d_hidden,
        };
        let gate = |g: usize| Source {
            data: shape.gates.at(g * d_hidden),
            row: columns,
            col: 1,
        };
        let (ih, hh) = (d_w_ih.ptr(), d_w_hh.ptr());
        let input = |g: usize| Use {
            left: from_input,
            rows: d_input,
            out: ih.at(g * d_hidden),
        };
        let state = |left: Left, g: usize| Use {
            left,
            rows: d_hidden,
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
                let both = vec![input(0), state(from_state, 0)];
                vec![
                    product(gate(0), 2 * d_hidden, both, sums.at(0)),
                    product(gate(2), d_hidden, vec![input(2)], sums.at(2 * d_hidden)),
                    product(
                        recurrent,
                        d_hidden,
                        vec![state(from_state, 2)],
                        bias_candidate.ptr().at(0),
                    ),
                ]
            }
            Cell::GruResetBefore => {
                let reset = Left {
                    data: shape.extra.at(0),
                    ..from_state
                };
                let both = vec![input(0), state(from_state, 0)];
                let candidate = vec![input(2), state(reset, 2)];
                vec![
                    product(gate(0), 2 * d_hidden, both, sums.at(0)),
                    product(gate(2), d_hidden, candidate, sums.at(2 * d_hidden)),
                ]
            }
            _ => {
                let both = vec![input(0), state(from_state, 0)];
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
    let d_input_target = d_input_compact.ptr();
    let start_hidden = record.start.hidden.map_or(Shared::NULL, Shared::read);
    let output = Shared::read(record.output);
    let gates = SendLeft(Left {
        data: shape.gates.at(0),
        row: columns,
        k: 1,
    });
    let grain = ROW_GRAIN.min(total.div_ceil(team.size())).max(1);
    let job = |thread: usize| {
        let (products, gates) = (&products, &gates);
        // SAFETY: each panel and each row is written by one thread; barriers separate writing from
        // reading by others. Sizes were checked above.
        unsafe {
            for index in share(fills.len(), 1, thread, team.size()) {
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
            schedule.for_each(
                share(batch, 1, thread, team.size()),
                |compact, _, row, t| {
                    let to = shape.previous.at(compact * d_hidden);
                    match schedule.previous(row, t) {
                        Some(t) => {
                            to.copy_from(output.at(schedule.full(row, t) * d_hidden), d_hidden);
                        }
                        None if start_hidden.is_null() => to.write_bytes(0, d_hidden),
                        None => to.copy_from(start_hidden.at(row * d_hidden), d_hidden),
                    }
                },
            );
            all.wait();
            if thread < plan.members() {
                let (group, unit) = (thread / plan.units.len(), thread % plan.units.len());
                shape.recur(&groups[group], unit, &plan.units[unit], &barriers[group]);
            }
            all.wait();
            for product in &products.0 {
                let part = share(product.columns, kernels.lanes, thread, team.size());
                if !part.is_empty() {
                    weight_product(kernels, product, total, part, columns);
                }
            }
            if wanted.input {
                let rows = share(total, grain, thread, team.size());
                let target = Target {
                    data: d_input_target.at(0),
                    row: d_input,
                    columns: d_input,
                };
                multiply_rows(kernels, gates.0, &for_input, rows, target);
            }
        }
    };
    let mut breakable: Vec<&Barrier> = barriers.iter().collect();
    breakable.push(&all);
    team.run(&breakable, &job);

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
        let mut full = vec![0.0; batch * schedule.time * d_input];
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
