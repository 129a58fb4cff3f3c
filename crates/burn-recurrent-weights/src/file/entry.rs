//! A tensor of a file, and where its numbers are.

use super::element::ElementType;
use burn::store::pytorch_reader::Tensor as PytorchTensor;
use std::ops::Range;

/// A tensor of a file.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) element: ElementType,
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Data,
}

/// Where a tensor's numbers are.
#[derive(Debug)]
pub(crate) enum Data {
    /// Within the file's bytes, little-endian and row by row.
    Range(Range<usize>),
    /// Bytes of its own, likewise.
    Bytes(Vec<u8>),
    /// Numbers that are to be written.
    Floats(Vec<f32>),
    /// With Burn's reader of PyTorch files.
    Pytorch(Box<PytorchTensor>),
}
