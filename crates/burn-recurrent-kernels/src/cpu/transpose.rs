//! Square blocks of a matrix, transposed in registers.

use super::simd::Simd;

/// How far ahead, in numbers, the rows of a block are asked for: two cache lines.
const AHEAD: usize = 32;

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
            S::prefetch(from.wrapping_add(i * from_row + AHEAD));
        }
        S::transpose(from, from_row, to, to_row);
    }
}
