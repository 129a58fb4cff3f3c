//! The hyperparameters of a translator.

use super::{AttentionKind, BridgeKind, EncoderDecoderError, SpecialTokens};
use crate::{AnyRecurrentConfig, CellKind};
use burn_recurrent::RecurrentInitializer;
use serde::{Deserialize, Serialize};

/// Configuration of an [`EncoderDecoder`](crate::EncoderDecoder).
///
/// The defaults are the usual model with attention: a bidirectional GRU encoder, additive
/// attention, input feeding, tied embeddings. The sizes of the vocabularies are what the data
/// decides and have no default. From the plain encoder-decoder of Sutskever et al. 2014 on every
/// extension is a switch:
///
/// ```
/// use burn_recurrent_models::{AttentionKind, BridgeKind, CellKind, EncoderDecoderConfig};
///
/// let attention = EncoderDecoderConfig::new(8000, 8000);
/// let plain = EncoderDecoderConfig::new(8000, 8000)
///     .with_cell(CellKind::Lstm)
///     .with_layers(4)
///     .with_bidirectional(false)
///     .with_reverse_source(true)
///     .with_attention(AttentionKind::None)
///     .with_input_feeding(false)
///     .with_bridge(BridgeKind::Copy);
/// assert!(attention.validate().is_ok() && plain.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderDecoderConfig {
    /// The number of tokens in the source's vocabulary.
    pub source_vocabulary_size: usize,
    /// The number of tokens in the target's vocabulary.
    pub target_vocabulary_size: usize,
    /// The special tokens.
    pub tokens: SpecialTokens,
    /// The width of the embeddings, of the source's words and of the target's.
    pub d_embedding: usize,
    /// The width of the decoder's hidden vectors.
    pub d_hidden: usize,
    /// The width of the encoder's outputs, both directions together; `d_hidden`, where it is
    /// `None`.
    pub d_encoder: Option<usize>,
    /// The encoder's cell.
    pub encoder_cell: CellKind,
    /// The number of the encoder's layers.
    pub encoder_layers: usize,
    /// Whether the encoder also reads backwards, half of its width a direction.
    pub bidirectional: bool,
    /// Whether the encoder reads the source from its last word to its first (Sutskever et al.
    /// 2014).
    pub reverse_source: bool,
    /// The decoder's cell.
    pub decoder_cell: CellKind,
    /// The number of the decoder's layers.
    pub decoder_layers: usize,
    /// Whether the decoder's recurrent weights are the encoder's, which needs equal shapes.
    pub shared_recurrent: bool,
    /// Whether each step of the decoder also reads the encoder's summary of the sentence, its
    /// final hidden vector (Cho et al. 2014, equation 7: three inputs).
    pub summary: bool,
    /// How the decoder looks at the source's words.
    pub attention: AttentionKind,
    /// The width of additive and concat attention's own layer; `d_hidden`, where it is `None`.
    pub d_attention: Option<usize>,
    /// The width of the attended vector `tanh(W [h; c] + b)`; `d_hidden`, where it is `None`.
    pub d_attended: Option<usize>,
    /// Whether the attended vector of a step is read by the next one (Luong et al. 2015, section
    /// 3.3).
    pub input_feeding: bool,
    /// Where the decoder starts.
    pub bridge: BridgeKind,
    /// Whether the output layer's weights are the target's embeddings (Press and Wolf 2017). Where
    /// the widths differ, a linear layer comes before it.
    pub tied: bool,
    /// Whether source and target have one table of embeddings, which needs one vocabulary.
    pub shared_embeddings: bool,
    /// Whether the output layer has a bias.
    pub output_bias: bool,
    /// The probability of dropout on the embeddings.
    pub dropout_embedding: f64,
    /// The probability of dropout between the recurrent layers.
    pub dropout_layers: f64,
    /// The probability of dropout on what goes into the output layer.
    pub dropout_output: f64,
    /// Whether dropout draws one mask a sentence instead of one a word (Gal and Ghahramani 2016).
    pub variational_dropout: bool,
    /// The probability with which a recurrent weight is dropped for a batch (Merity et al. 2017).
    pub weight_drop: f64,
    /// The probability with which a word of the source is read as unknown while training.
    pub word_dropout_source: f64,
    /// The probability with which a word of the target is read as unknown while training (Bowman
    /// et al. 2016).
    pub word_dropout_target: f64,
    /// How much of a target's probability the training's loss takes from the right token and
    /// spreads over the vocabulary (Szegedy et al. 2016, section 7).
    pub label_smoothing: f64,
    /// How the weights of the recurrent layers are drawn.
    pub initializer: RecurrentInitializer,
}

impl Default for EncoderDecoderConfig {
    fn default() -> Self {
        Self {
            source_vocabulary_size: 0,
            target_vocabulary_size: 0,
            tokens: SpecialTokens::default(),
            d_embedding: 256,
            d_hidden: 512,
            d_encoder: None,
            encoder_cell: CellKind::Gru,
            encoder_layers: 1,
            bidirectional: true,
            reverse_source: false,
            decoder_cell: CellKind::Gru,
            decoder_layers: 1,
            shared_recurrent: false,
            summary: false,
            attention: AttentionKind::Additive,
            d_attention: None,
            d_attended: None,
            input_feeding: true,
            bridge: BridgeKind::Mean,
            tied: true,
            shared_embeddings: false,
            output_bias: true,
            dropout_embedding: 0.0,
            dropout_layers: 0.0,
            dropout_output: 0.0,
            variational_dropout: false,
            weight_drop: 0.0,
            word_dropout_source: 0.0,
            word_dropout_target: 0.0,
            label_smoothing: 0.0,
            initializer: RecurrentInitializer::Orthogonal {},
        }
    }
}

impl burn::config::Config for EncoderDecoderConfig {}

macro_rules! setters {
    ($($setter:ident: $field:ident: $type:ty;)*) => {
        $(
            #[doc = concat!("The same with this [`", stringify!($field), "`](Self::", stringify!($field), ").")]
            #[must_use]
            pub fn $setter(mut self, $field: $type) -> Self {
                self.$field = $field;
                self
            }
        )*
    };
}

impl EncoderDecoderConfig {
    /// The usual model, for vocabularies of these sizes.
    pub fn new(source_vocabulary_size: usize, target_vocabulary_size: usize) -> Self {
        Self {
            source_vocabulary_size,
            target_vocabulary_size,
            ..Self::default()
        }
    }

    setters! {
        with_source_vocabulary_size: source_vocabulary_size: usize;
        with_target_vocabulary_size: target_vocabulary_size: usize;
        with_tokens: tokens: SpecialTokens;
        with_d_embedding: d_embedding: usize;
        with_d_hidden: d_hidden: usize;
        with_d_encoder: d_encoder: Option<usize>;
        with_encoder_cell: encoder_cell: CellKind;
        with_encoder_layers: encoder_layers: usize;
        with_bidirectional: bidirectional: bool;
        with_reverse_source: reverse_source: bool;
        with_decoder_cell: decoder_cell: CellKind;
        with_decoder_layers: decoder_layers: usize;
        with_shared_recurrent: shared_recurrent: bool;
        with_summary: summary: bool;
        with_attention: attention: AttentionKind;
        with_d_attention: d_attention: Option<usize>;
        with_d_attended: d_attended: Option<usize>;
        with_input_feeding: input_feeding: bool;
        with_bridge: bridge: BridgeKind;
        with_tied: tied: bool;
        with_shared_embeddings: shared_embeddings: bool;
        with_output_bias: output_bias: bool;
        with_dropout_embedding: dropout_embedding: f64;
        with_dropout_layers: dropout_layers: f64;
        with_dropout_output: dropout_output: f64;
        with_variational_dropout: variational_dropout: bool;
        with_weight_drop: weight_drop: f64;
        with_word_dropout_source: word_dropout_source: f64;
        with_word_dropout_target: word_dropout_target: f64;
        with_label_smoothing: label_smoothing: f64;
        with_initializer: initializer: RecurrentInitializer;
    }

    /// The same with this cell in encoder and decoder.
    #[must_use]
    pub fn with_cell(self, cell: CellKind) -> Self {
        self.with_encoder_cell(cell).with_decoder_cell(cell)
    }

    /// The same with so many layers in encoder and decoder.
    #[must_use]
    pub fn with_layers(self, layers: usize) -> Self {
        self.with_encoder_layers(layers).with_decoder_layers(layers)
    }

    /// The width of the encoder's outputs, both directions together.
    pub fn encoder_width(&self) -> usize {
        self.d_encoder.unwrap_or(self.d_hidden)
    }

    /// The width of additive attention's own layer.
    pub fn attention_width(&self) -> usize {
        self.d_attention.unwrap_or(self.d_hidden)
    }

    /// The width of what goes up from the decoder: of the attended vectors, or without attention
    /// of the hidden ones.
    pub fn decoded_width(&self) -> usize {
        match self.attention {
            AttentionKind::None => self.d_hidden,
            _ => self.d_attended.unwrap_or(self.d_hidden),
        }
    }

    /// The encoder's recurrent layers.
    pub(super) fn encoder_recurrent(&self) -> AnyRecurrentConfig {
        let d_hidden = self.encoder_width() / (1 + usize::from(self.bidirectional));
        let layers = AnyRecurrentConfig::new(self.encoder_cell, self.d_embedding, d_hidden)
            .with_num_layers(self.encoder_layers)
            .with_bidirectional(self.bidirectional);
        self.regularised(layers)
    }

    /// The decoder's recurrent layers: a step reads the word, then the summary of the source, then
    /// the fed vector, as far as there are.
    pub(super) fn decoder_recurrent(&self) -> AnyRecurrentConfig {
        let summary = if self.summary {
            self.encoder_width()
        } else {
            0
        };
        let fed = match self.input_feeding {
            true => self.decoded_width(),
            false => 0,
        };
        let d_input = self.d_embedding.saturating_add(summary);
        let d_input = d_input.saturating_add(fed);
        let layers = AnyRecurrentConfig::new(self.decoder_cell, d_input, self.d_hidden)
            .with_num_layers(self.decoder_layers);
        self.regularised(layers)
    }

    fn regularised(&self, layers: AnyRecurrentConfig) -> AnyRecurrentConfig {
        layers
            .with_dropout(self.dropout_layers)
            .with_variational_dropout(self.variational_dropout)
            .with_weight_drop(self.weight_drop)
            .with_initializer(self.initializer.clone())
    }

    /// Checks that the settings describe a translator.
    ///
    /// # Errors
    ///
    /// Names the first one that does not fit.
    pub fn validate(&self) -> Result<(), EncoderDecoderError> {
        self.validate_numbers()?;
        self.validate_tokens()?;
        match self.contradictions().into_iter().find(|(holds, ..)| *holds) {
            Some((_, key, reason)) => Err(EncoderDecoderError::Contradiction { key, reason }),
            None => Ok(()),
        }
    }

    fn validate_numbers(&self) -> Result<(), EncoderDecoderError> {
        for (name, size) in [
            ("source_vocabulary_size", self.source_vocabulary_size),
            ("target_vocabulary_size", self.target_vocabulary_size),
            ("d_embedding", self.d_embedding),
            ("d_hidden", self.d_hidden),
            ("d_encoder", self.encoder_width()),
            ("d_attention", self.attention_width()),
            ("d_attended", self.decoded_width()),
            ("encoder_layers", self.encoder_layers),
            ("decoder_layers", self.decoder_layers),
        ] {
            if size == 0 {
                return Err(EncoderDecoderError::Zero { name });
            }
        }
        for (name, value) in [
            ("dropout_embedding", self.dropout_embedding),
            ("dropout_layers", self.dropout_layers),
            ("dropout_output", self.dropout_output),
            ("weight_drop", self.weight_drop),
            ("word_dropout_source", self.word_dropout_source),
            ("word_dropout_target", self.word_dropout_target),
            ("label_smoothing", self.label_smoothing),
        ] {
            if !(0.0..1.0).contains(&value) {
                return Err(EncoderDecoderError::Probability { name, value });
            }
        }
        Ok(())
    }

    fn validate_tokens(&self) -> Result<(), EncoderDecoderError> {
        let tokens = [
            ("padding", self.tokens.padding),
            ("unknown", self.tokens.unknown),
            ("begin", self.tokens.begin),
            ("end", self.tokens.end),
        ];
        for (index, (name, token)) in tokens.into_iter().enumerate() {
            let mut vocabularies = vec![("target_vocabulary_size", self.target_vocabulary_size)];
            if matches!(name, "padding" | "unknown") {
                vocabularies.push(("source_vocabulary_size", self.source_vocabulary_size));
            }
            for (vocabulary, size) in vocabularies {
                if token as usize >= size {
                    return Err(EncoderDecoderError::SpecialToken {
                        name,
                        token,
                        vocabulary,
                        size,
                    });
                }
            }
            if let Some((other, _)) = tokens[..index].iter().find(|(_, other)| *other == token) {
                return Err(EncoderDecoderError::SameSpecialToken {
                    one: other,
                    other: name,
                    token,
                });
            }
        }
        Ok(())
    }

    /// What may stand against a setting: whether it does, the setting, and what to say.
    fn contradictions(&self) -> Vec<(bool, &'static str, String)> {
        let attends = self.attention != AttentionKind::None;
        let (d_encoder, d_hidden) = (self.encoder_width(), self.d_hidden);
        let (cells, layers) = (
            self.encoder_cell == self.decoder_cell,
            self.encoder_layers == self.decoder_layers,
        );
        let same = |what: &str| {
            format!(
                "{what} needs encoder and decoder of one shape, but the encoder has {} layers of \
                 {:?} of width {d_encoder}, the decoder {} of {:?} of width {d_hidden}",
                self.encoder_layers, self.encoder_cell, self.decoder_layers, self.decoder_cell,
            )
        };
        let same_shape = cells && layers && d_encoder == d_hidden;
        vec![
            (
                self.bidirectional && !d_encoder.is_multiple_of(2),
                "bidirectional",
                format!("a direction has half of the encoder's width, but that is {d_encoder}"),
            ),
            (
                self.attention == AttentionKind::Dot && d_encoder != d_hidden,
                "attention",
                format!(
                    "dot attention multiplies the decoder's hidden vector with the encoder's \
                     output, but d_hidden is {d_hidden} and d_encoder {d_encoder}"
                ),
            ),
            (
                self.d_attention.is_some() && !self.attention.has_energy(),
                "d_attention",
                "only additive and concat attention have a layer of their own".to_owned(),
            ),
            (
                self.d_attended.is_some() && !attends,
                "d_attended",
                "without attention there is no attended vector".to_owned(),
            ),
            (
                self.input_feeding && !attends,
                "input_feeding",
                "without attention there is no attended vector to feed".to_owned(),
            ),
            (
                self.bridge == BridgeKind::Copy && !same_shape,
                "bridge",
                same("a copy of the encoder's final states"),
            ),
            (
                self.shared_recurrent && !same_shape,
                "shared_recurrent",
                same("sharing the recurrent weights"),
            ),
            (
                self.shared_recurrent && self.bidirectional,
                "shared_recurrent",
                "the encoder reads in two directions, the decoder in one".to_owned(),
            ),
            (
                self.shared_recurrent && (self.summary || self.input_feeding),
                "shared_recurrent",
                "with summary or input_feeding the decoder's input is wider than the encoder's"
                    .to_owned(),
            ),
            (
                self.shared_embeddings
                    && self.source_vocabulary_size != self.target_vocabulary_size,
                "shared_embeddings",
                format!(
                    "the source has {} tokens, the target {}",
                    self.source_vocabulary_size, self.target_vocabulary_size
                ),
            ),
        ]
    }
}
