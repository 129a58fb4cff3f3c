//! Gradients of weights: products with long sums, over all steps of all rows.

use core::ops::Range;

use super::kernels::Kernels;
use super::pack::{Packed, Source};
use super::product::{Left, Target, multiply_to};
use super::tiled::{Tiled, VECTORS};

/// Steps whose sums are worked on together, at most: a panel of the gradients should stay in the second
/// cache while tiles pass by, and a longer block adds to its results less often.
pub(crate) const DEPTH: usize = 704;
/// Tiles of the left operand that a large second cache holds while panels pass by: 676 KB at most where tiles
/// have 12 rows. Fewer or more made no difference.
const TILES: usize = 20;

/// Products of several left operands with the same columns of a gradient, which are packed once.
pub(crate) struct WeightProduct<'a> {
    /// Gradient columns: where they start, and their distance from row to row.
    pub(crate) right: Source,
    pub(crate) columns: usize,
    pub(crate) uses: Vec<Use<'a>>,
    /// Where the sums of the columns go, if anywhere.
    pub(crate) sums: *mut f32,
}

/// One left operand and where its product goes.
pub(crate) struct Use<'a> {
    pub(crate) left: &'a Tiled,
    pub(crate) out: *mut f32,
}

/// [`WeightProduct`]s that may go to other threads.
pub(crate) struct SendProducts<'a>(pub(crate) Vec<WeightProduct<'a>>);
// SAFETY: threads write to columns of their own, and read what no thread writes any more.
unsafe impl Sync for SendProducts<'_> {}

/// The part `columns` of a weight's gradient, over `steps` steps.
///
/// # Safety
///
/// The operands cover `steps` steps, and no other thread writes these columns.
pub(crate) unsafe fn weight_product(
    kernels: &'static Kernels,
    product: &WeightProduct,
    steps: usize,
    columns: Range<usize>,
    row_stride: usize,
) {
    let target = |data: *mut f32, row: usize| Target {
        data: data.wrapping_add(columns.start),
        row,
        columns: columns.len(),
    };
    if steps == 0 {
        // SAFETY: inside the targets.
        unsafe {
            for one in &product.uses {
                for row in 0..one.left.columns {
                    let row = target(one.out, 0).data.add(row * row_stride);
                    row.write_bytes(0, columns.len());
                }
            }
            if !product.sums.is_null() {
                target(product.sums, 0).data.write_bytes(0, columns.len());
            }
        }
        return;
    }
    let blocks = Tiled::new(kernels, 0, steps, DEPTH);
    let tiles: Vec<_> = product.uses.iter().map(|one| one.left.tiles()).collect();
    for block in 0..blocks.blocks() {
        let depth = blocks.depth(block);
        let accumulate = block > 0;
        let ranges = core::slice::from_ref(&columns);
        let packed = Packed::new(kernels, depth.len(), ranges, VECTORS);
        // SAFETY: passed on; the steps of a block are among all steps.
        unsafe {
            packed.fill_all(Source {
                data: product.right.data.add(depth.start * product.right.row),
                ..product.right
            });
            for (one, tiles) in product.uses.iter().zip(&tiles) {
                for tiles in tiles.chunks(TILES) {
                    for panel in &packed.panels {
                        for tile in tiles {
                            let a = one.left.tile(block, tile);
                            let c = target(one.out.add(tile.start * row_stride), row_stride);
                            let depth = 0..depth.len();
                            multiply_to(
                                kernels,
                                a,
                                &packed,
                                panel,
                                tile.len(),
                                depth,
                                c,
                                accumulate,
                            );
                        }
                    }
                }
            }
            if !product.sums.is_null() {
                let one = 1.0f32;
                let ones = Left {
                    data: &one,
                    row: 0,
                    k: 0,
                };
                for panel in &packed.panels {
                    let c = target(product.sums, 0);
                    multiply_to(
                        kernels,
                        ones,
                        &packed,
                        panel,
                        1,
                        0..depth.len(),
                        c,
                        accumulate,
                    );
                }
            }
        }
    }
}
