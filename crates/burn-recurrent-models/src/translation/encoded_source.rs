//! The output of the encoder.

use super::DecoderState;
use super::state::map_state;
use crate::nothing::without_rows;
use burn::tensor::{Bool, Int, Tensor};

/// The output of the encoder for a batch of source sentences.
#[derive(Clone, Debug)]
pub struct EncodedSource {
    /// The words' vectors, `[batch, source, d_encoder]`, zero in the padding.
    pub values: Tensor<3>,
    /// What attention scores the words by, `[batch, source, any]`; none where that is the values.
    pub keys: Option<Tensor<3>>,
    /// True past the end of a sentence, `[batch, source]`; none where all are of one length.
    pub padding: Option<Tensor<2, Bool>>,
    /// The encoder's final hidden vectors, `[batch, d_encoder]`.
    pub summary: Tensor<2>,
    /// The number of words of each sentence.
    pub lengths: Vec<usize>,
    /// The decoder's state before its first word, a row a sentence.
    pub start: DecoderState,
}

impl EncodedSource {
    /// None of the sentences, and all that is known of them as wide as before.
    pub(super) fn without_sentences(self) -> Self {
        fn none<const D: usize>(tensor: Tensor<D>, rows: usize) -> Tensor<D> {
            let mut dims = tensor.dims();
            dims[rows] = 0;
            without_rows(tensor, dims)
        }
        Self {
            values: none(self.values, 0),
            keys: self.keys.map(|keys| none(keys, 0)),
            padding: None,
            summary: none(self.summary, 0),
            lengths: Vec::new(),
            start: DecoderState {
                recurrent: map_state(self.start.recurrent, |part| none(part, 1)),
                fed: self.start.fed.map(|fed| none(fed, 0)),
            },
        }
    }

    /// These sentences, in this order; the starting state too.
    pub(super) fn select(self, rows: &[usize]) -> Self {
        let index: Vec<i64> = rows.iter().map(|row| *row as i64).collect();
        let index = Tensor::<1, Int>::from_data(index.as_slice(), &self.values.device());
        Self {
            values: self.values.select(0, index.clone()),
            keys: self.keys.map(|keys| keys.select(0, index.clone())),
            padding: self.padding.map(|padding| padding.select(0, index.clone())),
            summary: self.summary.select(0, index.clone()),
            lengths: rows.iter().map(|row| self.lengths[*row]).collect(),
            start: self.start.select(index),
        }
    }
}
