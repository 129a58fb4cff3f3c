//! Products of the input, or of gradients, with the weights of the input: of all steps of all rows,
//! piece by piece, by whichever thread comes to need one or has nothing else to do.

use core::ops::Range;

use super::matrix::{Left, Target};
use super::pack::Packed;
use super::pool::Breakable;
use super::product::multiply_runs;
use super::schedule::Schedule;
use super::tasks::{Latch, Queue};

/// Steps, at least and about, whose projection is computed together. Tiles take rows that are neighbours in memory, which are steps of one row where rows of
/// the batch come first: these many fill the largest tile, or two of half its rows.
const STEPS: usize = 12;
/// Rows of the product, at least and about, whose projection is computed together by a thread, so that it is
/// still in the third cache when it is used: the fewer they are, the more often the weights, which each task
/// reads, have left the caches since they were last read.
const ROWS: usize = 360;
/// Rows of the product in a task, about: few, so that threads end together, but enough for what it takes to
/// read the weights.
const PIECE: usize = 36;

/// The product of a row group's steps in one block of time.
struct Block {
    /// For each piece, runs of rows of the product.
    pieces: Vec<Vec<Range<usize>>>,
    next: Queue,
    done: Latch,
}

/// The product of the real steps of all rows with packed weights.
pub(crate) struct Projection<'a> {
    left: Left,
    weights: &'a Packed,
    target: Target,
    blocks: Blocks,
}

// SAFETY: threads read the operands, and write the rows of pieces that they took.
unsafe impl Sync for Projection<'_> {}

/// The blocks of all groups.
pub(crate) struct Blocks {
    /// First step of each block, and the number of steps.
    bounds: Vec<usize>,
    /// By group, then by block.
    blocks: Vec<Vec<Block>>,
}

impl Blocks {
    /// Cuts up the steps of `groups`, ranges of positions with `members` threads each.
    pub(crate) fn new(schedule: &Schedule, groups: &[Range<usize>], members: usize) -> Self {
        let rows = groups.iter().map(Range::len).max().unwrap_or(0).max(1);
        let steps = STEPS.max((members * ROWS / rows).next_multiple_of(STEPS));
        let count = schedule.time.div_ceil(steps);
        let bounds: Vec<usize> = (0..=count)
            .map(|i| schedule.time * i / count.max(1))
            .collect();
        let block = |group: &Range<usize>, steps: &[usize]| {
            let runs = schedule.runs(group, steps[0]..steps[1]);
            let rows: usize = runs.iter().map(Range::len).sum();
            let pieces = cut(runs, rows.div_ceil(PIECE).next_multiple_of(members));
            Block {
                next: Queue::new(pieces.len()),
                done: Latch::new(pieces.len()),
                pieces,
            }
        };
        let blocks = groups
            .iter()
            .map(|group| bounds.windows(2).map(|steps| block(group, steps)).collect())
            .collect();
        Self { bounds, blocks }
    }

    /// What to break where a thread panics.
    pub(crate) fn latches(&self) -> impl Iterator<Item = &dyn Breakable> {
        let blocks = self.blocks.iter().flatten();
        blocks.map(|block| &block.done as &dyn Breakable)
    }
}

impl<'a> Projection<'a> {
    /// `target = left * weights`, for rows of the product as the schedule numbers real steps.
    pub(crate) fn new(left: Left, weights: &'a Packed, target: Target, blocks: Blocks) -> Self {
        Self {
            left,
            weights,
            target,
            blocks,
        }
    }

    pub(crate) fn latches(&self) -> impl Iterator<Item = &dyn Breakable> {
        self.blocks.latches()
    }

    /// Sees to it that the rows of the block that starts at `step`, if one does, are there.
    ///
    /// # Safety
    ///
    /// The operands and the target cover all real steps, of which this computes all before anyone
    /// reads them; the weights are packed.
    pub(crate) unsafe fn ensure(&self, group: usize, step: usize) {
        if let Ok(index) = self.blocks.bounds.binary_search(&step)
            && let Some(block) = self.blocks.blocks[group].get(index)
        {
            // SAFETY: passed on.
            unsafe { self.work(block) };
            block.done.wait();
        }
    }

    /// Computes what nobody has begun, earliest steps first.
    ///
    /// # Safety
    ///
    /// As [`Projection::ensure`].
    pub(crate) unsafe fn help(&self) {
        for index in 0..self.blocks.bounds.len().saturating_sub(1) {
            for group in &self.blocks.blocks {
                // SAFETY: passed on.
                unsafe { self.work(&group[index]) };
            }
        }
    }

    /// Computes the pieces of one group that nobody has begun, while `more` says so.
    ///
    /// # Safety
    ///
    /// As [`Projection::ensure`], for the rows of this group alone.
    pub(crate) unsafe fn help_group(&self, group: usize, more: impl Fn() -> bool) {
        for block in &self.blocks.blocks[group] {
            while more() {
                let Some(piece) = block.next.take() else {
                    break;
                };
                // SAFETY: passed on.
                unsafe { self.piece(block, piece) };
            }
        }
    }

    unsafe fn work(&self, block: &Block) {
        for piece in block.next.tasks() {
            // SAFETY: passed on.
            unsafe { self.piece(block, piece) };
        }
    }

    unsafe fn piece(&self, block: &Block, piece: usize) {
        // SAFETY: no other thread has this piece, whose rows are no other's.
        unsafe {
            multiply_runs(self.left, self.weights, &block.pieces[piece], self.target);
        }
        block.done.done();
    }
}

/// Cuts runs of rows into `count` pieces of about the same number of rows, at multiples of [`STEPS`]
/// of a run where it can be.
fn cut(runs: Vec<Range<usize>>, count: usize) -> Vec<Vec<Range<usize>>> {
    let total: usize = runs.iter().map(Range::len).sum();
    let mut pieces = Vec::new();
    let mut piece = Vec::new();
    let (mut before, mut size) = (0, 0);
    for mut run in runs {
        while !run.is_empty() {
            let goal = total * (pieces.len() + 1) / count.max(1);
            let missing = goal.saturating_sub(before + size).max(1);
            let take = missing.next_multiple_of(STEPS).min(run.len());
            piece.push(run.start..run.start + take);
            run.start += take;
            size += take;
            if before + size >= goal {
                pieces.push(core::mem::take(&mut piece));
                before += core::mem::take(&mut size);
            }
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Layout;

    #[test]
    fn pieces_cover_every_real_step_once() {
        for (batch, time) in [(1, 1), (1, 100), (5, 7), (20, 35), (64, 50), (3, 0)] {
            for layout in [Layout::BatchFirst, Layout::TimeFirst] {
                for ragged in [false, true] {
                    for reverse in [false, true] {
                        for (parts, members) in [(1, 1), (1, 3), (2, 1), (2, 2)] {
                            let lengths: Vec<usize> = (0..batch)
                                .map(|row| if ragged { time * row / batch } else { time })
                                .collect();
                            let schedule =
                                Schedule::new(batch, time, Some(&lengths), reverse, layout);
                            let groups = schedule.split(parts);
                            let blocks = Blocks::new(&schedule, &groups, members);
                            let mut rows: Vec<usize> = blocks
                                .blocks
                                .iter()
                                .flatten()
                                .flat_map(|block| block.pieces.iter().flatten().cloned())
                                .flatten()
                                .collect();
                            rows.sort_unstable();
                            assert_eq!(rows, (0..schedule.total).collect::<Vec<_>>());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_block_holds_what_its_steps_need() {
        let schedule = Schedule::new(4, 900, Some(&[900, 2, 313, 0]), true, Layout::BatchFirst);
        let groups = schedule.split(2);
        let blocks = Blocks::new(&schedule, &groups, 1);
        assert!(blocks.bounds.len() > 3);
        for (group, rows) in groups.iter().enumerate() {
            for (block, steps) in blocks.bounds.windows(2).enumerate() {
                let pieces = &blocks.blocks[group][block].pieces;
                let mut found: Vec<usize> = pieces.iter().flatten().cloned().flatten().collect();
                found.sort_unstable();
                let mut needed = Vec::new();
                for step in steps[0]..steps[1] {
                    let t = schedule.time_of(step);
                    for position in schedule.active(rows, t) {
                        needed.push(schedule.compact(schedule.order[position], t));
                    }
                }
                needed.sort_unstable();
                assert_eq!(found, needed);
            }
        }
    }
}
