//! The innermost product: a tile of `rows x vectors` results kept in registers over all of `k`.
//!
//! Every result is one chain of multiply-adds in the order of `k`, whatever the tile's shape, to which
//! what is there may be added at the end. That is why neither the split into tiles nor the number of
//! threads shows in any result.

use super::simd::Simd;

/// How far ahead, in rows of a panel, the weights are asked for: they often come from the outermost
/// cache, and a panel's rows are consumed at a steady rate.
pub(crate) const PREFETCH_ROWS: usize = 48;

/// Rows of a tile up to which it need not ask for anything.
pub(crate) const FEW_ROWS: usize = 2;

/// Steps of the sums that are written out one after the other, so that places are constants and not
/// sums: of a tiled left operand, and of rows.
const UNROLLED_TILED: usize = 2;
const UNROLLED: usize = 4;
/// Rows of a tile up to which there are registers for a pointer a row as well.
const UNROLLED_ROWS: usize = 6;

/// Arguments of one tile.
#[derive(Clone, Copy)]
pub(crate) struct TileArgs {
    /// Length of the sums.
    pub(crate) k: usize,
    /// Left operand: element `(row, i)` is at `a + row * a_row + i * a_k`.
    pub(crate) a: *const f32,
    pub(crate) a_row: usize,
    pub(crate) a_k: usize,
    /// Right operand: `k` rows of `vectors * LANES` numbers, `b_row` apart.
    pub(crate) b: *const f32,
    pub(crate) b_row: usize,
    /// What to ask for meanwhile: a row of `b`'s width for each of the `k`, `ask_row` apart; need not
    /// be valid memory. Null where a tile of [`FEW_ROWS`] should not ask.
    pub(crate) ask: *const f32,
    pub(crate) ask_row: usize,
    /// Result: row `r` starts at `c + r * c_row`.
    pub(crate) c: *mut f32,
    pub(crate) c_row: usize,
    /// Whether to add to what is in `c`: at the end, by when it has come into cache.
    pub(crate) accumulate: bool,
}

/// A product tile of a fixed shape.
pub(crate) type TileFn = unsafe fn(&TileArgs);

/// The pointer itself, of which the compiler does not know how it came about: else it makes one
/// pointer of all rows' again, with a chain of additions.
#[inline(always)]
#[cfg_attr(miri, allow(unused_mut))]
fn opaque(mut pointer: *const f32) -> *const f32 {
    // SAFETY: no instruction at all.
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    unsafe {
        core::arch::asm!("/* {0} */", inout(reg) pointer, options(pure, readonly, nostack, preserves_flags))
    };
    pointer
}

/// Vectors in a cache line of 64 bytes, which needs asking for only once.
const fn vectors_of_line<S: Simd>() -> usize {
    if S::LANES < 16 { 16 / S::LANES } else { 1 }
}

/// Computes one tile of `R` rows and `C` vectors.
///
/// # Safety
///
/// The processor has `S`'s instruction set, and the ranges that [`TileArgs`] describes are valid.
#[inline(always)]
pub(crate) unsafe fn tile<S: Simd, const R: usize, const C: usize>(args: &TileArgs) {
    // SAFETY: the caller vouches for the memory and the instruction set; a prefetch cannot fault.
    unsafe {
        let TileArgs {
            a_row,
            a_k,
            b_row,
            c,
            c_row,
            accumulate,
            ..
        } = *args;
        for r in 0..R {
            for v in (0..C).step_by(vectors_of_line::<S>()) {
                S::prefetch_write(c.wrapping_add(r * c_row + v * S::LANES));
            }
        }
        let mut sums = [[S::splat(0.0); C]; R];
        let width = C * S::LANES;
        if b_row == width && a_row == 1 {
            add_tiled::<S, R, C>(args, &mut sums);
        } else if b_row == width && a_k == 1 && R <= UNROLLED_ROWS {
            add_rows::<S, R, C>(args, &mut sums);
        } else {
            add_any::<S, R, C>(args, &mut sums);
        }
        for (r, sums) in sums.into_iter().enumerate() {
            for (v, mut sum) in sums.into_iter().enumerate() {
                let c = c.add(r * c_row + v * S::LANES);
                if accumulate {
                    sum = S::add(S::load(c), sum);
                }
                S::store(c, sum);
            }
        }
    }
}

/// All products of a left operand whose rows are neighbours, and of a panel.
///
/// # Safety
///
/// As [`tile`].
#[inline(always)]
unsafe fn add_tiled<S: Simd, const R: usize, const C: usize>(
    args: &TileArgs,
    sums: &mut [[S::V; C]; R],
) {
    let width = C * S::LANES;
    let (mut a, mut b, mut ask) = (args.a, args.b, args.ask);
    let asks = R > FEW_ROWS || !ask.is_null();
    macro_rules! add {
        ($count:expr) => {
            for i in 0..$count {
                let a = a.wrapping_add(i * args.a_k);
                let x = |r: usize| *a.wrapping_add(r);
                let ask = ask.wrapping_add(i * args.ask_row);
                add_products::<S, R, C>(sums, x, b.wrapping_add(i * width), asks, ask);
            }
            a = a.wrapping_add($count * args.a_k);
            b = b.wrapping_add($count * width);
            ask = ask.wrapping_add($count * args.ask_row);
        };
    }
    // SAFETY: passed on.
    unsafe {
        for _ in 0..args.k / UNROLLED_TILED {
            add!(UNROLLED_TILED);
        }
        for _ in 0..args.k % UNROLLED_TILED {
            add!(1);
        }
    }
}

/// All products of rows whose numbers are neighbours, and of a panel.
///
/// # Safety
///
/// As [`tile`].
#[inline(always)]
unsafe fn add_rows<S: Simd, const R: usize, const C: usize>(
    args: &TileArgs,
    sums: &mut [[S::V; C]; R],
) {
    let width = C * S::LANES;
    let rows: [*const f32; R] =
        core::array::from_fn(|r| opaque(args.a.wrapping_add(r * args.a_row)));
    let mut offset = 0;
    let (mut b, mut ask) = (args.b, args.ask);
    let asks = R > FEW_ROWS || !ask.is_null();
    macro_rules! add {
        ($count:expr) => {
            for i in 0..$count {
                let x = |r: usize| *rows[r].wrapping_add(offset + i);
                let ask = ask.wrapping_add(i * args.ask_row);
                add_products::<S, R, C>(sums, x, b.wrapping_add(i * width), asks, ask);
            }
            offset += $count;
            b = b.wrapping_add($count * width);
            ask = ask.wrapping_add($count * args.ask_row);
        };
    }
    // SAFETY: passed on.
    unsafe {
        for _ in 0..args.k / UNROLLED {
            add!(UNROLLED);
        }
        for _ in 0..args.k % UNROLLED {
            add!(1);
        }
    }
}

/// All products of operands that lie anyhow.
///
/// # Safety
///
/// As [`tile`].
#[inline(always)]
unsafe fn add_any<S: Simd, const R: usize, const C: usize>(
    args: &TileArgs,
    sums: &mut [[S::V; C]; R],
) {
    // A pointer a row and one offset for all: less work between the multiply-adds than a pointer
    // that walks through the rows.
    let rows: [*const f32; R] =
        core::array::from_fn(|r| opaque(args.a.wrapping_add(r * args.a_row)));
    let (mut offset, mut b, mut ask) = (0, args.b, args.ask);
    let asks = R > FEW_ROWS || !ask.is_null();
    for _ in 0..args.k {
        let x = |r: usize| {
            // SAFETY: passed on.
            unsafe { *rows[r].wrapping_add(offset) }
        };
        // SAFETY: passed on.
        unsafe { add_products::<S, R, C>(sums, x, b, asks, ask) };
        offset += args.a_k;
        b = b.wrapping_add(args.b_row);
        ask = ask.wrapping_add(args.ask_row);
    }
}

/// Adds the products of one number of each row with `C` vectors, and asks for what is at `ask` if `asks`.
///
/// # Safety
///
/// As [`tile`]; `x` reads a row's number, and `b` points to the vectors.
#[inline(always)]
unsafe fn add_products<S: Simd, const R: usize, const C: usize>(
    sums: &mut [[S::V; C]; R],
    x: impl Fn(usize) -> f32,
    b: *const f32,
    asks: bool,
    ask: *const f32,
) {
    // The loads are what few rows wait for, and asking takes the place of one.
    // SAFETY: the caller vouches for the memory and the instruction set; a prefetch cannot fault.
    unsafe {
        let prefetch = |v: usize| {
            if asks && v.is_multiple_of(vectors_of_line::<S>()) {
                S::prefetch(ask.wrapping_add(v * S::LANES));
            }
        };
        // The shorter side of the tile stays in registers while the longer one passes by.
        if R < C {
            let xs: [S::V; R] = core::array::from_fn(|r| S::splat(x(r)));
            for v in 0..C {
                let weight = S::load(b.add(v * S::LANES));
                prefetch(v);
                for (sums, x) in sums.iter_mut().zip(xs) {
                    sums[v] = S::mul_add(x, weight, sums[v]);
                }
            }
        } else {
            let weights: [S::V; C] = core::array::from_fn(|v| {
                prefetch(v);
                S::load(b.add(v * S::LANES))
            });
            for (r, sums) in sums.iter_mut().enumerate() {
                let x = S::splat(x(r));
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum = S::mul_add(x, weight, *sum);
                }
            }
        }
    }
}
