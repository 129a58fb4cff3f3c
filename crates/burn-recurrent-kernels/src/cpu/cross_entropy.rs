//! A linear layer over a vocabulary together with its cross entropy.
//!
//! Logits are computed a few columns at a time and turned into exponentials while they are in cache.
//! In training they stay, in the panel order of a product's right operand, in the one buffer of
//! `tokens x vocabulary` numbers there is; the backward pass turns them into their own gradient. In
//! inference they go as soon as their sum is known.

use core::ops::Range;

use super::kernels::Kernels;
use super::matrix::Source;
use super::pack::Packed;
use super::parts::share;
use super::pool::Barrier;
use super::product::Product;
use super::run::Run;
use super::scratch::{Numbers, Output, Scratch};
use super::shared::Shared;
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

impl LossSizes {
    /// Multiply-adds of the logits.
    pub(crate) fn work(&self) -> usize {
        self.tokens * self.d_hidden * self.vocabulary
    }
}

/// What a call reads.
#[derive(Clone, Copy)]
pub(crate) struct LossOperands<'a> {
    /// `[tokens, d_hidden]`
    pub(crate) hidden: &'a [f32],
    /// `[d_hidden, vocabulary]`
    pub(crate) weight: &'a [f32],
    /// `[vocabulary]`
    pub(crate) bias: Option<&'a [f32]>,
    /// `[tokens]`, below `vocabulary`.
    pub(crate) targets: &'a [usize],
}

impl LossOperands<'_> {
    /// Panics where one does not have the size that it must have, or a target is not in the vocabulary.
    pub(crate) fn check(&self, sizes: LossSizes) {
        let LossSizes {
            tokens,
            d_hidden,
            vocabulary,
        } = sizes;
        assert_eq!(self.hidden.len(), tokens * d_hidden, "hidden");
        assert_eq!(self.weight.len(), d_hidden * vocabulary, "weight");
        assert!(
            self.bias.is_none_or(|bias| bias.len() == vocabulary),
            "bias"
        );
        assert_eq!(self.targets.len(), tokens, "targets");
        assert!(
            self.targets.iter().all(|&target| target < vocabulary),
            "a target outside the vocabulary"
        );
    }
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

/// Negative log-likelihood of each token's target in nats, `[tokens]`, and what the backward pass needs where
/// `save`.
pub(crate) fn loss_forward(
    run: Run,
    sizes: LossSizes,
    operands: LossOperands,
    save: bool,
) -> (Numbers, Option<LossSaved>) {
    operands.check(sizes);
    let kernels = run.kernels;
    let LossSizes {
        tokens, d_hidden, ..
    } = sizes;
    let team = run.team(sizes.work());
    let cut = Cut::new(kernels, sizes.vocabulary, team.size());
    let kept = if save { cut.panels } else { 0 };
    let buffer = Scratch::new(kept * tokens * cut.width);
    let mut largest = Output::new(cut.groups * tokens);
    let mut factors = Output::new(cut.groups * tokens);
    let mut target_logits = Output::new(tokens);
    let mut losses = Output::new(tokens);
    // All groups of columns read the hidden states, tile by tile.
    let tiled = Tiled::new(kernels, tokens, d_hidden, d_hidden);
    let tiles = tiled.tiles();
    let pass = Pass {
        kernels,
        threads: team.size(),
        sizes,
        operands,
        save,
        cut,
        buffer: &buffer,
        tile_tasks: Queue::new(tiles.len()),
        group_tasks: Queue::new(cut.groups * cut.blocks),
        tiled,
        tiles,
        all: Barrier::new(team.size()),
        largest: largest.ptr(),
        factors: factors.ptr(),
        target_logits: target_logits.ptr(),
        losses: losses.ptr(),
    };
    // SAFETY: the threads' numbers are those of the team, and sizes were checked above.
    team.run(&[&pass.all], &|thread| unsafe { pass.run(thread) });
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

/// What the threads of a forward pass share.
struct Pass<'a> {
    kernels: &'static Kernels,
    threads: usize,
    sizes: LossSizes,
    operands: LossOperands<'a>,
    save: bool,
    cut: Cut,
    /// Where the exponentials are kept, `[panels, tokens, width]`, a group's panels by the thread that takes its task;
    /// empty where they are not.
    buffer: &'a Scratch,
    /// The hidden states, transposed: `[d_hidden, tokens]`, each tile filled by one thread.
    tiled: Tiled,
    /// Tokens of each tile.
    tiles: Vec<Range<usize>>,
    tile_tasks: Queue,
    group_tasks: Queue,
    /// Where all threads wait between phases.
    all: Barrier,
    /// The largest logit of each group, `[groups, tokens]`.
    largest: Shared,
    /// The sum of the exponentials of each group, and at last the factors, `[groups, tokens]`.
    factors: Shared,
    /// `[tokens]`
    target_logits: Shared,
    /// `[tokens]`
    losses: Shared,
}

impl Pass<'_> {
    /// A thread's part of the pass.
    ///
    /// # Safety
    ///
    /// Each of `threads` threads calls this once, with its number; operands have the sizes that were said.
    unsafe fn run(&self, thread: usize) {
        let LossSizes {
            tokens, d_hidden, ..
        } = self.sizes;
        let kept_by_thread = if self.save { 0 } else { GROUP };
        let local = Scratch::new(kept_by_thread * tokens * self.cut.width);
        for tile in self.tile_tasks.tasks().map(|tile| &self.tiles[tile]) {
            let state = |token: usize| self.operands.hidden[token * d_hidden..].as_ptr();
            // SAFETY: every token has `d_hidden` numbers, and each tile is filled by one thread.
            unsafe { self.tiled.fill_transposed(0, tile, 0..d_hidden, state) };
        }
        self.all.wait();
        for task in self.group_tasks.tasks() {
            let (group, block) = self.cut.task(task);
            let tiles = &self.tiles[share(self.tiles.len(), 1, block, self.cut.blocks)];
            // SAFETY: the tiles are filled; each task has rows of panels of its own, in the buffer or in this
            // thread's memory.
            unsafe { self.exponentials(group, tiles, &local) };
        }
        self.all.wait();
        for row in share(tokens, 1, thread, self.threads) {
            // SAFETY: this row's sums were written before the barrier, and are this thread's now.
            unsafe { self.loss(row) };
        }
    }

    /// Logits of the tokens in `tiles` for one group of panels, turned into exponentials.
    ///
    /// # Safety
    ///
    /// All tiles are filled, and no other thread has this group and these tokens.
    unsafe fn exponentials(&self, group: usize, tiles: &[Range<usize>], local: &Scratch) {
        let (Some(head), Some(tail)) = (tiles.first(), tiles.last()) else {
            return;
        };
        let panels = self.cut.panels_of(group);
        let panel_len = self.sizes.tokens * self.cut.width;
        let first = if self.save {
            self.buffer.at(panels.start * panel_len)
        } else {
            local.ptr()
        };
        // SAFETY: passed on; targets are inside the vocabulary.
        unsafe {
            self.logits(&panels, tiles, first);
            for row in head.start..tail.end {
                self.exponentials_of(row, group, &panels, first);
            }
        }
    }

    /// The exponentials of one token's logits of a group, of whose panels `first` is the first.
    ///
    /// # Safety
    ///
    /// As [`Pass::exponentials`], for this token, whose logits are there.
    unsafe fn exponentials_of(
        &self,
        row: usize,
        group: usize,
        panels: &Range<usize>,
        first: *mut f32,
    ) {
        let LossSizes {
            tokens, vocabulary, ..
        } = self.sizes;
        let cut = self.cut;
        let (bias, target) = (self.operands.bias, self.operands.targets[row]);
        let owner = target / cut.width;
        // SAFETY: passed on.
        unsafe {
            let x = first.add(row * cut.width);
            if panels.contains(&owner) {
                let panel = (owner - panels.start) * tokens * cut.width;
                let logit = *x.add(panel + target % cut.width);
                let bias = bias.map_or(0.0, |bias| bias[target]);
                *self.target_logits.at(row) = logit + bias;
            }
            let mut group_row = group_row(cut, vocabulary, panels, tokens, x);
            if let Some(bias) = bias {
                group_row.bias = bias[panels.start * cut.width..].as_ptr();
            }
            group_row.largest = self.largest.at(group * tokens + row);
            group_row.sum = self.factors.at(group * tokens + row);
            (self.kernels.exponentials)(&group_row);
        }
    }

    /// The loss of one token, and the factors that make probabilities of its exponentials.
    ///
    /// # Safety
    ///
    /// The token's largest logits and sums are there, and no other thread has it.
    unsafe fn loss(&self, row: usize) {
        let at = |group: usize| group * self.sizes.tokens + row;
        let groups = 0..self.cut.groups;
        // SAFETY: passed on.
        unsafe {
            let most = groups.clone().map(|group| *self.largest.at(at(group)));
            let most = most.fold(f32::MIN, f32::max);
            let mut sum = 0.0;
            for group in groups.clone() {
                let weight = (*self.largest.at(at(group)) - most).exp();
                sum += *self.factors.at(at(group)) * weight;
                *self.factors.at(at(group)) = weight;
            }
            for group in groups {
                *self.factors.at(at(group)) /= sum;
            }
            // The logits' difference first: the logarithm may be far smaller than either.
            *self.losses.at(row) = sum.ln() + (most - *self.target_logits.at(row));
        }
    }

    /// The logits of the tokens in `tiles` for the columns of one group, into the places of its panels, of
    /// which `first` is the first.
    ///
    /// # Safety
    ///
    /// As [`Pass::exponentials`]; `first` points to the group's panels, of all tokens' whole rows each.
    unsafe fn logits(&self, panels: &Range<usize>, tiles: &[Range<usize>], first: *mut f32) {
        let LossSizes {
            tokens,
            d_hidden,
            vocabulary,
        } = self.sizes;
        let kernels = self.kernels;
        let width = self.cut.width;
        let columns = panels.start * width..(panels.end * width).min(vocabulary);
        let packed = Packed::new(kernels, d_hidden, &[columns], VECTORS);
        let near = ROW_BLOCK / kernels.tiles(VECTORS).len();
        // SAFETY: the caller vouches for the operands; the panels have room for whole rows.
        unsafe {
            for piece in &packed.panels {
                packed.fill(
                    piece,
                    Source::rows(self.operands.weight.as_ptr(), vocabulary),
                );
            }
            for tiles in tiles.chunks(near.max(1)) {
                for piece in &packed.panels {
                    let panel = first.add(piece.column / width * tokens * width);
                    for tile in tiles {
                        let c = panel.add(tile.start * width + piece.column % width);
                        let left = self.tiled.tile(0, tile);
                        Product::new(left, tile.len(), &packed).panel(piece, c, width);
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
}
