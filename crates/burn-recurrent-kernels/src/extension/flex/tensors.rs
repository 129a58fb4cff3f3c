//! Tensors of the Flex backend as the kernels' numbers, and back.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::TensorMetadata;
use burn::tensor::{DType, Shape, Tensor};
use burn_flex::{Flex, FlexTensor};

use crate::cpu::run::Run;
use crate::cpu::scratch::Numbers;
use crate::cpu::transposed;
use crate::extension::Leftover;
use crate::extension::bytes::recycled;

/// Burn's tensor as the backend's, for operations without gradients.
///
/// # Panics
///
/// Where the tensor is not on a Flex device, or keeps gradients.
pub(crate) fn flex_tensor<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    tensor
        .try_into_primitive::<Flex>()
        .expect("operations without gradients are for tensors without them")
}

/// The backend's tensor as Burn's.
pub(crate) fn burn_tensor<const D: usize>(tensor: FlexTensor) -> Tensor<D> {
    Tensor::from_primitive::<Flex>(tensor)
}

/// The tensor itself where its numbers lie one after the other, else a copy where they do.
pub(in crate::extension) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    assert_eq!(tensor.dtype(), DType::F32, "fused operations are for f32");
    if tensor.as_slice::<f32>().is_some() {
        tensor
    } else if is_transposed(&tensor) {
        transposed(&tensor.transpose(0, 1))
    } else {
        tensor.to_contiguous()
    }
}

/// Whether a matrix is the transposed view of one whose numbers lie one after the other, as a table of embeddings is that is the
/// weight of the output layer as well.
pub(super) fn is_transposed(tensor: &FlexTensor) -> bool {
    tensor.layout().num_dims() == 2
        && tensor.as_slice::<f32>().is_none()
        && tensor.transpose(0, 1).as_slice::<f32>().is_some()
}

/// The transpose of a matrix whose numbers lie one after the other, where its own do.
pub(super) fn transposed(matrix: &FlexTensor) -> FlexTensor {
    let [rows, columns] = matrix.shape().dims::<2>();
    let numbers = transposed::transposed(Run::selected(), numbers(matrix), columns);
    tensor(numbers, [columns, rows])
}

pub(in crate::extension) fn numbers(tensor: &FlexTensor) -> &[f32] {
    tensor
        .as_slice()
        .expect("operands were made contiguous f32")
}

/// A tensor of numbers.
pub(in crate::extension) fn tensor<const D: usize>(data: Numbers, shape: [usize; D]) -> FlexTensor {
    shaped(data, Shape::from(shape))
}

/// The same, with a shape of any rank.
pub(in crate::extension) fn shaped(data: Numbers, shape: Shape) -> FlexTensor {
    assert_eq!(
        data.len(),
        shape.num_elements(),
        "as many numbers as the shape has"
    );
    FlexTensor::new(
        recycled(data),
        burn_flex::Layout::contiguous(shape),
        DType::F32,
    )
}

/// The last dimension.
pub(super) fn last(tensor: &FlexTensor) -> usize {
    tensor.shape().last().copied().expect("a dimension")
}

/// The tensor's shape with another last dimension.
pub(super) fn with_last(tensor: &FlexTensor, width: usize) -> Shape {
    let mut dims = tensor.shape().to_vec();
    *dims.last_mut().expect("a dimension") = width;
    Shape::from(dims)
}

/// Class numbers as indices.
///
/// # Panics
///
/// Where one is negative or not below `vocabulary`.
pub(super) fn indices_below(targets: FlexTensor, vocabulary: usize) -> Vec<usize> {
    let data = targets.to_contiguous().into_data();
    data.iter::<i64>()
        .map(|target| {
            let index = usize::try_from(target)
                .ok()
                .filter(|&index| index < vocabulary);
            index.unwrap_or_else(|| panic!("token {target} in a vocabulary of {vocabulary}"))
        })
        .collect()
}

/// What the forward pass leaves, for [`take`].
pub(super) fn leave<T: Send + 'static>(saved: Option<T>) -> Leftover {
    let saved = saved.map(|saved| Box::new(saved) as Box<dyn core::any::Any + Send>);
    Arc::new(Mutex::new(saved))
}

/// What the forward pass left.
pub(super) fn take<T: 'static>(leftover: &Leftover) -> Box<T> {
    leftover
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .and_then(|leftover| leftover.downcast::<T>().ok())
        .expect("the backward pass of a fused operation runs once")
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    pub(in crate::extension::flex) fn refused(f: impl FnOnce()) -> bool {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err()
    }

    pub(in crate::extension::flex) fn ones<const D: usize>(shape: [usize; D]) -> FlexTensor {
        tensor(
            Numbers::from(vec![0.5; shape.iter().product()].as_slice()),
            shape,
        )
    }
}
