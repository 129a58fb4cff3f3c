//! Gradients of weights: products with long sums, over all steps of all rows.

use core::ops::Range;

use super::kernels::Kernels;
use super::pack::{Packed, Source};
use super::product::{Left, Target, multiply_deep};

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
    let width = columns.len();
    let packed = Packed::new(steps, core::slice::from_ref(&columns), kernels.lanes, 2);
    // SAFETY: passed on.
    unsafe {
        for panel in &packed.panels {
            packed.fill(panel, product.right);
        }
        let panels = 0..packed.panels.len();
        for one in &product.uses {
            let target = Target {
                data: one.out.add(columns.start),
                row: row_stride,
                columns: width,
            };
            multiply_deep(kernels, one.left, &packed, panels.clone(), one.rows, target);
        }
        if !product.sums.is_null() {
            let one = 1.0f32;
            let ones = Left {
                data: &one,
                row: 0,
                k: 0,
            };
            let target = Target {
                data: product.sums.add(columns.start),
                row: 0,
                columns: width,
            };
            multiply_deep(kernels, ones, &packed, panels, 1, target);
        }
    }
}
