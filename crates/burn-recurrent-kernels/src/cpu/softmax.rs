//! Row kernels of the softmax over groups of panels.

use super::cells::{get, put};
use super::math::exp;
use super::simd::Simd;

/// One row of a group of panels: `panels` pieces of `width` numbers, `stride` apart, of which the
/// first `columns` in all exist.
#[derive(Clone, Copy)]
pub(crate) struct GroupRow {
    pub(crate) x: *mut f32,
    pub(crate) panels: usize,
    pub(crate) width: usize,
    pub(crate) stride: usize,
    pub(crate) columns: usize,
    /// Added to the numbers before anything else; null for none.
    pub(crate) bias: *const f32,
    /// Out of [`exponentials`]: the largest number, and the sum of the exponentials.
    pub(crate) largest: *mut f32,
    pub(crate) sum: *mut f32,
    /// In to [`scale`].
    pub(crate) factor: f32,
}

/// A kernel for one row of a group.
pub(crate) type GroupFn = unsafe fn(&GroupRow);

/// Calls `f` for every vector of a group's row: its place, its column and how much of it exists.
macro_rules! for_pieces {
    ($row:ident, |$x:ident, $column:ident, $count:ident| $body:block) => {
        for panel in 0..$row.panels {
            let mut at = 0;
            while at < $row.width && panel * $row.width + at < $row.columns {
                let $column = panel * $row.width + at;
                let $x = $row.x.add(panel * $row.stride + at);
                let $count = ($row.columns - $column).min(S::LANES);
                $body
                at += S::LANES;
            }
        }
    };
}

/// Turns numbers into `e^(x - largest)`.
///
/// # Safety
///
/// The row covers what [`GroupRow`] describes; `width` is a multiple of the lanes; the processor has
/// `S`.
#[inline(always)]
pub(crate) unsafe fn exponentials<S: Simd>(row: &GroupRow) {
    // SAFETY: passed on.
    unsafe {
        // Not minus infinity, from which a difference would be NaN where all numbers are that.
        let floor = S::splat(f32::MIN);
        let mut most = floor;
        for_pieces!(row, |x, column, count| {
            if count == S::LANES {
                let mut v = S::load(x);
                if !row.bias.is_null() {
                    v = S::add(v, S::load(row.bias.add(column)));
                    S::store(x, v);
                }
                most = S::max(v, most);
            } else {
                let mut v = get::<S, false>(x, count);
                if !row.bias.is_null() {
                    v = S::add(v, get::<S, false>(row.bias.add(column), count));
                }
                // Lanes that do not exist repeat what is known to be no larger.
                put::<S, false>(x, v, count);
                for lane in 0..count {
                    most = S::max(S::splat(*x.add(lane)), most);
                }
            }
        });
        let largest = S::largest(most);
        let shift = S::splat(largest);
        let mut total = S::splat(0.0);
        let mut rest = 0.0;
        for_pieces!(row, |x, _column, count| {
            if count == S::LANES {
                let e = exp::<S>(S::sub(S::load(x), shift));
                S::store(x, e);
                total = S::add(total, e);
            } else {
                let e = exp::<S>(S::sub(get::<S, false>(x, count), shift));
                put::<S, false>(x, e, count);
                for lane in 0..count {
                    rest += *x.add(lane);
                }
            }
        });
        *row.largest = largest;
        *row.sum = S::sum(total) + rest;
    }
}

/// Multiplies numbers by the row's factor.
///
/// # Safety
///
/// As [`exponentials`].
#[inline(always)]
pub(crate) unsafe fn scale<S: Simd>(row: &GroupRow) {
    // SAFETY: passed on.
    unsafe {
        let factor = S::splat(row.factor);
        for_pieces!(row, |x, _column, count| {
            if count == S::LANES {
                S::store(x, S::mul(S::load(x), factor));
            } else {
                put::<S, false>(x, S::mul(get::<S, false>(x, count), factor), count);
            }
        });
    }
}
