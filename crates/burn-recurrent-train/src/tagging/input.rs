//! Batches of sentences as tensors.

use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::{CharacterInput, TaggerInput};
use burn_recurrent_text::TaggingBatch;

/// A batch of sentences as tensors: their words, the characters of each distinct form, and their shapes.
pub(super) fn tagger_input(batch: &TaggingBatch, device: &Device) -> TaggerInput {
    let shape = [batch.batch, batch.time];
    let characters = CharacterInput {
        characters: indices(&batch.characters, [batch.distinct(), batch.width], device),
        lengths: batch.character_lengths.clone(),
        index: indices(&batch.forms, shape, device),
    };
    TaggerInput::new(indices(&batch.words, shape, device), batch.lengths.clone())
        .with_characters(characters)
        .with_shapes(indices(&batch.shapes, shape, device))
}

pub(super) fn indices(ids: &[i32], shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(ids.to_vec(), shape), device)
}
