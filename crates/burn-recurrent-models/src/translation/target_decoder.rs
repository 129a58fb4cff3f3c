//! Writing the target.

use super::attention::Attention;
use super::attention_decoder::AttentionDecoder;
use super::word_dropout::WordDropout;
use super::{DecoderState, EncodedSource, EncoderDecoderConfig};
use crate::AnyRecurrent;
use crate::embed::embed;
use crate::encoder::draw_embedding;
use crate::sentence_dropout::SentenceDropout;
use burn::module::Module;
use burn::nn::Embedding;
use burn::tensor::{Device, Int, Tensor};

/// Reads the target's words so far and what is known of the source: embeddings, recurrent layers,
/// attention.
#[derive(Module, Debug)]
pub struct TargetDecoder {
    /// The words' embeddings, `[vocabulary, d_embedding]`.
    pub embedding: Embedding,
    /// The recurrent layers; none where they are the encoder's. The first one's input is the word,
    /// then the summary of the source, then the fed vector, as far as there are.
    pub recurrent: Option<AnyRecurrent>,
    /// Attention over the source.
    pub attention: Option<Attention>,
    dropout: SentenceDropout,
    dropout_layers: SentenceDropout,
    word_dropout: WordDropout,
    summary: bool,
    input_feeding: bool,
    weight_drop: f64,
}

/// The output of the decoder.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// What goes up to the output layer at each place, `[rows, time, any]`.
    pub output: Tensor<3>,
    /// The state after the last place. With input feeding it and the weights may be without
    /// gradients.
    pub state: DecoderState,
    /// How much each word of the source counted, `[rows, time, source]`, where there is attention.
    pub weights: Option<Tensor<3>>,
}

impl TargetDecoder {
    pub(super) fn new(config: &EncoderDecoderConfig, device: &Device) -> Self {
        let variational = config.variational_dropout;
        Self {
            embedding: draw_embedding(config.target_vocabulary_size, config.d_embedding, device),
            recurrent: (!config.shared_recurrent).then(|| config.decoder_recurrent().init(device)),
            attention: Attention::new(config, device),
            dropout: SentenceDropout::new(config.dropout_embedding, variational),
            dropout_layers: SentenceDropout::new(config.dropout_layers, variational),
            word_dropout: WordDropout::new(config.word_dropout_target, config.tokens),
            summary: config.summary,
            input_feeding: config.input_feeding,
            weight_drop: config.weight_drop,
        }
    }

    /// Whether each step reads the attended vector of the one before.
    pub(super) fn is_fed(&self) -> bool {
        self.input_feeding
    }

    /// Runs over a batch with one or more rows a sentence, those of one side by side; all steps at
    /// once, unless there is input feeding.
    ///
    /// # Shapes
    ///
    /// - words: `[rows, time]`
    /// - lengths: of the rows, where they differ: what is computed past a row's end means nothing
    pub(super) fn forward(
        &self,
        recurrent: &AnyRecurrent,
        words: Tensor<2, Int>,
        lengths: Option<&[usize]>,
        state: DecoderState,
        source: &EncodedSource,
    ) -> Decoded {
        let [rows, time] = words.dims();
        let device = self.embedding.weight.device();
        let words = self.word_dropout.forward(words, &device);
        let mut input = self.dropout.forward(embed(&self.embedding, words));
        let sentences = source.lengths.len();
        let beside = rows / sentences;
        if self.summary {
            let [_, width] = source.summary.dims();
            let summary = source.summary.clone().reshape([sentences, 1, 1, width]);
            let summary = summary.expand([sentences, beside, time, width]);
            input = Tensor::cat(vec![input, summary.reshape([rows, time, width])], 2);
        }
        match (&self.attention, state.fed) {
            (Some(attention), Some(fed)) => {
                let decoder = AttentionDecoder {
                    recurrent,
                    attention,
                    dropout_layers: &self.dropout_layers,
                    weight_drop: self.weight_drop,
                };
                let attended = decoder.forward(input, state.recurrent, fed, source);
                Decoded {
                    output: attended.output,
                    state: attended.state,
                    weights: Some(attended.weights),
                }
            }
            (attention, _) => {
                let state = Some(state.recurrent);
                let (hidden, recurrent) = match lengths {
                    Some(lengths) => recurrent.forward_padded(input, lengths, state),
                    None => recurrent.forward(input, state),
                };
                let (output, weights) = match attention {
                    Some(attention) => attend_all(attention, hidden, source),
                    None => (hidden, None),
                };
                let state = DecoderState {
                    recurrent,
                    fed: None,
                };
                Decoded {
                    output,
                    state,
                    weights,
                }
            }
        }
    }
}

/// Attention of all steps of all rows at once, however many rows a sentence has.
fn attend_all(
    attention: &Attention,
    hidden: Tensor<3>,
    source: &EncodedSource,
) -> (Tensor<3>, Option<Tensor<3>>) {
    let [rows, time, width] = hidden.dims();
    let sentences = source.lengths.len();
    let queries = hidden.reshape([sentences, rows / sentences * time, width]);
    let (attended, weights) = attention.forward(queries, source);
    let ([_, _, wide], [_, _, words]) = (attended.dims(), weights.dims());
    (
        attended.reshape([rows, time, wide]),
        Some(weights.reshape([rows, time, words])),
    )
}
