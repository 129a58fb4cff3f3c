//! Memory of the kernels, which is kept for the next call: fresh memory costs a page fault every
//! 4 KiB, which is a tenth of the time of a layer.
//!
//! Large blocks ask for pages of 2 MiB. Products stride through more memory than the processor has
//! translations of small pages for, and what lies on one large page does not compete with itself for
//! the few places of a cache that small pages, strewn over the memory, happen to share. That takes 4
//! to 8 percent off the training of a layer.

use core::ptr::NonNull;
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Blocks of fewer numbers are not worth keeping.
const SMALLEST: usize = 1 << 14;
/// Numbers kept at most, 256 MiB.
const MOST: usize = 1 << 26;
/// Bytes of a cache line, where blocks start.
const LINE: usize = 64;
/// Bytes of a large page, and the size from which a block gets whole ones.
const PAGE: usize = 1 << 21;
const LARGE: usize = PAGE / 4;

/// Large blocks start at different places of their pages, a number of bytes apart that is a whole
/// number of lines but of no power of two: else the same rows of all of them would fall on the same
/// places of a cache.
const STARTS: usize = 29;
const STEP: usize = 17 * LINE;

static KEPT: Mutex<Vec<Block>> = Mutex::new(Vec::new());

/// Memory for some numbers.
#[derive(Debug)]
pub(crate) struct Block {
    start: NonNull<f32>,
    /// Numbers that there is room for.
    capacity: usize,
    /// The whole allocation.
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a block owns its memory, which any thread may use and free.
unsafe impl Send for Block {}

impl Block {
    fn new(len: usize) -> Self {
        if len == 0 {
            return Self {
                start: NonNull::dangling(),
                capacity: 0,
                base: NonNull::dangling(),
                bytes: 0,
            };
        }
        let bytes = Self::bytes(len).expect("more numbers than there can be memory for");
        let layout = Self::layout(bytes);
        // SAFETY: the size is not zero.
        let Some(base) = NonNull::new(unsafe { alloc(layout) }) else {
            handle_alloc_error(layout)
        };
        let mut skip = 0;
        if layout.align() == PAGE {
            static COUNT: AtomicUsize = AtomicUsize::new(0);
            skip = COUNT.fetch_add(1, Ordering::Relaxed) % STARTS * STEP;
            #[cfg(all(target_os = "linux", not(miri)))]
            // SAFETY: the pages are the block's, and the advice changes nothing that they hold. Where
            // it is not taken, nothing is lost.
            unsafe {
                libc::madvise(base.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE)
            };
        }
        let capacity = (bytes - skip) / size_of::<f32>();
        assert!(capacity >= len, "room for what was asked for");
        Self {
            // SAFETY: large blocks have room for what is skipped.
            start: unsafe { base.add(skip) }.cast(),
            capacity,
            base,
            bytes,
        }
    }

    /// Size of a block for `len` numbers.
    fn bytes(len: usize) -> Option<usize> {
        let bytes = len
            .checked_mul(size_of::<f32>())?
            .checked_next_multiple_of(LINE)?;
        if bytes < LARGE {
            Some(bytes)
        } else {
            bytes
                .checked_add((STARTS - 1) * STEP)?
                .checked_next_multiple_of(PAGE)
        }
    }

    fn layout(bytes: usize) -> Layout {
        let align = if bytes < LARGE { LINE } else { PAGE };
        Layout::from_size_align(bytes, align).expect("a size that memory can have")
    }

    pub(crate) fn start(&self) -> NonNull<f32> {
        self.start
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if self.bytes > 0 {
            // SAFETY: `new` allocated it with this layout.
            unsafe { dealloc(self.base.as_ptr(), Self::layout(self.bytes)) };
        }
    }
}

/// A block with room for `len` numbers, whose contents are arbitrary.
pub(crate) fn take(len: usize) -> Block {
    // What `give` goes by.
    let capacity = Block::bytes(len).map_or(0, |bytes| bytes / size_of::<f32>());
    if capacity >= SMALLEST {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |block: &Block| (len..=2 * capacity).contains(&block.capacity);
        let best = (0..kept.len())
            .filter(|&i| fits(&kept[i]))
            .min_by_key(|&i| kept[i].capacity);
        if let Some(index) = best {
            return kept.remove(index);
        }
    }
    Block::new(len)
}

/// Keeps a block for later, and lets go of what has waited longest where it is too much.
pub(crate) fn give(block: Block) {
    if !(SMALLEST..=MOST).contains(&block.capacity) {
        return;
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.push(block);
    let mut total: usize = kept.iter().map(|block| block.capacity).sum();
    while total > MOST {
        total -= kept.remove(0).capacity;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_room_for_what_was_asked_for_whatever_they_skip() {
        let large = LARGE / size_of::<f32>();
        let page = PAGE / size_of::<f32>();
        for edge in [SMALLEST, large, page] {
            for len in edge - 17..=edge + 1 {
                // As many as there are starts, all at once.
                let blocks: Vec<Block> = (0..=STARTS).map(|_| Block::new(len)).collect();
                for block in &blocks {
                    let skipped = block.start.as_ptr().addr() - block.base.as_ptr().addr();
                    assert!(skipped + len * size_of::<f32>() <= block.bytes, "{len}");
                    assert!(block.capacity >= len);
                }
            }
        }
    }

    #[test]
    fn what_is_kept_is_used_again() {
        const TIMES: usize = 1000;
        for len in [SMALLEST - 4, SMALLEST] {
            let capacity = Block::new(len).capacity;
            for _ in 0..TIMES {
                give(take(len));
            }
            let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            // Other tests leave some of that size as well.
            let same = |block: &&Block| block.capacity == capacity;
            assert!(kept.iter().filter(same).count() < TIMES / 2, "{len}");
        }
    }
}
