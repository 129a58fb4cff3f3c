//! Reading the source.

use super::EncoderDecoderConfig;
use super::bridge::join_directions;
use super::word_dropout::WordDropout;
use crate::embed::embed;
use crate::encoder::draw_embedding;
use crate::lengths::{check_lengths, padding};
use crate::sentence_dropout::SentenceDropout;
use crate::{AnyRecurrent, AnyState};
use burn::module::Module;
use burn::nn::Embedding;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Reads source sentences: embeddings, and recurrent layers over them.
#[derive(Module, Debug)]
pub struct SourceEncoder {
    /// The words' embeddings, `[vocabulary, d_embedding]`; none where they are the target's.
    pub embedding: Option<Embedding>,
    /// The recurrent layers.
    pub recurrent: AnyRecurrent,
    dropout: SentenceDropout,
    word_dropout: WordDropout,
    reverse: bool,
    directions: usize,
}

/// What an encoder made of a batch.
pub(super) struct Encoding {
    /// `[batch, source, d_encoder]`, zero in the padding, in the order of the words.
    pub(super) values: Tensor<3>,
    /// The last layer's final hidden vectors, `[batch, d_encoder]`.
    pub(super) summary: Tensor<2>,
    /// The final state, both directions side by side, `[layers, batch, d_encoder]` each part.
    pub(super) state: AnyState,
}

impl SourceEncoder {
    pub(super) fn new(config: &EncoderDecoderConfig, device: &Device) -> Self {
        let directions = 1 + usize::from(config.bidirectional);
        let embedding = (!config.shared_embeddings)
            .then(|| draw_embedding(config.source_vocabulary_size, config.d_embedding, device));
        Self {
            embedding,
            recurrent: config.encoder_recurrent().init(device),
            dropout: SentenceDropout::new(config.dropout_embedding, config.variational_dropout),
            word_dropout: WordDropout::new(config.word_dropout_source, config.tokens),
            reverse: config.reverse_source,
            directions,
        }
    }

    /// Reads a padded batch of which row `b` has `lengths[b]` words; what stands in the padding
    /// does not matter.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit the words.
    pub(super) fn forward(
        &self,
        embedding: &Embedding,
        words: Tensor<2, Int>,
        lengths: &[usize],
    ) -> Encoding {
        let [batch, time] = words.dims();
        check_lengths(lengths, batch, time);
        let device = embedding.weight.device();
        let words = match padding(lengths, time, &words.device()) {
            Some(padding) => words.mask_fill(padding, 0),
            None => words,
        };
        let words = self.word_dropout.forward(words, &device);
        let order = self
            .reverse
            .then(|| reversed(lengths, time, &words.device()));
        let words = match &order {
            Some(order) => words.gather(1, order.clone()),
            None => words,
        };
        let embedded = self.dropout.forward(embed(embedding, words));
        let (values, state) = self.recurrent.forward_padded(embedded, lengths, None);
        let state = join_directions(state, self.directions);
        let hidden = match &state {
            AnyState::Hidden(state) => &state.hidden,
            AnyState::Lstm(state) => &state.hidden,
        };
        let [layers, _, width] = hidden.dims();
        let summary = hidden.clone().narrow(0, layers - 1, 1);
        let values = match order {
            Some(order) => {
                let order = order.unsqueeze_dim::<3>(2).expand([batch, time, width]);
                values.gather(1, order)
            }
            None => values,
        };
        Encoding {
            values,
            summary: summary.reshape([batch, width]),
            state,
        }
    }
}

/// For each place of each row the place that stands there when the row is read backwards, `[batch,
/// time]`; the padding stays where it is.
fn reversed(lengths: &[usize], time: usize, device: &Device) -> Tensor<2, Int> {
    let places: Vec<i64> = lengths
        .iter()
        .flat_map(|length| {
            (0..time).map(move |t| match t < *length {
                true => (length - 1 - t) as i64,
                false => t as i64,
            })
        })
        .collect();
    Tensor::from_data(TensorData::new(places, [lengths.len(), time]), device)
}
