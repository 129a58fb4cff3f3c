//! A pointer to memory that threads work on together.

/// A pointer that threads share; they write to different places, or a barrier lies between.
#[derive(Clone, Copy)]
pub(crate) struct Shared(pub(crate) *mut f32);

// SAFETY: see the type's description; every use is in an unsafe block that says so.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

impl Shared {
    /// The pointer `offset` numbers further on.
    pub(crate) fn at(self, offset: usize) -> *mut f32 {
        self.0.wrapping_add(offset)
    }

    /// The same place, for an operand that is absent.
    pub(crate) const NULL: Shared = Shared(core::ptr::null_mut());

    /// A pointer to numbers that are only read.
    pub(crate) fn read(data: &[f32]) -> Self {
        Shared(data.as_ptr().cast_mut())
    }

    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }
}
