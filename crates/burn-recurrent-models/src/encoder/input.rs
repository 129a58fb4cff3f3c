//! A batch of sentences.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// A padded batch of sentences: what a [`SequenceTagger`](crate::SequenceTagger) and a
/// [`SequenceClassifier`](crate::SequenceClassifier) read.
///
/// Row `b` has `lengths[b]` words, in any order, zero allowed. What stands in the padding of the
/// tensors does not matter.
#[derive(Clone, Debug)]
pub struct TaggerInput {
    /// The words, `[batch, time]`, each below the encoder's `vocabulary_size`.
    pub words: Tensor<2, Int>,
    /// The number of words of each row.
    pub lengths: Vec<usize>,
    /// The words' characters; an encoder without character features ignores them.
    pub characters: Option<CharacterInput>,
    /// The words' shapes (case and the like), `[batch, time]`, each below the number of shapes; an
    /// encoder without them ignores them.
    pub shapes: Option<Tensor<2, Int>>,
}

/// The characters of a batch's words. Each distinct word stands here once, however often the batch
/// has it, so that its features are computed once.
#[derive(Clone, Debug)]
pub struct CharacterInput {
    /// The characters of the distinct words, `[distinct words, characters]`, each below the
    /// encoder's `character_vocabulary_size`; the longest word sets the width, and the memory.
    pub characters: Tensor<2, Int>,
    /// The number of characters of each distinct word, zero allowed.
    pub lengths: Vec<usize>,
    /// Which of the distinct words each word of the batch is, `[batch, time]`.
    pub index: Tensor<2, Int>,
}

impl TaggerInput {
    /// Words alone, `[batch, time]`, of which the first `lengths[b]` of row `b` count.
    pub fn new(words: Tensor<2, Int>, lengths: Vec<usize>) -> Self {
        Self {
            words,
            lengths,
            characters: None,
            shapes: None,
        }
    }

    /// The same with characters.
    pub fn with_characters(mut self, characters: CharacterInput) -> Self {
        self.characters = Some(characters);
        self
    }

    /// The same with shapes, `[batch, time]`.
    pub fn with_shapes(mut self, shapes: Tensor<2, Int>) -> Self {
        self.shapes = Some(shapes);
        self
    }

    /// Words alone, from their ids on the host, padded, row by row.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use burn_recurrent_models::TaggerInput;
    ///
    /// // Two sentences, of 3 words and of 1: "the cat sat" and "go". Their characters are those of
    /// // four distinct words, the longest of three.
    /// let input = TaggerInput::from_ids(&[4, 7, 5, 6, 0, 0], &[3, 1], &Device::default())
    ///     .with_character_ids(
    ///         &[1, 2, 3, 4, 5, 1, 6, 5, 1, 7, 8, 0],
    ///         &[3, 3, 3, 2],
    ///         &[0, 1, 2, 3, 0, 0],
    ///     );
    /// assert_eq!(input.words.dims(), [2, 3]);
    /// assert_eq!(input.characters.unwrap().characters.dims(), [4, 3]);
    /// ```
    ///
    /// # Panics
    ///
    /// If the rows are not of the same width.
    pub fn from_ids(words: &[i32], lengths: &[usize], device: &Device) -> Self {
        Self::new(rows(words, lengths.len(), device), lengths.to_vec())
    }

    /// The same with characters, from ids on the host: those of the distinct words, padded, row by
    /// row; the number of characters of each distinct word; and which of them each word of the batch
    /// is, as the words are laid out.
    ///
    /// # Panics
    ///
    /// If the rows are not of the same width, or there are not as many indices as words.
    pub fn with_character_ids(self, characters: &[i32], lengths: &[usize], index: &[i32]) -> Self {
        let characters = CharacterInput {
            characters: rows(characters, lengths.len(), &self.words.device()),
            lengths: lengths.to_vec(),
            index: self.beside_words(index),
        };
        self.with_characters(characters)
    }

    /// The same with shapes, from ids on the host, as the words are laid out.
    ///
    /// # Panics
    ///
    /// If there are not as many as words.
    pub fn with_shape_ids(self, shapes: &[i32]) -> Self {
        let shapes = self.beside_words(shapes);
        self.with_shapes(shapes)
    }

    fn beside_words(&self, ids: &[i32]) -> Tensor<2, Int> {
        let shape = self.words.dims();
        assert!(
            ids.len() == shape[0] * shape[1],
            "the words are {shape:?}, but there are {} ids for them",
            ids.len(),
        );
        Tensor::from_data(TensorData::new(ids.to_vec(), shape), &self.words.device())
    }

    /// The number of words in all rows together.
    pub fn num_words(&self) -> usize {
        self.lengths.iter().sum()
    }
}

/// Ids as a tensor of so many rows.
fn rows(ids: &[i32], rows: usize, device: &Device) -> Tensor<2, Int> {
    let width = ids.len().checked_div(rows).unwrap_or(0);
    assert!(
        ids.len() == rows * width,
        "{} ids are no {rows} rows of the same width",
        ids.len(),
    );
    Tensor::from_data(TensorData::new(ids.to_vec(), [rows, width]), device)
}
