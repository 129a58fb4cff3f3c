//! A batch of sentences.

use burn::tensor::{Int, Tensor};

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
    /// Words alone.
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

    /// The number of words in all rows together.
    pub fn num_words(&self) -> usize {
        self.lengths.iter().sum()
    }
}
