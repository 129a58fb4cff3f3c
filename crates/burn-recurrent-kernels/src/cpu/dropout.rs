//! Dropout of whole tensors, by several threads.

use super::dropout_row::{DropoutRow, Mask, mix};
use super::kernels::Kernels;
use super::parts::share;
use super::pool::Team;
use super::scratch::{Numbers, Output};
use super::shared::Shared;

/// Numbers whose indices have the upper half in common.
const BLOCK: usize = 1 << 14;
/// Numbers below which a second thread costs more than it brings.
const ALONE: usize = 1 << 15;

/// `numbers` with the mask applied, the same for any number of threads.
pub(crate) fn dropout(kernels: &Kernels, threads: usize, numbers: &[f32], mask: Mask) -> Numbers {
    let count = numbers.len();
    let mut out = Output::new(count);
    let (from, to) = (Shared::read(numbers), out.ptr());
    let team = Team::take(if count < ALONE { 1 } else { threads });
    team.run(&[], &|thread| {
        for block in share(count.div_ceil(BLOCK), 1, thread, team.size()) {
            let first = block * BLOCK;
            let mut mask = mask;
            mask.key[1] ^= mix((first as u64 >> 32) as u32);
            // SAFETY: the block is inside the numbers, and this thread's alone.
            unsafe {
                (kernels.dropout)(&DropoutRow {
                    count: BLOCK.min(count - first),
                    first: first as u32,
                    from: from.at(first),
                    to: to.at(first),
                    mask,
                });
            }
        }
    });
    drop(team);
    // SAFETY: the blocks cover all numbers.
    unsafe { out.finish() }
}
