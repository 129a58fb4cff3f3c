//! Which way a call takes: a fused operation, or plain tensor operations.

use burn::backend::DispatchDevice;
use burn::tensor::{DType, Device};

/// The way that a recurrent layer is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// By the operations of this crate.
    Fused,
    /// By plain tensor operations, for the reason given.
    Portable(Reason),
}

/// Why a call cannot take the fused path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The feature `flex` of this crate is off, so there are no kernels.
    NotCompiled,
    /// The device is not a Flex device.
    Device,
    /// The numbers are not `f32`.
    DType(DType),
}

impl core::fmt::Display for Reason {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Reason::NotCompiled => write!(f, "the feature `flex` is off"),
            Reason::Device => write!(f, "there are no kernels for this device"),
            Reason::DType(dtype) => write!(f, "there are no kernels for {dtype:?}"),
        }
    }
}

/// The path that sequences of numbers of type `dtype` take on `device`.
pub fn path(device: &Device, dtype: DType) -> Path {
    if !cfg!(feature = "flex") {
        Path::Portable(Reason::NotCompiled)
    } else if !is_flex(device.as_dispatch()) {
        Path::Portable(Reason::Device)
    } else if dtype != DType::F32 {
        Path::Portable(Reason::DType(dtype))
    } else {
        Path::Fused
    }
}

/// The path of a call whose tensors have these types: [`Path::Fused`] where it is that for all of them,
/// else the reason for the first for which it is not.
pub fn path_of_all(device: &Device, dtypes: impl IntoIterator<Item = DType>) -> Path {
    let mut paths = dtypes.into_iter().map(|dtype| path(device, dtype));
    paths
        .find(|path| *path != Path::Fused)
        .unwrap_or_else(|| path(device, DType::F32))
}

/// Whether [`path`] is [`Path::Fused`].
pub fn supported(device: &Device, dtype: DType) -> bool {
    path(device, dtype) == Path::Fused
}

/// Whether a device is a Flex device, with gradients or without.
fn is_flex(device: &DispatchDevice) -> bool {
    match device {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        DispatchDevice::Autodiff(device) => is_flex(device),
        #[allow(unreachable_patterns)]
        _ => false,
    }
}
