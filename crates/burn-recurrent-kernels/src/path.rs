//! "Fused or portable?": the one place that decides it, for the operations of this crate and for all who call them.
//!
//! Who has a choice asks [`path`] before the call and takes plain tensor operations where it says so; an operation that
//! is called nevertheless panics with the same reason.

use burn::backend::DispatchDevice;
use burn::tensor::{DType, Device};

use crate::kind::KernelCell;

/// A fused operation of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A layer over whole sequences: [`sequence`](crate::sequence()).
    Sequence,
    /// A decoder of such cells: [`attention_decoder`](crate::attention_decoder()). Gradients through attention weights
    /// or final states it never has: a caller that needs them takes tensor operations.
    AttentionDecoder(KernelCell),
    /// The scores of additive attention, which have no gradient: [`additive_scores`](crate::additive_scores()).
    AdditiveScores,
    /// A linear layer with its loss: [`linear_cross_entropy`](crate::linear_cross_entropy()).
    LinearCrossEntropy,
    /// Rows of a table: [`embedding`](crate::embedding()).
    Embedding,
    /// Two tensors side by side: [`join`](crate::join()).
    Join,
    /// Dropout: [`dropout`](crate::dropout()).
    Dropout,
    /// What an optimiser does with parameters and gradients: [`sgd_update`](crate::sgd_update()),
    /// [`adam_update`](crate::adam_update()), [`scale`](crate::scale()), [`sum_of_squares`](crate::sum_of_squares()).
    Update,
}

/// Which code computes something: the fused kernels or plain tensor operations. Both give the same numbers up to rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComputePath {
    /// The fused kernels of `burn-recurrent-kernels`.
    Fused,
    /// Plain tensor operations, for the reason given.
    Portable(PortableReason),
}

/// Why something cannot take the fused path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortableReason {
    /// The feature `flex` of this crate is off, so there are no kernels.
    NotCompiled,
    /// The device is not a Flex device.
    Device,
    /// The numbers are not `f32`.
    DType(DType),
    /// The device keeps gradients, and the operation has none.
    Gradients,
    /// An option, a cell or a shape has no kernel: which one.
    Unsupported(&'static str),
}

impl core::fmt::Display for PortableReason {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NotCompiled => "no backend with fused kernels is compiled in",
            Self::Device => "the device's backend has no fused kernels",
            Self::DType(_) => "the kernels know f32 only",
            Self::Gradients => "the operation has no gradient",
            Self::Unsupported(what) => what,
        })
    }
}

impl core::fmt::Display for ComputePath {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Fused => f.write_str("fused"),
            Self::Portable(reason) => write!(f, "portable ({reason})"),
        }
    }
}

impl ComputePath {
    /// Whether it is the fused one.
    pub fn is_fused(self) -> bool {
        self == Self::Fused
    }

    /// The portable path, because what the reason names has no kernel.
    pub fn portable(reason: &'static str) -> Self {
        Self::Portable(PortableReason::Unsupported(reason))
    }

    /// This path, unless one of `obstacles` holds: pairs of what may stand in the way of a kernel, and how to say it.
    /// The first that holds is the reason then, whatever it was before.
    pub fn unless(self, obstacles: &[(bool, &'static str)]) -> Self {
        match obstacles.iter().find(|(holds, _)| *holds) {
            Some((_, reason)) => Self::portable(reason),
            None => self,
        }
    }
}

/// The path that `operation` takes on `device` with tensors of these types: [`ComputePath::Fused`] where there is a kernel
/// that takes all of them.
pub fn path(operation: Operation, device: &Device, dtypes: &[DType]) -> ComputePath {
    if !cfg!(feature = "flex") {
        ComputePath::Portable(PortableReason::NotCompiled)
    } else if !is_flex(device.as_dispatch()) {
        ComputePath::Portable(PortableReason::Device)
    } else if let Some(other) = dtypes.iter().find(|dtype| **dtype != DType::F32) {
        ComputePath::Portable(PortableReason::DType(*other))
    } else {
        match operation {
            Operation::Update | Operation::AdditiveScores if device.is_autodiff() => {
                ComputePath::Portable(PortableReason::Gradients)
            }
            Operation::AttentionDecoder(cell) if !cell.has_decoder() => {
                ComputePath::portable("the cell has no fused decoder")
            }
            _ => ComputePath::Fused,
        }
    }
}

/// Panics where the path of an operation that was called is not the fused one.
#[track_caller]
pub(crate) fn assert_fused(operation: Operation, device: &Device, dtypes: &[DType]) {
    if let ComputePath::Portable(reason) = path(operation, device, dtypes) {
        panic!("there is no fused operation {operation:?} here: {reason}");
    }
}

/// Whether a device is a Flex device, with gradients or without.
pub(crate) fn is_flex(device: &DispatchDevice) -> bool {
    match device {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        DispatchDevice::Autodiff(device) => is_flex(device),
        #[allow(unreachable_patterns)]
        _ => false,
    }
}
