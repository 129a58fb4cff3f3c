//! Rows of an embedding.

use std::sync::Arc;

use burn::backend::TensorMetadata;
use burn_flex::FlexTensor;

use super::tensors::{contiguous, indices_below, numbers, tensor};
use crate::cpu::embedding;
use crate::cpu::pool::threads;

/// The rows, and their numbers for [`gradient`].
pub(super) fn rows(weight: &FlexTensor, indices: FlexTensor) -> (FlexTensor, Arc<[usize]>) {
    let weight = contiguous(weight.clone());
    let [rows, width] = weight.shape().dims::<2>();
    let [batch, time] = indices.shape().dims::<2>();
    let indices = indices_below(indices, rows);
    let output = embedding::rows(threads(), numbers(&weight), width, &indices);
    (tensor(output, [batch, time, width]), indices.into())
}

/// The gradient of an embedding of `[rows, width]`.
pub(super) fn gradient(shape: [usize; 2], indices: &[usize], d_output: FlexTensor) -> FlexTensor {
    let [rows, width] = shape;
    let d_output = contiguous(d_output);
    tensor(
        embedding::gradient(threads(), rows, width, indices, numbers(&d_output)),
        shape,
    )
}
