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
use crate::AnyRecurrent;
use crate::lengths::padding;
use burn::module::Module;
use burn::nn::Embedding;
use burn::tensor::{Device, Int, Tensor};

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
    /// the padding does not matter. A sentence may be without words.
    ///
    /// # Shapes
    ///
    /// - words: `[batch, source]`
    ///
    /// # Panics
    ///
    /// If the lengths do not fit, or there is no sentence.
    pub fn encode(&self, words: Tensor<2, Int>, lengths: &[usize]) -> EncodedSource {
        let [batch, time] = words.dims();
        assert!(batch > 0, "there is no sentence to read");
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
                fed: (self.decoder.is_fed()).then(|| Tensor::zeros(fed, &values.device())),
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
        let ([rows, _], sentences) = (words.dims(), source.lengths.len());
        assert!(
            rows > 0 && rows.is_multiple_of(sentences),
            "there must be as many rows for each sentence, but there are {rows} rows and \
             {sentences} sentences"
        );
        self.decoder
            .forward(self.recurrent(), words, lengths, state, source)
    }

    /// The score of each word of the vocabulary at each place, `[rows, time, vocabulary]`, of what
    /// the decoder computed, `[rows, time, any]`.
    pub fn logits(&self, decoded: Tensor<3>) -> Tensor<3> {
        let features = self.output.features(decoded);
        let [rows, time, width] = features.dims();
        let features = features.reshape([rows * time, width]);
        let logits = self.output.logits(&self.decoder.embedding, features);
        let [_, vocabulary] = logits.dims();
        logits.reshape([rows, time, vocabulary])
    }

    /// The negative log-probability of each token of the translations but their beginnings, in
    /// nats, row by row without the padding: `[predicted]`
    /// ([`EncoderDecoderBatch::predicted`]). What validation measures.
    ///
    /// # Panics
    ///
    /// If the batch does not fit together, or has a token that is not in the vocabulary.
    pub fn nats(&self, batch: &EncoderDecoderBatch) -> Tensor<1> {
        self.nats_of(batch, batch.inputs(), 0.0)
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
        batch.check();
        let source = self.encode(batch.source.clone(), &batch.source_lengths);
        let lengths = batch.predicted_lengths();
        let start = source.start.clone();
        let decoded = self.decode(inputs, Some(&lengths), start, &source);
        let features = batch.at_targets(self.output.features(decoded.output));
        let target = &self.decoder.embedding;
        self.output
            .nats(target, features, batch.targets(), smoothing)
    }

    fn recurrent(&self) -> &AnyRecurrent {
        let own = self.decoder.recurrent.as_ref();
        own.unwrap_or(&self.encoder.recurrent)
    }
}
