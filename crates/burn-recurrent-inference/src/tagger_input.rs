//! Sentences as a tagger or classifier reads them.

use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::{CharacterInput, TaggerInput};
use burn_recurrent_text::TaggingBatch;

/// A batch of sentences as tensors: their words, the characters of each distinct form, and their
/// shapes.
///
/// ```
/// use burn::tensor::Device;
/// use burn_recurrent_inference::tagger_input;
/// use burn_recurrent_text::{TaggingExamples, TaggingVocabulariesBuilder, WordNormalization};
///
/// let sentences = [["the", "cat"], ["a", "dog"]];
/// let mut builder = TaggingVocabulariesBuilder::new(WordNormalization::default());
/// sentences.iter().for_each(|words| builder.add(words, &["DET", "NOUN"]));
/// let vocabularies = builder.build()?;
///
/// let examples = TaggingExamples::encode_words(&vocabularies, 64, sentences.iter().map(|s| &s[..]));
/// let input = tagger_input(&examples.batch(&[0, 1]), &Device::default());
/// assert_eq!(input.words.dims(), [2, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tagger_input(batch: &TaggingBatch, device: &Device) -> TaggerInput {
    let shape = [batch.batch, batch.time];
    let indices = |ids: &[i32], shape: [usize; 2]| -> Tensor<2, Int> {
        Tensor::from_data(TensorData::new(ids.to_vec(), shape), device)
    };
    let characters = CharacterInput {
        characters: indices(&batch.characters, [batch.distinct(), batch.width]),
        lengths: batch.character_lengths.clone(),
        index: indices(&batch.forms, shape),
    };
    TaggerInput::new(indices(&batch.words, shape), batch.lengths.clone())
        .with_characters(characters)
        .with_shapes(indices(&batch.shapes, shape))
}
