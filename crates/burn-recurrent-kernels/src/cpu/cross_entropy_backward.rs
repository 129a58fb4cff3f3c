//! The backward pass of a linear layer with cross entropy.

use core::ops::Range;

use super::cross_entropy::{
    Cut, LossSaved, LossSizes, ROW_BLOCK, blocks_of, check_targets, group_row,
};
use super::kernels::Kernels;
use super::pack::{Packed, Source};
use super::pool::{Barrier, Team, share};
use super::product::{Left, Target};
use super::scratch::{Numbers, Output, Scratch};
use super::shared::{ALONE, ROW_GRAIN, SendSource, Shared};
use super::tasks::Queue;
use super::tile::{PREFETCH_ROWS, TileArgs};
use super::tiled::{Tiled, VECTORS};

/// Depth of the sums of the hidden states' gradient that is worked on at a time, in panels.
const DEPTH_PANELS: usize = 8;
/// Depth of the sums of the weight's gradient that is worked on at a time.
const DEPTH: usize = 256;
/// Tokens whose hidden states a thread copies into tiles at a time.
const TILED_TOKENS: usize = 32;

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
    let mut d_hidden_out = Output::new(if wanted.hidden { tokens * d_hidden } else { 0 });
    let mut d_weight = Output::new(if wanted.weight {
        d_hidden * vocabulary
    } else {
        0
    });
    let mut d_bias = Output::new(if wanted.weight { vocabulary } else { 0 });
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
    // All panels of the weight's gradient read the hidden states, tile by tile.
    let tiled = Tiled::new(
        kernels,
        if wanted.weight { d_hidden } else { 0 },
        tokens,
        DEPTH,
    );
    let tiles = tiled.tiles();
    let place = |panel: usize| buffer.ptr().wrapping_add(panel * tokens * cut.width);
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
    let pieces: Vec<_> = (0..tiled.blocks())
        .flat_map(|block| {
            blocks_of(tiled.depth(block), TILED_TOKENS).map(move |rows| (block, rows))
        })
        .collect();
    let pieces_queue = Queue::new(if wanted.weight { pieces.len() } else { 0 });
    let gradients = Queue::new(cut.groups * cut.blocks);
    let tasks = Queue::new(cut.groups * cut.blocks);
    let fills = Queue::new(transposed.panels.len());
    let row_count = tokens.div_ceil(ROW_BLOCK).next_multiple_of(team.size());
    let row_parts: Vec<_> = (0..row_count)
        .map(|block| share(tokens, ROW_GRAIN, block, row_count))
        .collect();
    let row_blocks = Queue::new(row_count);
    let job = |_thread: usize| {
        let weight = &weight;
        for (block, piece) in pieces_queue.tasks().map(|piece| &pieces[piece]) {
            let state = |token: usize| hidden[token * d_hidden..].as_ptr();
            // SAFETY: every token has `d_hidden` numbers, and its piece is one thread's.
            unsafe { tiled.fill(*block, piece.clone(), state) };
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
            let tiles = &tiles[share(tiles.len(), 1, block, cut.blocks)];
            // SAFETY: this group's gradients of logits are complete; each task writes rows and
            // columns of its own.
            unsafe {
                for sum in 0..tiled.blocks() {
                    let depth = tiled.depth(sum);
                    let multiply = |a: Left, panel: usize, rows: usize, out: Shared, row: usize| {
                        let column = panel * cut.width;
                        let target = Target {
                            data: out.at(row * vocabulary + column),
                            row: vocabulary,
                            columns: cut.width.min(vocabulary - column),
                        };
                        let b = place(panel).add(depth.start * cut.width);
                        multiply_ready(kernels, VECTORS, a, b, rows, depth.len(), target, sum > 0);
                    };
                    // A panel stays in the first cache while the rows pass by.
                    for panel in cut.panels_of(group) {
                        for tile in tiles {
                            let a = tiled.tile(sum, tile);
                            multiply(a, panel, tile.len(), d_weight_, tile.start);
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
                            multiply(ones, panel, 1, d_bias_, 0);
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
/// which a part of the sums at a time is copied into tiles.
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
    let tiled = Tiled::new(kernels, rows.len(), deep, deep);
    let tiles = tiled.tiles();
    // SAFETY: the caller vouches for the rows; the copies stay inside panels and tiles.
    unsafe {
        for first in (0..cut.panels).step_by(DEPTH_PANELS) {
            let panels = first..(first + DEPTH_PANELS).min(cut.panels);
            for tile in &tiles {
                for (i, panel) in panels.clone().enumerate() {
                    let part = i * cut.width..(i + 1) * cut.width;
                    tiled.fill_transposed(0, tile, part, |row| {
                        let row = panel * tokens + rows.start + row;
                        buffer.ptr().add(row * cut.width).cast_const()
                    });
                }
            }
            let depth = first * cut.width..(panels.end * cut.width).min(transposed.k);
            for panel in &transposed.panels {
                let width = panel.vectors * kernels.lanes;
                let b = transposed.panel(panel).add(depth.start * width);
                for tile in &tiles {
                    let target = Target {
                        data: out.at((rows.start + tile.start) * d_hidden + panel.column),
                        row: d_hidden,
                        columns: width.min(d_hidden - panel.column),
                    };
                    multiply_ready(
                        kernels,
                        panel.vectors,
                        tiled.tile(0, tile),
                        b,
                        tile.len(),
                        depth.len(),
                        target,
                        first > 0,
                    );
                }
            }
        }
    }
}

/// One tile of a product whose right operand is `vectors` wide and lies ready in memory; adds to the
/// target where `accumulate`.
///
/// # Safety
///
/// `rows` is at least one and no more than the largest tile has; `a` covers `rows` rows of `k`
/// numbers, `b` is `k` rows of whole vectors; `target` has room for `rows` rows of its columns, which are no
/// more than the vectors', and no other thread uses them.
#[expect(clippy::too_many_arguments)]
unsafe fn multiply_ready(
    kernels: &Kernels,
    vectors: usize,
    a: Left,
    b: *const f32,
    rows: usize,
    k: usize,
    target: Target,
    accumulate: bool,
) {
    const EDGE: usize = 14 * VECTORS * 16;
    let width = vectors * kernels.lanes;
    let whole = TileArgs {
        k,
        a: a.data,
        a_row: a.row,
        a_k: a.k,
        b,
        b_row: width,
        ask: b.wrapping_add(PREFETCH_ROWS * width),
        ask_row: width,
        c: target.data,
        c_row: target.row,
        accumulate,
    };
    let tile = kernels.tiles(vectors)[rows - 1];
    // SAFETY: the caller vouches for the operands; a narrow target goes through a buffer that holds
    // whole vectors.
    unsafe {
        if target.columns == width {
            tile(&whole);
            return;
        }
        assert!(rows * width <= EDGE);
        let mut edge = [0.0f32; EDGE];
        let edge = edge.as_mut_ptr();
        let place = |row: usize| target.data.wrapping_add(row * target.row);
        if accumulate {
            for row in 0..rows {
                edge.add(row * width).copy_from(place(row), target.columns);
            }
        }
        tile(&TileArgs {
            c: edge,
            c_row: width,
            ..whole
        });
        for row in 0..rows {
            place(row).copy_from(edge.add(row * width), target.columns);
        }
    }
}
