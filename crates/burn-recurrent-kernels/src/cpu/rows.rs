//! Products of a few rows with a matrix where it is: for weights that are used once, which come as
//! fast as the outer caches give them when they are read in the order of memory.

use super::simd::Simd;

/// Columns whose sums stay in the first cache while the matrix's rows pass by: a page of each row.
const COLUMNS: usize = 1024;

/// Arguments of a product of a few rows.
#[derive(Clone, Copy)]
pub(crate) struct RowsArgs {
    /// Left operand: rows of `k` numbers, `a_row` apart.
    pub(crate) a: *const f32,
    pub(crate) a_row: usize,
    /// Length of the sums.
    pub(crate) k: usize,
    /// Right operand: `k` rows of `columns` numbers, `b_row` apart.
    pub(crate) b: *const f32,
    pub(crate) b_row: usize,
    pub(crate) columns: usize,
    /// Result: row `r` starts at `c + r * c_row`.
    pub(crate) c: *mut f32,
    pub(crate) c_row: usize,
}

/// A product of a fixed number of rows.
pub(crate) type RowsFn = unsafe fn(&RowsArgs);

/// `c = a * b` for `R` rows. Every result is one chain of multiply-adds in the order of `k`, as in
/// [`super::tile`]; `D` rows of the matrix at a time are added to results that lie in memory.
///
/// # Safety
///
/// The processor has `S`'s instruction set, and the ranges that [`RowsArgs`] describes are valid.
#[inline(always)]
pub(crate) unsafe fn rows<S: Simd, const R: usize, const D: usize>(args: &RowsArgs) {
    // SAFETY: passed on, for parts of the ranges.
    unsafe {
        for first in (0..args.columns).step_by(COLUMNS) {
            let part = RowsArgs {
                b: args.b.add(first),
                c: args.c.add(first),
                columns: COLUMNS.min(args.columns - first),
                ..*args
            };
            for r in 0..R {
                part.c.add(r * part.c_row).write_bytes(0, part.columns);
            }
            let whole = part.k / D * D;
            for i in (0..whole).step_by(D) {
                add::<S, R, D>(&part, i);
            }
            for i in whole..part.k {
                add::<S, R, 1>(&part, i);
            }
        }
    }
}

/// Adds the products with `D` rows of the matrix from row `i` on.
///
/// # Safety
///
/// As [`rows`].
#[inline(always)]
unsafe fn add<S: Simd, const R: usize, const D: usize>(args: &RowsArgs, i: usize) {
    // SAFETY: passed on; the last columns are read and written no further than they exist.
    unsafe {
        let xs: [[S::V; D]; R] = core::array::from_fn(|r| {
            core::array::from_fn(|d| S::splat(*args.a.add(r * args.a_row + i + d)))
        });
        let b: [*const f32; D] = core::array::from_fn(|d| args.b.add((i + d) * args.b_row));
        let whole = args.columns / S::LANES * S::LANES;
        for column in (0..whole).step_by(S::LANES) {
            let mut sums: [S::V; R] =
                core::array::from_fn(|r| S::load(args.c.add(r * args.c_row + column)));
            for (d, b) in b.iter().enumerate() {
                let weight = S::load(b.add(column));
                // Parts of rows are too short for the processor to see what comes next.
                S::prefetch(b.wrapping_add(column + D * args.b_row));
                for (sum, xs) in sums.iter_mut().zip(&xs) {
                    *sum = S::mul_add(xs[d], weight, *sum);
                }
            }
            for (r, sum) in sums.into_iter().enumerate() {
                S::store(args.c.add(r * args.c_row + column), sum);
            }
        }
        let rest = args.columns - whole;
        if rest > 0 {
            for (r, xs) in xs.iter().enumerate() {
                let c = args.c.add(r * args.c_row + whole);
                let mut sum = S::load_first(c, rest);
                for (x, b) in xs.iter().zip(b) {
                    sum = S::mul_add(*x, S::load_first(b.add(whole), rest), sum);
                }
                S::store_first(c, sum, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::kernels::Isa;

    #[test]
    fn products_are_right_and_nothing_else_is_written() {
        const UNTOUCHED: f32 = 7.0;
        for isa in Isa::available() {
            for (index, product) in isa.kernels().rows.iter().enumerate() {
                let rows = index + 1;
                for k in [0, 1, 7, 8, 29] {
                    for columns in [1, 15, 37, 1024, 1100] {
                        // Exact in `f32`, in whatever order.
                        let a: Vec<f32> = (0..rows * (k + 3)).map(|i| (i % 13) as f32).collect();
                        let b: Vec<f32> = (0..k * (columns + 5))
                            .map(|i| (i % 17) as f32 - 8.0)
                            .collect();
                        let c_row = columns + 2;
                        let mut c = vec![UNTOUCHED; rows * c_row];
                        // SAFETY: all ranges are inside their vectors, and the processor has it.
                        unsafe {
                            product(&RowsArgs {
                                a: a.as_ptr(),
                                a_row: k + 3,
                                k,
                                b: b.as_ptr(),
                                b_row: columns + 5,
                                columns,
                                c: c.as_mut_ptr(),
                                c_row,
                            });
                        }
                        for (i, found) in c.into_iter().enumerate() {
                            let (row, column) = (i / c_row, i % c_row);
                            let expected = if column < columns {
                                (0..k)
                                    .map(|d| a[row * (k + 3) + d] * b[d * (columns + 5) + column])
                                    .sum()
                            } else {
                                UNTOUCHED
                            };
                            assert_eq!(found, expected, "{isa:?} {rows} {k} {columns} {i}");
                        }
                    }
                }
            }
        }
    }
}
