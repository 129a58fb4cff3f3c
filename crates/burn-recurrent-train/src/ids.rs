//! Ids on the host as tensors.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// Ids, row by row, as a tensor of this shape.
pub(crate) fn ids(ids: &[i32], shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(ids.to_vec(), shape), device)
}
