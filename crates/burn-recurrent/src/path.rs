//! Which code computes a sequence.

use burn::tensor::{DType, Device};
use burn_recurrent_kernels as kernels;
use core::fmt;

/// Which code computes a sequence: the fused kernels or plain tensor operations.
///
/// Both give the same numbers up to rounding. [`Recurrent::path`](crate::Recurrent::path) tells
/// which one a module takes and why; every call also logs it at debug level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// The fused kernels of `burn-recurrent-kernels`.
    Fused,
    /// Plain tensor operations, for the reason given.
    Portable(&'static str),
}

impl Path {
    /// Whether it is the fused one.
    pub fn is_fused(self) -> bool {
        self == Self::Fused
    }

    /// The path of a cell whose options a kernel knows, unless one of `obstacles` holds: pairs of
    /// what may stand in the way, and how to say it.
    pub(crate) fn of_kernel(
        device: &Device,
        dtype: DType,
        obstacles: &[(bool, &'static str)],
    ) -> Self {
        if let Some((_, reason)) = obstacles.iter().find(|(holds, _)| *holds) {
            return Self::Portable(reason);
        }
        match kernels::path(device, dtype) {
            kernels::Path::Fused => Self::Fused,
            kernels::Path::Portable(reason) => Self::Portable(match reason {
                kernels::Reason::NotCompiled => "no backend with fused kernels is compiled in",
                kernels::Reason::Device => "the device's backend has no fused kernels",
                kernels::Reason::DType(_) => "the kernels know f32 only",
            }),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fused => f.write_str("fused"),
            Self::Portable(reason) => write!(f, "portable ({reason})"),
        }
    }
}
