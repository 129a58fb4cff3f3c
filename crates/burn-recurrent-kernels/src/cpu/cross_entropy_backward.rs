//! The backward pass of a linear layer with cross entropy.

use core::ops::Range;

use super::cross_entropy::{Cut, LossOperands, LossSaved, LossSizes, ROW_BLOCK, group_row};
use super::kernels::Kernels;
use super::matrix::{Left, Source, Target};
use super::pack::{Fill, Packed};
use super::parts::{blocks_of, share};
use super::pool::Barrier;
use super::ready_tile::ReadyTile;
use super::run::Run;
use super::scratch::{Numbers, Output};
use super::shared::Shared;
use super::tasks::Queue;
use super::tiled::{Tiled, VECTORS};

/// Depth of the sums of the hidden states' gradient that is worked on at a time, in panels.
const DEPTH_PANELS: usize = 8;
/// Depth of the sums of the weight's gradient that is worked on at a time.
const DEPTH: usize = 256;
/// Tokens whose hidden states a thread copies into tiles at a time.
const TILED_TOKENS: usize = 32;
/// Rows of tiles, for sharing rows out.
const ROW_GRAIN: usize = 12;

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

/// Differentiates [`super::cross_entropy::loss_forward`]; `d_loss`, `[tokens]`, holds the gradient of each token's
/// loss. Uses up `saved`.
pub(crate) fn loss_backward(
    run: Run,
    sizes: LossSizes,
    operands: LossOperands,
    saved: LossSaved,
    d_loss: &[f32],
    wanted: LossWanted,
) -> LossGradients {
    operands.check(sizes);
    let kernels = run.kernels;
    let LossSizes {
        tokens,
        d_hidden,
        vocabulary,
    } = sizes;
    let team = run.team(sizes.work());
    let cut = Cut::new(kernels, vocabulary, team.size());
    let exponentials = cut.panels * tokens * cut.width;
    assert_eq!(d_loss.len(), tokens, "d_loss");
    assert_eq!(saved.exponentials.len(), exponentials, "exponentials");
    assert_eq!(saved.factors.len(), cut.groups * tokens, "factors");
    let only = |len, wanted| if wanted { len } else { 0 };
    let mut d_hidden_out = Output::new(only(tokens * d_hidden, wanted.hidden));
    let mut d_weight = Output::new(only(d_hidden * vocabulary, wanted.weight));
    let mut d_bias = Output::new(only(vocabulary, wanted.weight));
    let transposed = Packed::new(
        kernels,
        only(vocabulary, wanted.hidden),
        core::slice::from_ref(&(0..only(d_hidden, wanted.hidden))),
        VECTORS,
    );
    let source = Source::transposed(operands.weight.as_ptr(), vocabulary);
    let fills: Vec<Fill> = transposed.fills(source).collect();
    // All panels of the weight's gradient read the hidden states, tile by tile.
    let tiled = Tiled::new(kernels, only(d_hidden, wanted.weight), tokens, DEPTH);
    let pieces: Vec<_> = (0..only(tiled.blocks(), wanted.weight))
        .flat_map(|block| {
            blocks_of(tiled.depth(block), TILED_TOKENS).map(move |rows| (block, rows))
        })
        .collect();
    let row_count = tokens.div_ceil(ROW_BLOCK).next_multiple_of(team.size());
    let rows: Vec<_> = (0..row_count)
        .map(|block| share(tokens, ROW_GRAIN, block, row_count))
        .collect();
    let pass = Pass {
        kernels,
        sizes,
        operands,
        saved: &saved,
        d_loss,
        wanted,
        cut,
        tasks: Tasks {
            pieces: Queue::new(pieces.len()),
            gradients: Queue::new(cut.groups * cut.blocks),
            groups: Queue::new(cut.groups * cut.blocks),
            fills: Queue::new(fills.len()),
            rows: Queue::new(rows.len()),
        },
        tiles: tiled.tiles(),
        tiled,
        pieces,
        transposed: &transposed,
        fills,
        rows,
        all: Barrier::new(team.size()),
        d_hidden: d_hidden_out.ptr(),
        d_weight: d_weight.ptr(),
        d_bias: d_bias.ptr(),
    };
    team.run(&[&pass.all], &|_| pass.run());
    // SAFETY: the products wrote every element.
    unsafe {
        LossGradients {
            hidden: d_hidden_out.finish(),
            weight: d_weight.finish(),
            bias: d_bias.finish(),
        }
    }
}

/// What the threads of a backward pass share.
struct Pass<'a> {
    kernels: &'static Kernels,
    sizes: LossSizes,
    operands: LossOperands<'a>,
    /// The exponentials, `[panels, tokens, width]`, become the gradients of the logits: some rows of a group at a time,
    /// by the thread that takes them.
    saved: &'a LossSaved,
    /// `[tokens]`
    d_loss: &'a [f32],
    wanted: LossWanted,
    cut: Cut,
    tasks: Tasks,
    /// Hidden states, `[tokens, d_hidden]`, each piece filled by one thread.
    tiled: Tiled,
    /// Units of each tile.
    tiles: Vec<Range<usize>>,
    /// Blocks of `tiled`, and tokens to fill of them.
    pieces: Vec<(usize, Range<usize>)>,
    /// The weight, transposed: `[vocabulary, d_hidden]`.
    transposed: &'a Packed,
    fills: Vec<Fill<'a>>,
    /// Tokens whose gradients of hidden states a thread computes at a time.
    rows: Vec<Range<usize>>,
    /// Where all threads wait between phases.
    all: Barrier,
    /// `[tokens, d_hidden]`
    d_hidden: Shared,
    /// `[d_hidden, vocabulary]`
    d_weight: Shared,
    /// `[vocabulary]`
    d_bias: Shared,
}

/// What threads take from one another.
struct Tasks {
    pieces: Queue,
    gradients: Queue,
    groups: Queue,
    fills: Queue,
    rows: Queue,
}

impl Pass<'_> {
    /// A thread's part of the pass.
    fn run(&self) {
        self.tile_states();
        self.all.wait();
        let split = self.cut.blocks > 1;
        if split {
            let rows = |block| share(self.sizes.tokens, ROW_GRAIN, block, self.cut.blocks);
            for task in self.tasks.gradients.tasks() {
                let (group, block) = self.cut.task(task);
                // SAFETY: each task has rows of a group of its own.
                unsafe { self.differentiate(group, rows(block)) };
            }
            self.all.wait();
        }
        for task in self.tasks.groups.tasks() {
            let (group, block) = self.cut.task(task);
            // SAFETY: where a group is not split its gradients of logits are made here and else they are complete; each
            // task writes rows and columns of its own.
            unsafe {
                if !split {
                    self.differentiate(group, 0..self.sizes.tokens);
                }
                if self.wanted.weight {
                    self.weight_gradient(group, block);
                }
            }
        }
        for task in self.tasks.fills.tasks() {
            // SAFETY: each panel is filled by one thread.
            unsafe { self.fills[task].run() };
        }
        self.all.wait();
        if self.wanted.hidden {
            for task in self.tasks.rows.tasks() {
                // SAFETY: all gradients of logits are complete; these rows are this thread's.
                unsafe { self.state_gradient(self.rows[task].clone()) };
            }
        }
    }

    /// Copies hidden states into tiles.
    fn tile_states(&self) {
        let d_hidden = self.sizes.d_hidden;
        for task in self.tasks.pieces.tasks() {
            let (block, piece) = &self.pieces[task];
            let state = |token: usize| self.operands.hidden[token * d_hidden..].as_ptr();
            // SAFETY: every token has `d_hidden` numbers, and its piece is one thread's.
            unsafe { self.tiled.fill(*block, piece.clone(), state) };
        }
    }

    /// A token's row of a panel of exponentials, or of gradients of logits.
    fn place(&self, panel: usize, row: usize) -> *mut f32 {
        let row = panel * self.sizes.tokens + row;
        self.saved.exponentials.at(row * self.cut.width)
    }

    /// Exponentials to gradients of logits, of some tokens and one group.
    ///
    /// # Safety
    ///
    /// No other thread has these rows of this group.
    unsafe fn differentiate(&self, group: usize, rows: Range<usize>) {
        let LossSizes {
            tokens, vocabulary, ..
        } = self.sizes;
        let panels = self.cut.panels_of(group);
        for row in rows {
            let x = self.place(panels.start, row);
            let mut group_row = group_row(self.cut, vocabulary, &panels, tokens, x);
            group_row.factor = self.saved.factors[group * tokens + row] * self.d_loss[row];
            let target = self.operands.targets[row];
            let owner = target / self.cut.width;
            // SAFETY: passed on.
            unsafe {
                (self.kernels.scale)(&group_row);
                if panels.contains(&owner) {
                    let place = self.place(owner, row).add(target % self.cut.width);
                    *place -= self.d_loss[row];
                }
            }
        }
    }

    /// The weight's and the bias's gradients: a group's columns, of which block `block` of the rows.
    ///
    /// # Safety
    ///
    /// The group's gradients of logits and all tiles are there, and no other thread has this block.
    unsafe fn weight_gradient(&self, group: usize, block: usize) {
        let tiles = &self.tiles[share(self.tiles.len(), 1, block, self.cut.blocks)];
        for sum in 0..self.tiled.blocks() {
            // A panel stays in the first cache while the rows pass by.
            for panel in self.cut.panels_of(group) {
                for tile in tiles {
                    let left = self.tiled.tile(sum, tile);
                    let out = self.d_weight.at(tile.start * self.sizes.vocabulary);
                    // SAFETY: passed on.
                    unsafe { self.add_panel(left, tile.len(), panel, sum, out) };
                }
            }
            if block == 0 {
                for panel in self.cut.panels_of(group) {
                    // SAFETY: passed on.
                    unsafe { self.add_panel(Left::ones(), 1, panel, sum, self.d_bias.at(0)) };
                }
            }
        }
    }

    /// The product of `rows` rows with a panel of gradients of logits, over block `sum` of the sums, added to the panel's
    /// columns of `out` where it is not the first.
    ///
    /// # Safety
    ///
    /// As [`Pass::weight_gradient`]; `left` covers the rows and the block.
    unsafe fn add_panel(&self, left: Left, rows: usize, panel: usize, sum: usize, out: *mut f32) {
        let vocabulary = self.sizes.vocabulary;
        let depth = self.tiled.depth(sum);
        let column = panel * self.cut.width;
        let tile = ReadyTile {
            kernels: self.kernels,
            vectors: VECTORS,
            left,
            right: self.place(panel, depth.start),
            rows,
            k: depth.len(),
            accumulate: sum > 0,
        };
        // SAFETY: passed on.
        unsafe {
            tile.write(Target {
                data: out.add(column),
                row: vocabulary,
                columns: self.cut.width.min(vocabulary - column),
            });
        }
    }

    /// The gradient of some tokens' hidden states: a product whose left operand lies in panels, from
    /// which a part of the sums at a time is copied into tiles.
    ///
    /// # Safety
    ///
    /// All gradients of logits are complete, and the weight is packed; no other thread has these rows.
    unsafe fn state_gradient(&self, rows: Range<usize>) {
        let (width, cut) = (self.cut.width, self.cut);
        let deep = DEPTH_PANELS * width;
        let tiled = Tiled::new(self.kernels, rows.len(), deep, deep);
        let tiles = tiled.tiles();
        for first in (0..cut.panels).step_by(DEPTH_PANELS) {
            let panels = first..(first + DEPTH_PANELS).min(cut.panels);
            for tile in &tiles {
                for (i, panel) in panels.clone().enumerate() {
                    let part = i * width..(i + 1) * width;
                    let column = |row| self.place(panel, rows.start + row).cast_const();
                    // SAFETY: passed on; the copies stay inside the tile.
                    unsafe { tiled.fill_transposed(0, tile, part, column) };
                }
            }
            // SAFETY: passed on.
            unsafe { self.add_states(&tiled, &tiles, &panels, rows.start) };
        }
    }

    /// Adds the part of the sums that some panels of gradients of logits make up, which are in tiles, for the tokens
    /// from `start` on.
    ///
    /// # Safety
    ///
    /// As [`Pass::state_gradient`].
    unsafe fn add_states(
        &self,
        tiled: &Tiled,
        tiles: &[Range<usize>],
        panels: &Range<usize>,
        start: usize,
    ) {
        let (transposed, d_hidden) = (self.transposed, self.sizes.d_hidden);
        let width = self.cut.width;
        let depth = panels.start * width..(panels.end * width).min(transposed.k);
        for panel in &transposed.panels {
            let width = panel.vectors * self.kernels.lanes;
            for tile in tiles {
                // SAFETY: passed on.
                unsafe {
                    let product = ReadyTile {
                        kernels: self.kernels,
                        vectors: panel.vectors,
                        left: tiled.tile(0, tile),
                        right: transposed.panel(panel).add(depth.start * width),
                        rows: tile.len(),
                        k: depth.len(),
                        accumulate: panels.start > 0,
                    };
                    let row = (start + tile.start) * d_hidden;
                    product.write(Target {
                        data: self.d_hidden.at(row + panel.column),
                        row: d_hidden,
                        columns: width.min(d_hidden - panel.column),
                    });
                }
            }
        }
    }
}
