//! The backward pass of a linear layer with cross entropy.

use core::ops::Range;

use super::cross_entropy::{
    Cut, LossSaved, LossSizes, ROW_BLOCK, VECTORS, blocks_of, check_targets, group_row,
};
use super::kernels::Kernels;
use super::pack::{Packed, Source};
use super::pool::{Barrier, Team, share};
use super::product::{Left, Target, multiply_to};
use super::scratch::{Numbers, Output, Scratch};
use super::shared::{ALONE, ROW_GRAIN, SendLeft, SendSource, Shared};
use super::tasks::Queue;
use super::tile::{PREFETCH_ROWS, TileArgs};

/// Depth of the sums of the hidden states' gradient that is worked on at a time, in panels.
const DEPTH_PANELS: usize = 8;
/// Depth of the sums of the weight's gradient that is worked on at a time.
const DEPTH: usize = 256;

/// Which gradients of a loss to compute; the bias's comes with the weight's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LossWanted {
    pub(crate) hidden: bool,
    pub(crate) weight: bool,
}

/// Gradients of hidden states, weight and bias; those not wanted are empty.
pub(crate) struct LossGradients {
    pub(crate) hidden: Numbers,
    pub(crate) weight: Numbers,
    pub(crate) bias: Numbers,
}

/// Differentiates [`super::cross_entropy::loss_forward`]; `d_loss` holds the gradient of each token's
/// loss. Uses up `saved`.
#[expect(clippy::too_many_arguments)]
pub(crate) fn loss_backward(
    kernels: &'static Kernels,
    threads: usize,
    sizes: LossSizes,
    hidden: &[f32],
    weight: &[f32],
    targets: &[usize],
    saved: LossSaved,
    d_loss: &[f32],
    wanted: LossWanted,
) -> LossGradients {
    let LossSizes {
        tokens,
        d_hidden,
        vocabulary,
    } = sizes;
    let team = Team::take(if tokens * d_hidden * vocabulary < ALONE {
        1
    } else {
        threads
    });
    let cut = Cut::new(kernels, vocabulary, team.size());
    let LossSaved {
        exponentials: buffer,
        factors,
    } = saved;
    assert_eq!(hidden.len(), tokens * d_hidden, "hidden");
    assert_eq!(weight.len(), d_hidden * vocabulary, "weight");
    check_targets(targets, sizes);
    assert_eq!(d_loss.len(), tokens, "d_loss");
    assert_eq!(
        buffer.len(),
        cut.panels * tokens * cut.width,
        "exponentials"
    );
    assert_eq!(factors.len(), cut.groups * tokens, "factors");
    // Without tokens there is nothing that would write the weight's gradient.
    let fresh = |len| {
        if tokens == 0 {
            Output::zeros(len)
        } else {
            Output::new(len)
        }
    };
    let mut d_hidden_out = Output::new(if wanted.hidden { tokens * d_hidden } else { 0 });
    let mut d_weight = fresh(if wanted.weight {
        d_hidden * vocabulary
    } else {
        0
    });
    let mut d_bias = fresh(if wanted.weight { vocabulary } else { 0 });
    let (d_hidden_, d_weight_, d_bias_) = (d_hidden_out.ptr(), d_weight.ptr(), d_bias.ptr());
    let transposed = Packed::new(
        kernels,
        if wanted.hidden { vocabulary } else { 0 },
        core::slice::from_ref(&(0..if wanted.hidden { d_hidden } else { 0 })),
        VECTORS,
    );
    let weight = SendSource(Source {
        data: weight.as_ptr(),
        row: 1,
        col: vocabulary,
    });
    let hidden = SendLeft(Left {
        data: hidden.as_ptr(),
        row: 1,
        k: d_hidden,
    });
    // The hidden states, transposed and in the order in which tiles of the weight's gradient read
    // them: all panels do.
    let most = kernels.tiles(VECTORS).len();
    // Rows are shared out in multiples of `ROW_GRAIN`, and parts of them must start at a tile.
    assert!(ROW_GRAIN.is_multiple_of(most));
    let tiles = d_hidden.div_ceil(most);
    let tiled = Scratch::new(if wanted.weight {
        tiles * most * tokens
    } else {
        0
    });
    let place = |panel: usize| buffer.ptr().wrapping_add(panel * tokens * cut.width);
    let ready_tile = |kernels: &Kernels,
                      a: Left,
                      b: *mut f32,
                      rows: usize,
                      depth: &Range<usize>,
                      out: *mut f32,
                      panel: usize| {
        let columns = cut.width.min(vocabulary - panel * cut.width);
        let target = Target {
            data: out,
            row: vocabulary,
            columns,
        };
        // SAFETY: passed on from the two uses below.
        unsafe { multiply_ready(kernels, a, b, rows, depth, target) }
    };
    let all = Barrier::new(team.size());

    // Rows of a group: exponentials to gradients of logits.
    let differentiate = |group: usize, rows: Range<usize>| {
        let panels = cut.panels_of(group);
        for row in rows {
            // SAFETY: the caller gives each row of a group to one thread.
            unsafe {
                let place = |panel: usize| buffer.ptr().add((panel * tokens + row) * cut.width);
                let mut group_row =
                    group_row(cut, vocabulary, &panels, tokens, place(panels.start));
                group_row.factor = factors[group * tokens + row] * d_loss[row];
                (kernels.scale)(&group_row);
                let owner = targets[row] / cut.width;
                if panels.contains(&owner) {
                    *place(owner).add(targets[row] % cut.width) -= d_loss[row];
                }
            }
        }
    };
    let tiles_queue = Queue::new(if wanted.weight { tiles } else { 0 });
    let gradients = Queue::new(cut.groups * cut.blocks);
    let tasks = Queue::new(cut.groups * cut.blocks);
    let fills = Queue::new(transposed.panels.len());
    let row_count = tokens.div_ceil(ROW_BLOCK).next_multiple_of(team.size());
    let row_parts: Vec<_> = (0..row_count)
        .map(|block| share(tokens, ROW_GRAIN, block, row_count))
        .collect();
    let row_blocks = Queue::new(row_count);
    let job = |_thread: usize| {
        let (weight, hidden) = (&weight, &hidden);
        for tile in tiles_queue.tasks() {
            let first = tile * most;
            for token in 0..tokens {
                // SAFETY: each tile is one thread's, and has room for `most` numbers a token.
                unsafe {
                    let from = hidden.0.data.add(token * d_hidden + first);
                    let to = tiled.ptr().add(first * tokens + token * most);
                    to.copy_from_nonoverlapping(from, most.min(d_hidden - first));
                }
            }
        }
        all.wait();
        if cut.blocks > 1 {
            for task in gradients.tasks() {
                let (group, block) = cut.task(task);
                differentiate(group, share(tokens, ROW_GRAIN, block, cut.blocks));
            }
            all.wait();
        }
        for task in tasks.tasks() {
            let (group, block) = cut.task(task);
            if cut.blocks == 1 {
                differentiate(group, 0..tokens);
            }
            if !wanted.weight {
                continue;
            }
            let rows = share(d_hidden, ROW_GRAIN, block, cut.blocks);
            // SAFETY: this group's gradients of logits are complete; each task writes rows and
            // columns of its own.
            unsafe {
                for depth in blocks_of(0..tokens, DEPTH) {
                    // A panel stays in the first cache while the rows pass by.
                    for panel in cut.panels_of(group) {
                        for part in blocks_of(rows.clone(), most) {
                            let data = tiled.ptr().add(part.start * tokens);
                            let a = Left {
                                data,
                                row: 1,
                                k: most,
                            };
                            let out = d_weight_.at(part.start * vocabulary + panel * cut.width);
                            ready_tile(kernels, a, place(panel), part.len(), &depth, out, panel);
                        }
                    }
                    if block == 0 {
                        let one = 1.0f32;
                        let ones = Left {
                            data: &one,
                            row: 0,
                            k: 0,
                        };
                        for panel in cut.panels_of(group) {
                            let out = d_bias_.at(panel * cut.width);
                            ready_tile(kernels, ones, place(panel), 1, &depth, out, panel);
                        }
                    }
                }
            }
        }
        for index in fills.tasks() {
            // SAFETY: each panel is filled by one thread.
            unsafe { transposed.fill(&transposed.panels[index], weight.0) };
        }
        all.wait();
        if wanted.hidden {
            for rows in row_blocks.tasks().map(|block| row_parts[block].clone()) {
                // SAFETY: all gradients of logits are complete; these rows are this thread's.
                unsafe {
                    state_rows(
                        kernels,
                        cut,
                        &buffer,
                        tokens,
                        &transposed,
                        rows,
                        d_hidden_,
                        d_hidden,
                    )
                };
            }
        }
    };
    team.run(&[&all], &job);
    // SAFETY: the products wrote every element.
    unsafe {
        LossGradients {
            hidden: d_hidden_out.finish(),
            weight: d_weight.finish(),
            bias: d_bias.finish(),
        }
    }
}

/// The gradient of some tokens' hidden states: a product whose left operand lies in panels, from
/// which a few rows at a time are copied into a buffer.
///
/// # Safety
///
/// `buffer` holds all panels of `tokens` rows, which no thread writes any more; `transposed` is
/// filled; `out` has room for `tokens` rows, of which no other thread uses those in `rows`.
#[expect(clippy::too_many_arguments)]
unsafe fn state_rows(
    kernels: &Kernels,
    cut: Cut,
    buffer: &Scratch,
    tokens: usize,
    transposed: &Packed,
    rows: Range<usize>,
    out: Shared,
    d_hidden: usize,
) {
    let deep = DEPTH_PANELS * cut.width;
    let left_row = deep + 16;
    let left = Scratch::new(rows.len() * left_row);
    // SAFETY: the caller vouches for the rows; the copies stay inside panels and buffer.
    unsafe {
        for first in (0..cut.panels).step_by(DEPTH_PANELS) {
            let panels = first..(first + DEPTH_PANELS).min(cut.panels);
            for (i, row) in rows.clone().enumerate() {
                for panel in panels.clone() {
                    let from = buffer.ptr().add((panel * tokens + row) * cut.width);
                    let to = left.ptr().add(i * left_row + (panel - first) * cut.width);
                    to.copy_from_nonoverlapping(from, cut.width);
                }
            }
            let depth = first * cut.width..(panels.end * cut.width).min(transposed.k);
            // `multiply_to` starts at the same depth in both operands.
            let data = left.ptr().wrapping_sub(depth.start).cast_const();
            let a = Left {
                data,
                row: left_row,
                k: 1,
            };
            let target = Target {
                data: out.at(rows.start * d_hidden),
                row: d_hidden,
                columns: d_hidden,
            };
            for panel in &transposed.panels {
                multiply_to(
                    kernels,
                    a,
                    transposed,
                    panel,
                    rows.len(),
                    depth.clone(),
                    target,
                    first > 0,
                );
            }
        }
    }
}

/// One tile of a product whose right operand is a panel that lies ready in memory.
///
/// # Safety
///
/// `rows` is at least one and no more than the largest tile has; `a` covers `rows` rows and `depth`,
/// `b` is a whole panel that covers `depth`; `target` has room for `rows` rows of its columns, which
/// are no more than the panel's, and no other thread uses them.
unsafe fn multiply_ready(
    kernels: &Kernels,
    a: Left,
    b: *const f32,
    rows: usize,
    depth: &Range<usize>,
    target: Target,
) {
    const EDGE: usize = 14 * VECTORS * 16;
    let width = VECTORS * kernels.lanes;
    let whole = target.columns == width;
    assert!(whole || rows * width <= EDGE);
    // SAFETY: the caller vouches for the operands; a narrow target goes through a buffer that holds
    // the panel's full width.
    unsafe {
        let mut edge = [0.0f32; EDGE];
        let edge = edge.as_mut_ptr();
        if !whole && depth.start > 0 {
            for row in 0..rows {
                edge.add(row * width)
                    .copy_from(target.data.add(row * target.row), target.columns);
            }
        }
        kernels.tiles(VECTORS)[rows - 1](&TileArgs {
            k: depth.len(),
            a: a.data.add(depth.start * a.k),
            a_row: a.row,
            a_k: a.k,
            b: b.add(depth.start * width),
            b_row: width,
            ask: b.wrapping_add((depth.start + PREFETCH_ROWS) * width),
            ask_row: width,
            c: if whole { target.data } else { edge },
            c_row: if whole { target.row } else { width },
            accumulate: depth.start > 0,
        });
        if !whole {
            for row in 0..rows {
                target
                    .data
                    .add(row * target.row)
                    .copy_from(edge.add(row * width), target.columns);
            }
        }
    }
}
