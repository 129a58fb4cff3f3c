//! Copies of parts of a matrix, as they are or transposed.

use super::simd::Simd;

/// How many rows ahead a copy asks for, since each may lie on a page of its own.
const ROWS_AHEAD: usize = 8;
/// How many numbers ahead in its rows a block that is transposed asks for: two cache lines.
const NUMBERS_AHEAD: usize = 32;

/// Arguments of a copy of `rows x columns` numbers.
#[derive(Clone, Copy)]
pub(crate) struct CopyArgs {
    /// Row `i` starts at `from + i * from_row`.
    pub(crate) from: *const f32,
    pub(crate) from_row: usize,
    /// Row `i` goes to `to + i * to_row`.
    pub(crate) to: *mut f32,
    pub(crate) to_row: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// Copies some columns of some rows.
pub(crate) type CopyFn = unsafe fn(&CopyArgs);

/// Copies some columns of some rows.
///
/// # Safety
///
/// The processor has `S`'s instruction set; the rows that [`CopyArgs`] describes are valid and do not
/// overlap.
#[inline(always)]
pub(crate) unsafe fn copy<S: Simd>(args: &CopyArgs) {
    let CopyArgs {
        from,
        from_row,
        to,
        to_row,
        rows,
        columns,
    } = *args;
    let whole = columns / S::LANES * S::LANES;
    // SAFETY: passed on; a prefetch cannot fault.
    unsafe {
        for i in 0..rows {
            let (from, to) = (from.add(i * from_row), to.add(i * to_row));
            for column in (0..whole).step_by(S::LANES) {
                S::prefetch(from.wrapping_add(ROWS_AHEAD * from_row + column));
                S::store(to.add(column), S::load(from.add(column)));
            }
            if whole < columns {
                let first = S::load_first(from.add(whole), columns - whole);
                S::store_first(to.add(whole), first, columns - whole);
            }
        }
    }
}

/// Arguments of one block of `LANES x LANES` numbers: `to[j][i] = from[i][j]`.
#[derive(Clone, Copy)]
pub(crate) struct TransposeArgs {
    /// Row `i` starts at `from + i * from_row`.
    pub(crate) from: *const f32,
    pub(crate) from_row: usize,
    /// Row `j` starts at `to + j * to_row`.
    pub(crate) to: *mut f32,
    pub(crate) to_row: usize,
}

/// Transposes one block.
pub(crate) type TransposeFn = unsafe fn(&TransposeArgs);

/// Transposes one block, and asks for what follows in its rows.
///
/// # Safety
///
/// The processor has `S`'s instruction set, and the rows that [`TransposeArgs`] describes are valid.
#[inline(always)]
pub(crate) unsafe fn transpose<S: Simd>(args: &TransposeArgs) {
    let TransposeArgs {
        from,
        from_row,
        to,
        to_row,
    } = *args;
    // SAFETY: passed on; a prefetch cannot fault.
    unsafe {
        for i in 0..S::LANES {
            S::prefetch(from.wrapping_add(i * from_row + NUMBERS_AHEAD));
        }
        S::transpose(from, from_row, to, to_row);
    }
}
