//! Row kernel of dropout, whose mask is a function of a key and of an element's index, so that it is never
//! stored.

/// A mask: every element is kept with the same probability.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mask {
    /// What is drawn for every call.
    pub(crate) key: [u32; 2],
    /// Elements whose number is below this are dropped; numbers are uniform over 32 bits.
    pub(crate) threshold: u32,
    /// What is kept is multiplied by this.
    pub(crate) scale: f32,
}

impl Mask {
    /// The mask of `key` that drops with `probability`, at least 0 and below 1.
    pub(crate) fn new(probability: f64, key: [u32; 2]) -> Self {
        Self {
            key,
            threshold: (probability * 4_294_967_296.0).round().min(4_294_967_295.0) as u32,
            scale: (1.0 / (1.0 - probability)) as f32,
        }
    }
}

/// A piece of what is dropped from.
#[derive(Clone, Copy)]
pub(crate) struct DropoutRow {
    pub(crate) count: usize,
    /// The index of its first element.
    pub(crate) first: u32,
    pub(crate) from: *const f32,
    pub(crate) to: *mut f32,
    pub(crate) mask: Mask,
}

/// A kernel for one piece.
pub(crate) type DropoutFn = unsafe fn(&DropoutRow);

/// A number that depends on all bits of `x` (the finaliser of MurmurHash3).
#[inline(always)]
pub(crate) fn mix(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
    let x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
    x ^ (x >> 16)
}

/// The number of element `index`.
#[inline(always)]
fn draw(key: [u32; 2], index: u32) -> u32 {
    mix(mix(index.wrapping_add(key[0])) ^ key[1])
}

/// Multiplies every number by zero or by the mask's scale.
///
/// # Safety
///
/// `from` and `to` have `count` numbers and do not overlap; those at `to` need not be initialised.
#[inline(always)]
pub(crate) unsafe fn apply(row: &DropoutRow) {
    let Mask {
        key,
        threshold,
        scale,
    } = row.mask;
    for i in 0..row.count {
        let keep = draw(key, row.first.wrapping_add(i as u32)) >= threshold;
        // SAFETY: `i` is below `count`.
        unsafe { *row.to.add(i) = *row.from.add(i) * if keep { scale } else { 0.0 } };
    }
}
