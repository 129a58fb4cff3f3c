//! What the processor says of its caches.

use std::sync::OnceLock;

/// Bytes where the processor does not say.
const DEFAULT: usize = 512 << 10;

/// Bytes of weights that stay in a core's second cache while it goes through them again and again, beside
/// what else passes by.
pub(crate) fn near_bytes() -> usize {
    second_cache() * 3 / 5
}

/// Bytes of a core's second cache.
fn second_cache() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    *SIZE.get_or_init(|| match from_processor().second {
        0 => DEFAULT,
        bytes => bytes,
    })
}

/// Whether the third cache belongs to a few cores, as AMD builds it: then a core reads it at twice the rate
/// of one that is spread over the whole processor. A rule of thumb: AMD's processors tell its size here.
pub(crate) fn third_cache_is_near() -> bool {
    static NEAR: OnceLock<bool> = OnceLock::new();
    *NEAR.get_or_init(|| from_processor().has_third)
}

/// The bytes of the second cache, zero where the processor does not say, and whether it names a third.
#[derive(Default)]
struct Caches {
    second: usize,
    has_third: bool,
}

/// Leaf 8000_0006h of `cpuid`: both large makers give the second cache in kilobytes in the upper half of
/// ECX, and AMD alone the third, from bit 18 of EDX.
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn from_processor() -> Caches {
    use core::arch::x86_64::__cpuid;
    const LEAF: u32 = 0x8000_0006;
    if __cpuid(0x8000_0000).eax < LEAF {
        return Caches::default();
    }
    let leaf = __cpuid(LEAF);
    Caches {
        second: (leaf.ecx >> 16) as usize * 1024,
        has_third: leaf.edx >> 18 > 0,
    }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn from_processor() -> Caches {
    Caches::default()
}
