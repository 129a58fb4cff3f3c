//! The size of a core's second cache.

use std::sync::OnceLock;

/// Bytes where the processor does not say.
const DEFAULT: usize = 512 << 10;

/// Bytes of a core's second cache.
pub(crate) fn second_cache() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    *SIZE.get_or_init(|| match from_processor() {
        0 => DEFAULT,
        bytes => bytes,
    })
}

/// Leaf 8000_0006h of `cpuid`, which both large makers fill in: kilobytes in the upper half of ECX.
#[cfg(target_arch = "x86_64")]
fn from_processor() -> usize {
    use core::arch::x86_64::__cpuid;
    const LEAF: u32 = 0x8000_0006;
    if __cpuid(0x8000_0000).eax < LEAF {
        return 0;
    }
    (__cpuid(LEAF).ecx >> 16) as usize * 1024
}

#[cfg(not(target_arch = "x86_64"))]
fn from_processor() -> usize {
    0
}
