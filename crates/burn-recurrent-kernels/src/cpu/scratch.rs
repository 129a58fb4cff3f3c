//! Buffers: scratch memory, results while they are computed, and results.

use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

use super::recycle::{self, Block};
use super::shared::Shared;

/// Distance between rows of operands that every step reads: not a power of two, so that rows do not
/// fall on the same few places of a cache.
pub(crate) fn padded(columns: usize) -> usize {
    columns.next_multiple_of(16) + 16
}

/// Scratch memory that starts on a cache line. What it holds at first is arbitrary.
#[derive(Debug)]
pub(crate) struct Scratch {
    block: ManuallyDrop<Block>,
    len: usize,
}

impl Scratch {
    /// Room for `len` numbers.
    pub(crate) fn new(len: usize) -> Self {
        Self {
            block: ManuallyDrop::new(recycle::take(len)),
            len,
        }
    }

    /// The numbers that there is room for.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let scratch = Self::new(len);
        // SAFETY: `len` numbers of the allocation lie behind the pointer; all-zero bits are 0.0.
        unsafe { scratch.ptr().write_bytes(0, len) };
        scratch
    }

    /// The start of the memory. Threads that share it keep to places of their own.
    pub(crate) fn ptr(&self) -> *mut f32 {
        self.block.start().as_ptr()
    }

    /// The place `offset` numbers further on.
    #[inline]
    pub(crate) fn at(&self, offset: usize) -> *mut f32 {
        self.ptr().wrapping_add(offset)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: the block is not used after this.
        recycle::give(unsafe { ManuallyDrop::take(&mut self.block) });
    }
}

// SAFETY: `ptr` hands out a raw pointer, whose users see to it that no two threads touch the same
// place without a barrier.
unsafe impl Sync for Scratch {}

/// A result whose every element is written before `finish`.
pub(crate) struct Output(Scratch);

impl Output {
    pub(crate) fn new(len: usize) -> Self {
        Self(Scratch::new(len))
    }

    pub(crate) fn zeros(len: usize) -> Self {
        Self(Scratch::zeros(len))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn ptr(&mut self) -> Shared {
        Shared(self.0.ptr())
    }

    /// # Safety
    ///
    /// All elements have been written.
    pub(crate) unsafe fn finish(self) -> Numbers {
        Numbers(self.0)
    }
}

/// A result.
pub(crate) struct Numbers(Scratch);

impl Numbers {
    pub(crate) fn zeros(len: usize) -> Self {
        Self(Scratch::zeros(len))
    }
}

impl Deref for Numbers {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: all numbers are initialized, and nobody writes them while they are borrowed.
        unsafe { core::slice::from_raw_parts(self.0.ptr(), self.0.len()) }
    }
}

impl DerefMut for Numbers {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and the borrow is the only one.
        unsafe { core::slice::from_raw_parts_mut(self.0.ptr(), self.0.len()) }
    }
}

impl From<&[f32]> for Numbers {
    fn from(numbers: &[f32]) -> Self {
        let mut output = Output::new(numbers.len());
        // SAFETY: the memory is new and has room for all of them.
        unsafe {
            let to = output.ptr().at(0);
            to.copy_from_nonoverlapping(numbers.as_ptr(), numbers.len());
            output.finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_any_size_can_be_written_and_comes_back() {
        for len in [
            0, 1, 5, 16_383, 16_384, 131_057, 131_071, 131_072, 524_287, 1_000_003,
        ] {
            for value in [1.0, 2.0] {
                let scratch = Scratch::new(len);
                assert_eq!(scratch.len(), len);
                assert!(len == 0 || scratch.ptr().addr().is_multiple_of(64));
                for i in 0..len {
                    // SAFETY: inside the scratch.
                    unsafe { *scratch.ptr().add(i) = value };
                }
            }
            let numbers: Vec<f32> = (0..len).map(|i| i as f32).collect();
            assert_eq!(*Numbers::from(numbers.as_slice()), *numbers);
            // SAFETY: zeros are numbers.
            assert!(
                unsafe { Output::zeros(len).finish() }
                    .iter()
                    .all(|&x| x == 0.0)
            );
        }
    }
}
