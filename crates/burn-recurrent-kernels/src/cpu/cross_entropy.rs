//! A linear layer over a vocabulary together with its cross entropy.
//!
//! Logits are computed a few columns at a time and turned into exponentials while they are in cache.
//! In training they stay, in the panel order of a product's right operand, in the one buffer of
//! `tokens x vocabulary` numbers there is; the backward pass turns them into their own gradient. In
//! inference they go as soon as their sum is known.

use core::ops::Range;

use super::kernels::Kernels;
use super::pack::{Packed, Source};
use super::pool::{Barrier, Team, share};
use super::product::multiply_panel;
use super::scratch::{Numbers, Output, Scratch};
use super::shared::{ALONE, SendSource, Shared};
use super::softmax::GroupRow;
use super::tasks::Queue;
use super::tiled::{Tiled, VECTORS};

/// Panels that a row's largest number and sum are taken of at a time.
pub(crate) const GROUP: usize = 4;
/// Rows of the left operand that are worked on while they are in the second cache.
pub(crate) const ROW_BLOCK: usize = 120;

/// The sizes of a call.
#[derive(Clone, Copy)]
pub(crate) struct LossSizes {
    pub(crate) tokens: usize,
    pub(crate) d_hidden: usize,
    pub(crate) vocabulary: usize,
}

/// What the backward pass needs of the forward pass.
pub(crate) struct LossSaved {
    /// `e^(logit - largest of its group)`, panel after panel, each `[tokens, width]`.
    pub(crate) exponentials: Scratch,
    /// What to multiply them by to get probabilities, `[groups, tokens]`.
    pub(crate) factors: Numbers,
}

/// How the vocabulary is cut up.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) width: usize,
    pub(crate) panels: usize,
    pub(crate) groups: usize,
    /// Parts that each group's work is cut into besides, where there are too few groups.
    pub(crate) blocks: usize,
}

impl Cut {
    pub(crate) fn new(kernels: &Kernels, vocabulary: usize, threads: usize) -> Self {
        let width = VECTORS * kernels.lanes;
        let panels = vocabulary.div_ceil(width);
        let groups = panels.div_ceil(GROUP);
        let blocks = if groups >= 4 * threads {
            1
        } else {
            4 * threads
        };
        Self {
            width,
            panels,
            groups,
            blocks,
        }
    }

    pub(crate) fn panels_of(&self, group: usize) -> Range<usize> {
        group * GROUP..((group + 1) * GROUP).min(self.panels)
    }

    /// Group and block of a task.
    pub(crate) fn task(&self, task: usize) -> (usize, usize) {
        (task / self.blocks, task % self.blocks)
    }
}

/// The row of a group in a buffer of panels of `rows` rows each.
pub(crate) fn group_row(
    cut: Cut,
    vocabulary: usize,
    panels: &Range<usize>,
    rows: usize,
    x: *mut f32,
) -> GroupRow {
    GroupRow {
        x,
        panels: panels.len(),
        width: cut.width,
        stride: rows * cut.width,
        columns: vocabulary.min(panels.end * cut.width) - panels.start * cut.width,
        bias: core::ptr::null(),
        largest: core::ptr::null_mut(),
        sum: core::ptr::null_mut(),
        factor: 1.0,
    }
}

/// Panics where there is not one target for each token, or one is not in the vocabulary.
pub(crate) fn check_targets(targets: &[usize], sizes: LossSizes) {
    assert_eq!(targets.len(), sizes.tokens, "targets");
    assert!(
        targets.iter().all(|&target| target < sizes.vocabulary),
        "a target outside the vocabulary"
    );
}

/// Negative log-likelihood of each token's target in nats, and what the backward pass needs where
/// `save`.
///
/// `hidden` is `[tokens, d_hidden]`, `weight` `[d_hidden, vocabulary]`, `bias` `[vocabulary]`;
/// targets are below `vocabulary`.
#[expect(clippy::too_many_arguments)]
pub(crate) fn loss_forward(
    kernels: &'static Kernels,
    threads: usize,
    sizes: LossSizes,
    hidden: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    targets: &[usize],
    save: bool,
) -> (Numbers, Option<LossSaved>) {
    let LossSizes {
        tokens,
        d_hidden,
        vocabulary,
    } = sizes;
    assert_eq!(hidden.len(), tokens * d_hidden, "hidden");
    assert_eq!(weight.len(), d_hidden * vocabulary, "weight");
    assert!(bias.is_none_or(|bias| bias.len() == vocabulary), "bias");
    check_targets(targets, sizes);
    let team = Team::take(if tokens * d_hidden * vocabulary < ALONE {
        1
    } else {
        threads
    });
    let cut = Cut::new(kernels, vocabulary, team.size());
    let buffer = Scratch::new(if save {
        cut.panels * tokens * cut.width
    } else {
        0
    });
    let mut largest = Output::new(cut.groups * tokens);
    let mut factors = Output::new(cut.groups * tokens);
    let mut target_logits = Output::new(tokens);
    let mut losses = Output::new(tokens);
    let (largest_, factors_) = (largest.ptr(), factors.ptr());
    let (targets_, losses_) = (target_logits.ptr(), losses.ptr());
    let bias = bias.map_or(Shared::NULL, Shared::read);
    let weight = SendSource(Source {
        data: weight.as_ptr(),
        row: vocabulary,
        col: 1,
    });
    // All groups of columns read the hidden states, tile by tile.
    let tiled = Tiled::new(kernels, tokens, d_hidden, d_hidden);
    let tiles = tiled.tiles();
    let all = Barrier::new(team.size());
    let fills = Queue::new(tiles.len());
    let tasks = Queue::new(cut.groups * cut.blocks);
    let job = |thread: usize| {
        let weight = &weight;
        let local = Scratch::new(if save { 0 } else { GROUP * tokens * cut.width });
        for tile in fills.tasks().map(|tile| &tiles[tile]) {
            let state = |token: usize| hidden[token * d_hidden..].as_ptr();
            // SAFETY: every token has `d_hidden` numbers, and each tile is filled by one thread.
            unsafe { tiled.fill_transposed(0, tile, 0..d_hidden, state) };
        }
        all.wait();
        for task in tasks.tasks() {
            let (group, block) = cut.task(task);
            let panels = cut.panels_of(group);
            let tiles = &tiles[share(tiles.len(), 1, block, cut.blocks)];
            let (Some(head), Some(tail)) = (tiles.first(), tiles.last()) else {
                continue;
            };
            let rows = head.start..tail.end;
            // SAFETY: each task has rows of panels of its own, in the buffer or in this thread's
            // memory; targets are inside the vocabulary; the barrier comes before the sums are read.
            unsafe {
                let panel_at = |panel: usize| {
                    let base = if save { buffer.ptr() } else { local.ptr() };
                    let first = if save { 0 } else { panels.start };
                    base.add((panel - first) * tokens * cut.width)
                };
                let columns = panels.start * cut.width..(panels.end * cut.width).min(vocabulary);
                let first = panel_at(panels.start);
                logits(
                    kernels, weight.0, &tiled, d_hidden, columns, tiles, first, tokens,
                );
                for row in rows.clone() {
                    let x = panel_at(panels.start).add(row * cut.width);
                    let mut group_row = group_row(cut, vocabulary, &panels, tokens, x);
                    let target = targets[row];
                    let owner = target / cut.width;
                    if panels.contains(&owner) {
                        let logit = *panel_at(owner).add(row * cut.width + target % cut.width);
                        let bias = if bias.is_null() {
                            0.0
                        } else {
                            *bias.at(target)
                        };
                        *targets_.at(row) = logit + bias;
                    }
                    if !bias.is_null() {
                        group_row.bias = bias.at(panels.start * cut.width);
                    }
                    group_row.largest = largest_.at(group * tokens + row);
                    group_row.sum = factors_.at(group * tokens + row);
                    (kernels.exponentials)(&group_row);
                }
            }
        }
        all.wait();
        for row in share(tokens, 1, thread, team.size()) {
            // SAFETY: this row's sums were written before the barrier, and are this thread's now.
            unsafe {
                let at = |group: usize| group * tokens + row;
                let most = (0..cut.groups).map(|group| *largest_.at(at(group)));
                let most = most.fold(f32::MIN, f32::max);
                let mut sum = 0.0;
                for group in 0..cut.groups {
                    let weight = (*largest_.at(at(group)) - most).exp();
                    sum += *factors_.at(at(group)) * weight;
                    *factors_.at(at(group)) = weight;
                }
                for group in 0..cut.groups {
                    *factors_.at(at(group)) /= sum;
                }
                // The logits' difference first: the logarithm may be far smaller than either.
                *losses_.at(row) = sum.ln() + (most - *targets_.at(row));
            }
        }
    };
    team.run(&[&all], &job);
    // SAFETY: every token's losses and factors were written.
    let (losses, factors) = unsafe { (losses.finish(), factors.finish()) };
    (
        losses,
        save.then_some(LossSaved {
            exponentials: buffer,
            factors,
        }),
    )
}

/// The logits of the tokens in `tiles` for the columns of one group, into the places of its panels, of
/// which `first` is the first.
///
/// # Safety
///
/// `weight` covers `d_hidden` rows and the columns, and `tiled` is filled; `first` points to as many
/// panels as the columns fill, of `tokens` whole rows each, and no other thread uses these tokens' rows
/// of them meanwhile.
#[expect(clippy::too_many_arguments)]
unsafe fn logits(
    kernels: &'static Kernels,
    weight: Source,
    tiled: &Tiled,
    d_hidden: usize,
    columns: Range<usize>,
    tiles: &[Range<usize>],
    first: *mut f32,
    tokens: usize,
) {
    let width = VECTORS * kernels.lanes;
    let packed = Packed::new(kernels, d_hidden, &[columns], VECTORS);
    let near = ROW_BLOCK / kernels.tiles(VECTORS).len();
    // SAFETY: the caller vouches for the operands; the panels have room for whole rows.
    unsafe {
        for piece in &packed.panels {
            packed.fill(piece, weight);
        }
        for tiles in tiles.chunks(near.max(1)) {
            for piece in &packed.panels {
                let panel = first.add(piece.column / width * tokens * width);
                for tile in tiles {
                    let c = panel.add(tile.start * width + piece.column % width);
                    let (a, rows) = (tiled.tile(0, tile), tile.len());
                    let depth = 0..d_hidden;
                    multiply_panel(kernels, a, &packed, piece, rows, depth, c, width, false);
                }
            }
        }
        // A narrow last panel: what lies beyond the vocabulary has no share in any gradient.
        let used = packed.columns % width;
        if used > 0 {
            let panel = first.add(packed.columns / width * tokens * width);
            for row in tiles.iter().cloned().flatten() {
                panel.add(row * width + used).write_bytes(0, width - used);
            }
        }
    }
}

/// Cuts a range into pieces.
pub(crate) fn blocks_of(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(size)
        .map(move |first| first..(first + size).min(end))
}
