//! Memory of tensors that goes back to the kernels when the last tensor lets go of it.

use core::mem::MaybeUninit;

use burn_std::{AccessError, AccessPolicy, AllocationController, AllocationProperty, Bytes};

use crate::cpu::scratch::Numbers;

/// Numbers whose memory is kept for the next call.
struct Recycled(Numbers);

impl AllocationController for Recycled {
    fn alloc_align(&self) -> usize {
        align_of::<f32>()
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    unsafe fn memory_mut(
        &mut self,
        _policy: AccessPolicy,
    ) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        let bytes = size_of_val(&*self.0);
        // SAFETY: the numbers' own memory, borrowed as long as they are; the caller writes only initialized bytes.
        Ok(unsafe { core::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), bytes) })
    }

    fn memory(&self, _policy: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        let bytes = size_of_val(&*self.0);
        // SAFETY: as above; initialized bytes may be seen as bytes that might not be.
        Ok(unsafe { core::slice::from_raw_parts(self.0.as_ptr().cast(), bytes) })
    }
}

/// Numbers as the bytes of a tensor.
pub(super) fn recycled(numbers: Numbers) -> Bytes {
    let len = size_of_val(&*numbers);
    // SAFETY: all `len` bytes of the numbers are initialized.
    unsafe { Bytes::from_controller(Box::new(Recycled(numbers)), len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_the_numbers_and_copies_are_their_own() {
        let numbers: Vec<f32> = (0..40_000).map(|i| i as f32).collect();
        let mut bytes = recycled(Numbers::from(numbers.as_slice()));
        let copy = bytes.clone();
        assert_eq!(bytes.len(), 160_000);
        bytes[3] = 0x7f;
        bytes[2] = 0x80;
        let read = |bytes: &Bytes| -> Vec<f32> {
            let four = bytes.as_chunks::<4>().0.iter();
            four.map(|four| f32::from_ne_bytes(*four)).collect()
        };
        assert_eq!(read(&copy), numbers);
        assert_eq!(read(&bytes)[1..], numbers[1..]);
        if cfg!(target_endian = "little") {
            assert_eq!(read(&bytes)[0], f32::INFINITY);
        }
    }
}
