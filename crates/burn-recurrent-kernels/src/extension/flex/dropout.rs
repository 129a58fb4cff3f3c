//! Dropout.

use burn::backend::TensorMetadata;
use burn_flex::FlexTensor;

use super::tensors::{contiguous, numbers, shaped};
use crate::cpu::dropout;
use crate::cpu::dropout_row::Mask;
use crate::cpu::kernels::Isa;
use crate::cpu::pool::threads;

/// `input` without what the mask of `key` drops.
pub(super) fn dropout(input: FlexTensor, probability: f64, key: [u32; 2]) -> FlexTensor {
    let input = contiguous(input);
    let output = dropout::dropout(
        Isa::selected().kernels(),
        threads(),
        numbers(&input),
        Mask::new(probability, key),
    );
    shaped(output, input.shape())
}
