//! Gradients of weights: products with long sums, over all steps of all rows.

use core::ops::Range;

use super::kernels::Kernels;
use super::matrix::{Left, Source, Target};
use super::pack::Packed;
use super::parts::guided;
use super::product::Product;
use super::tiled::{Tiled, VECTORS};

/// Steps whose sums are worked on together, at most: a panel of the gradients should stay in the second
/// cache while tiles pass by, and a longer block adds to its results less often.
pub(crate) const DEPTH: usize = 704;
/// Tiles of the left operand that a large second cache holds while panels pass by: 676 KB at most where tiles
/// have 12 rows. Fewer or more made no difference.
const TILES: usize = 20;
/// Columns of a weight's gradient in a task, at most: results should stay in cache from block to block
/// of the sum.
const MOST_COLUMNS: usize = 128;

/// Products of several left operands with the same columns of a gradient, which are packed once.
pub(crate) struct WeightProduct<'a> {
    /// Gradient columns, `[steps, columns]`.
    pub(crate) right: Source,
    /// Length of the sums.
    pub(crate) steps: usize,
    pub(crate) columns: usize,
    pub(crate) uses: Vec<Use<'a>>,
    /// Distance between rows of the results.
    pub(crate) row: usize,
    /// Where the sums of the columns, `[columns]`, go, if anywhere: the gradient of a bias.
    pub(crate) sums: *mut f32,
}

/// One left operand and where its product goes.
pub(crate) struct Use<'a> {
    /// `[steps, left.columns]`
    pub(crate) left: &'a Tiled,
    /// `[left.columns, columns]`
    pub(crate) out: *mut f32,
}

impl WeightProduct<'_> {
    /// Computes some columns.
    ///
    /// # Safety
    ///
    /// The operands cover `steps` steps, and no other thread writes these columns.
    unsafe fn compute(&self, kernels: &'static Kernels, columns: Range<usize>) {
        if self.steps == 0 {
            // SAFETY: passed on.
            unsafe { self.zero(columns) };
            return;
        }
        let blocks = Tiled::new(kernels, 0, self.steps, DEPTH);
        let tiles: Vec<_> = self.uses.iter().map(|one| one.left.tiles()).collect();
        for block in 0..blocks.blocks() {
            let depth = blocks.depth(block);
            let ranges = core::slice::from_ref(&columns);
            let packed = Packed::new(kernels, depth.len(), ranges, VECTORS);
            // SAFETY: passed on; the steps of a block are among all steps.
            unsafe {
                packed.fill_all(Source {
                    data: self.right.data.add(depth.start * self.right.row),
                    ..self.right
                });
                for (one, tiles) in self.uses.iter().zip(&tiles) {
                    self.add_block(one, block, tiles, &packed, columns.clone());
                }
                if !self.sums.is_null() {
                    let target = self.target(self.sums, &columns);
                    let ones = Product::new(Left::ones(), 1, &packed);
                    ones.accumulate(block > 0).whole_to(target);
                }
            }
        }
    }

    /// One left operand's product over one block of the sums.
    ///
    /// # Safety
    ///
    /// As [`WeightProduct::compute`]; `packed` holds the block's gradients.
    unsafe fn add_block(
        &self,
        one: &Use,
        block: usize,
        tiles: &[Range<usize>],
        packed: &Packed,
        columns: Range<usize>,
    ) {
        for tiles in tiles.chunks(TILES) {
            for panel in &packed.panels {
                for tile in tiles {
                    let left = one.left.tile(block, tile);
                    let product = Product::new(left, tile.len(), packed).accumulate(block > 0);
                    // SAFETY: passed on.
                    unsafe {
                        let rows = one.out.add(tile.start * self.row);
                        product.panel_to(panel, self.target(rows, &columns));
                    }
                }
            }
        }
    }

    /// Some columns of a result.
    fn target(&self, data: *mut f32, columns: &Range<usize>) -> Target {
        Target {
            data: data.wrapping_add(columns.start),
            row: self.row,
            columns: columns.len(),
        }
    }

    /// The sums of no steps.
    ///
    /// # Safety
    ///
    /// As [`WeightProduct::compute`].
    unsafe fn zero(&self, columns: Range<usize>) {
        // SAFETY: inside the results.
        unsafe {
            for one in &self.uses {
                for row in 0..one.left.columns {
                    let first = one.out.add(row * self.row + columns.start);
                    first.write_bytes(0, columns.len());
                }
            }
            if !self.sums.is_null() {
                let first = self.sums.add(columns.start);
                first.write_bytes(0, columns.len());
            }
        }
    }
}

/// The products of a backward pass, which threads share out by columns.
pub(crate) struct WeightProducts<'a>(pub(crate) Vec<WeightProduct<'a>>);

// SAFETY: threads write to columns of their own, and read what no thread writes any more.
unsafe impl Sync for WeightProducts<'_> {}

/// Some columns of a product.
pub(crate) struct Part {
    product: usize,
    columns: Range<usize>,
}

impl WeightProducts<'_> {
    /// All columns of all products in parts for threads to take.
    pub(crate) fn parts(&self, kernels: &Kernels, threads: usize) -> Vec<Part> {
        let products = self.0.iter().enumerate();
        products
            .flat_map(|(index, product)| {
                let grain = 4 * kernels.lanes;
                let parts = guided(product.columns, grain, MOST_COLUMNS, threads);
                parts.into_iter().map(move |columns| Part {
                    product: index,
                    columns,
                })
            })
            .collect()
    }

    /// Computes one part.
    ///
    /// # Safety
    ///
    /// All operands are there, and no other thread computes this part.
    pub(crate) unsafe fn run(&self, kernels: &'static Kernels, part: &Part) {
        // SAFETY: passed on.
        unsafe { self.0[part.product].compute(kernels, part.columns.clone()) };
    }
}
