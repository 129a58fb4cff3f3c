//! The translator: an encoder, a decoder, and what is between them.

use super::bridge::{Bridge, Read};
use super::output_layer::OutputLayer;
use super::scheduled_sampling::scheduled_inputs;
use super::source_encoder::SourceEncoder;
use super::target_decoder::{Decoded, TargetDecoder};
use super::{
    DecoderState, EncodedSource, EncoderDecoderBatch, EncoderDecoderConfig, EncoderDecoderError,
    SpecialTokens,
};
use crate::lengths::{check_lengths, padding};
use crate::{AnyRecurrent, AnyState};
use burn::module::Module;
use burn::nn::Embedding;
use burn::tensor::{Device, Int, Tensor};
use burn_recurrent::ZeroOutput;

/// Translates sentences: an encoder reads the source, a decoder writes the target (Sutskever et
/// al. 2014; Cho et al. 2014), with or without attention (Bahdanau et al. 2015; Luong et al. 2015).
///
/// ```
/// use burn::tensor::Device;
/// use burn_recurrent_models::{EncoderDecoderConfig, EncoderDecoderBatch};
///
/// let device = Device::default();
/// let config = EncoderDecoderConfig::new(100, 80).with_d_embedding(8).with_d_hidden(16);
/// let model = config.init(&device)?;
/// let (source, target) = ([vec![17, 4, 50], vec![8]], [vec![20, 21], vec![5, 6, 7]]);
/// let batch = EncoderDecoderBatch::from_rows(&source, &target, config.tokens, &device);
/// // Each word of a translation is predicted, and its end.
/// assert_eq!(model.nats(&batch).dims(), [7]);
/// # Ok::<(), burn_recurrent_models::EncoderDecoderError>(())
/// ```
#[derive(Module, Debug)]
pub struct EncoderDecoder {
    /// Reads the source.
    pub encoder: SourceEncoder,
    /// From the encoder's final state to the decoder's first.
    pub bridge: Bridge,
    /// Writes the target.
    pub decoder: TargetDecoder,
    /// From what the decoder computed to the target's words.
    pub output: OutputLayer,
    label_smoothing: f64,
    d_decoded: usize,
    #[module(skip)]
    tokens: SpecialTokens,
}

impl EncoderDecoderConfig {
    /// Creates the translator.
    ///
    /// # Errors
    ///
    /// If the settings describe none ([`validate`](Self::validate)).
    pub fn init(&self, device: &Device) -> Result<EncoderDecoder, EncoderDecoderError> {
        self.validate()?;
        Ok(EncoderDecoder {
            encoder: SourceEncoder::new(self, device),
            bridge: Bridge::new(self, device),
            decoder: TargetDecoder::new(self, device),
            output: OutputLayer::new(self, device),
            label_smoothing: self.label_smoothing,
            d_decoded: self.decoded_width(),
            tokens: self.tokens,
        })
    }
}

impl EncoderDecoder {
    /// Reads a padded batch of sentences of which row `b` has `lengths[b]` words; what stands in
    /// the padding does not matter. A sentence may be without words, and there may be none.
    ///
    /// # Shapes
    ///
    /// - words: `[batch, source]`
    ///
    /// # Panics
    ///
    /// If the lengths do not fit.
    pub fn encode(&self, words: Tensor<2, Int>, lengths: &[usize]) -> EncodedSource {
        let [batch, time] = words.dims();
        if batch == 0 {
            check_lengths(lengths, batch, time);
            let one = Tensor::zeros([1, time.max(1)], &words.device());
            return self.encode(one, &[0]).without_sentences();
        }
        // Where no sentence has a word, one place of padding stands for all.
        let (words, time) = match time {
            0 => (Tensor::zeros([batch, 1], &words.device()), 1),
            _ => (words, time),
        };
        let embedding = self.encoder.embedding.as_ref();
        let embedding = embedding.unwrap_or(&self.decoder.embedding);
        let read = self.encoder.forward(embedding, words, lengths);
        let (values, summary) = (read.values, read.summary);
        let recurrent = self.bridge.forward(Read {
            values: &values,
            summary: &summary,
            state: read.state,
            lengths,
        });
        let attention = self.decoder.attention.as_ref();
        let has_keys = attention.is_some_and(|attention| attention.key.is_some());
        let keys = attention.filter(|_| has_keys);
        let fed = [batch, self.d_decoded];
        EncodedSource {
            keys: keys.map(|attention| attention.keys(values.clone())),
            padding: padding(lengths, time, &values.device()),
            start: DecoderState {
                recurrent,
                fed: (self.decoder.is_fed())
                    .then(|| Tensor::zeros(fed, (&values.device(), values.dtype()))),
            },
            values,
            summary,
            lengths: lengths.to_vec(),
        }
    }

    /// Reads the target's words so far, `[rows, time]`, of one or more rows a sentence, those of
    /// one side by side.
    ///
    /// `lengths` are the rows' where they differ; the state that is returned is then that after the
    /// last place, and means nothing for the shorter rows where there is input feeding.
    ///
    /// # Panics
    ///
    /// If the rows are no multiple of the sentences, or the state has not as many.
    pub fn decode(
        &self,
        words: Tensor<2, Int>,
        lengths: Option<&[usize]>,
        state: DecoderState,
        source: &EncodedSource,
    ) -> Decoded {
        let ([rows, time], sentences) = (words.dims(), source.lengths.len());
        assert!(
            rows.is_multiple_of(sentences),
            "there must be as many rows for each sentence, but there are {rows} rows and \
             {sentences} sentences"
        );
        if rows == 0 || time == 0 {
            return self.decode_nothing([rows, time], state, source);
        }
        self.decoder
            .forward(self.recurrent(), words, lengths, state, source)
    }

    /// The score of each word of the vocabulary at each place, `[rows, time, vocabulary]`, of what
    /// the decoder computed, `[rows, time, any]`.
    pub fn logits(&self, decoded: Tensor<3>) -> Tensor<3> {
        let [rows, time, _] = decoded.dims();
        if rows == 0 || time == 0 {
            return ZeroOutput::like(&decoded)
                .of(&decoded)
                .of_module(&self.output)
                .of_module(&self.decoder.embedding)
                .shaped([rows, time, self.target_vocabulary_size()]);
        }
        let features = self.output.features(decoded);
        let [_, _, width] = features.dims();
        let features = features.reshape([rows * time, width]);
        let logits = self.output.logits(&self.decoder.embedding, features);
        let [_, vocabulary] = logits.dims();
        logits.reshape([rows, time, vocabulary])
    }

    /// The negative log-probability of each token of the translations but their beginnings, in
    /// nats, row by row without the padding: `[predicted]`
    /// ([`EncoderDecoderBatch::predicted`]); none for a batch of nothing. What validation measures.
    ///
    /// # Panics
    ///
    /// If the batch does not fit together, or has a token that is not in the vocabulary.
    pub fn nats(&self, batch: &EncoderDecoderBatch) -> Tensor<1> {
        batch.check();
        match batch.predicted() {
            0 => self.no_nats(),
            _ => self.nats_of(batch, batch.inputs(), 0.0),
        }
    }

    /// The same for training, `[predicted]`: smoothed ([`label_smoothing`]), and with each of the decoder's
    /// inputs but the first replaced, with probability `sampling`, by a word that the model itself
    /// draws in its place (scheduled sampling, Bengio et al. 2015).
    ///
    /// Above zero the batch is first decoded without gradients or dropout, word by word, to know
    /// what the model would have written after what it was given; the gradients do not go through
    /// what was drawn, as in the paper.
    ///
    /// [`label_smoothing`]: EncoderDecoderConfig::label_smoothing
    ///
    /// # Panics
    ///
    /// Also if `sampling` is not a probability.
    pub fn training_nats(&self, batch: &EncoderDecoderBatch, sampling: f64) -> Tensor<1> {
        assert!(
            (0.0..=1.0).contains(&sampling),
            "sampling must be a probability, but is {sampling}"
        );
        batch.check();
        if batch.predicted() == 0 {
            return self.no_nats();
        }
        let inputs = match sampling > 0.0 {
            true => scheduled_inputs(self, batch, sampling),
            false => batch.inputs(),
        };
        self.nats_of(batch, inputs, self.label_smoothing)
    }

    /// The negative log-probability of a target at every place, `[rows * time]`, of what the decoder
    /// computed, `[rows, time, any]`, and the targets, `[rows, time]`.
    pub(super) fn place_nats(&self, decoded: Tensor<3>, targets: Tensor<2, Int>) -> Tensor<1> {
        let features = self.output.features(decoded);
        let [rows, time, width] = features.dims();
        let features = features.reshape([rows * time, width]);
        let targets = targets.reshape([rows * time]);
        self.output
            .nats(&self.decoder.embedding, features, targets, 0.0)
    }

    /// The special tokens.
    pub fn tokens(&self) -> SpecialTokens {
        self.tokens
    }

    /// The number of tokens in the target's vocabulary.
    pub fn target_vocabulary_size(&self) -> usize {
        self.decoder.embedding.weight.dims()[0]
    }

    /// The number of tokens in the source's vocabulary.
    pub fn source_vocabulary_size(&self) -> usize {
        let embedding: &Embedding = self
            .encoder
            .embedding
            .as_ref()
            .unwrap_or(&self.decoder.embedding);
        embedding.weight.dims()[0]
    }

    fn nats_of(
        &self,
        batch: &EncoderDecoderBatch,
        inputs: Tensor<2, Int>,
        smoothing: f64,
    ) -> Tensor<1> {
        let source = self.encode(batch.source.clone(), &batch.source_lengths);
        let lengths = batch.predicted_lengths();
        let start = source.start.clone();
        let decoded = self.decode(inputs, Some(&lengths), start, &source);
        let features = batch.at_targets(self.output.features(decoded.output));
        let target = &self.decoder.embedding;
        self.output
            .nats(target, features, batch.targets(), smoothing)
    }

    /// What [`decode`](Self::decode) returns where there is nothing to decode.
    fn decode_nothing(
        &self,
        [rows, time]: [usize; 2],
        state: DecoderState,
        source: &EncodedSource,
    ) -> Decoded {
        let hidden = match &state.recurrent {
            AnyState::Hidden(state) => &state.hidden,
            AnyState::Lstm(state) => &state.hidden,
        };
        let operands = ZeroOutput::like(&source.values)
            .of(&source.values)
            .of(hidden)
            .of_module(&self.decoder)
            .of_module(self.recurrent());
        let [_, words, _] = source.values.dims();
        let attention = self.decoder.attention.as_ref();
        Decoded {
            weights: attention.map(|_| operands.clone().shaped([rows, time, words])),
            output: operands.shaped([rows, time, self.d_decoded]),
            state,
        }
    }

    /// The loss of nothing.
    fn no_nats(&self) -> Tensor<1> {
        ZeroOutput::like(&self.decoder.embedding.weight.val())
            .of_module(self)
            .shaped([0])
    }

    fn recurrent(&self) -> &AnyRecurrent {
        let own = self.decoder.recurrent.as_ref();
        own.unwrap_or(&self.encoder.recurrent)
    }
}
