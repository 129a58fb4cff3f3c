//! Gradients of weights: products with long sums, over all steps of all rows.

use core::ops::Range;

use super::kernels::Kernels;
use super::pack::{Packed, Source};
use super::product::{Left, LeftTiles, Target, depth_block, multiply_deep, multiply_to};

/// Products of several left operands with the same columns of a gradient, which are packed once.
pub(crate) struct WeightProduct {
    /// Gradient columns: where they start, and their distance from row to row.
    pub(crate) right: Source,
    pub(crate) columns: usize,
    pub(crate) uses: Vec<Use>,
    /// Where the sums of the columns go, if anywhere.
    pub(crate) sums: *mut f32,
}

/// One left operand, how many rows the product has, and where it goes.
pub(crate) struct Use {
    pub(crate) left: Left,
    pub(crate) rows: usize,
    pub(crate) out: *mut f32,
}

/// [`WeightProduct`]s that may go to other threads.
pub(crate) struct SendProducts(pub(crate) Vec<WeightProduct>);
// SAFETY: threads write to columns of their own, and read what no thread writes any more.
unsafe impl Sync for SendProducts {}

/// The part `columns` of a weight's gradient.
///
/// # Safety
///
/// The operands cover `steps` steps, and no other thread writes these columns.
pub(crate) unsafe fn weight_product(
    kernels: &Kernels,
    product: &WeightProduct,
    steps: usize,
    columns: Range<usize>,
    row_stride: usize,
) {
    const VECTORS: usize = 2;
    let width = columns.len();
    let target = |data: *mut f32, row: usize| Target {
        data: data.wrapping_add(columns.start),
        row,
        columns: width,
    };
    if steps == 0 {
        for one in &product.uses {
            let target = target(one.out, row_stride);
            for row in 0..one.rows {
                // SAFETY: inside the target.
                unsafe { target.data.add(row * target.row).write_bytes(0, width) };
            }
        }
        if !product.sums.is_null() {
            // SAFETY: as above.
            unsafe { product.sums.add(columns.start).write_bytes(0, width) };
        }
        return;
    }
    let block = depth_block(kernels, VECTORS).min(steps);
    let copy = LeftTiles::new(kernels, VECTORS, block);
    for first in (0..steps).step_by(block) {
        let depth = block.min(steps - first);
        let accumulate = first > 0;
        let packed = Packed::new(
            depth,
            core::slice::from_ref(&columns),
            kernels.lanes,
            VECTORS,
        );
        // SAFETY: passed on; the steps from `first` are among all steps.
        unsafe {
            let right = Source {
                data: product.right.data.add(first * product.right.row),
                ..product.right
            };
            for panel in &packed.panels {
                packed.fill(panel, right);
            }
            for one in &product.uses {
                let left = Left {
                    data: one.left.data.add(first * one.left.k),
                    ..one.left
                };
                let target = target(one.out, row_stride);
                multiply_deep(kernels, left, &copy, &packed, one.rows, target, accumulate);
            }
            if !product.sums.is_null() {
                let one = 1.0f32;
                let ones = Left {
                    data: &one,
                    row: 0,
                    k: 0,
                };
                let target = target(product.sums, 0);
                for panel in &packed.panels {
                    multiply_to(
                        kernels,
                        ones,
                        &packed,
                        panel,
                        1,
                        0..depth,
                        target,
                        accumulate,
                    );
                }
            }
        }
    }
}
