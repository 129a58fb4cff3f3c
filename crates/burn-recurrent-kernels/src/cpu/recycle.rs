//! Large buffers kept for the next call: fresh memory costs a page fault every 4 KiB, which is a
//! tenth of the time of a layer.

use std::sync::{Mutex, PoisonError};

/// Buffers of fewer numbers are not worth keeping.
const SMALLEST: usize = 1 << 14;
/// Numbers kept at most, 256 MiB.
const MOST: usize = 1 << 26;

static KEPT: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// An empty vector with room for `len` numbers.
pub(crate) fn take(len: usize) -> Vec<f32> {
    if len >= SMALLEST {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |data: &Vec<f32>| data.capacity() >= len && data.capacity() / 2 <= len;
        let best = (0..kept.len())
            .filter(|&i| fits(&kept[i]))
            .min_by_key(|&i| kept[i].capacity());
        if let Some(index) = best {
            return kept.remove(index);
        }
    }
    let mut fresh = Vec::with_capacity(len);
    advise_huge_pages(&mut fresh);
    fresh
}

/// Asks for pages of 2 MiB where a buffer is large: products stride through more memory than the processor has
/// translations of small pages for, and a fault a small page adds up. The C
/// library's own switch for them, `glibc.malloc.hugetlb`, took 2 to 10 percent off the training of a layer.
#[cfg(target_os = "linux")]
fn advise_huge_pages(data: &mut Vec<f32>) {
    const PAGE: usize = 4096;
    const HUGE: usize = 1 << 21;
    let bytes = data.capacity() * size_of::<f32>();
    if bytes < 2 * HUGE {
        return;
    }
    let start = data.as_mut_ptr().cast::<u8>();
    let skip = start.align_offset(PAGE);
    let whole = (bytes - skip) / PAGE * PAGE;
    // SAFETY: the pages lie inside the vector's allocation, and the advice changes nothing that they hold. Where it is
    // not taken, nothing is lost.
    unsafe { libc::madvise(start.add(skip).cast(), whole, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise_huge_pages(_: &mut Vec<f32>) {}

/// Keeps a vector's memory for later, and lets go of what has waited longest where it is too much.
pub(crate) fn give(mut data: Vec<f32>) {
    data.clear();
    if !(SMALLEST..=MOST).contains(&data.capacity()) {
        return;
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.push(data);
    let mut total: usize = kept.iter().map(Vec::capacity).sum();
    while total > MOST {
        total -= kept.remove(0).capacity();
    }
}
