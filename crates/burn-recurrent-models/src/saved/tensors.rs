//! What tensors a configuration's model has, said without making the model.
//!
//! A description may be wrong, by accident or by intent, and a model of its sizes may not fit into memory. The weights'
//! header is compared with this list, so that nothing is made but what the file has numbers for.

use super::misfit::TensorType;
use crate::{
    CellKind, CharacterFeatures, PoolingKind, RecurrentLanguageModelConfig,
    SequenceClassifierConfig, SequenceTaggerConfig, TaggerOutput, TokenEncoderConfig,
    WindowLanguageModelConfig,
};
use safetensors::Dtype;
use std::collections::BTreeMap;

/// The tensors of a model by their names, sizes saturating.
#[derive(Default)]
pub(super) struct Tensors(BTreeMap<String, TensorType>);

/// Recurrent layers.
struct Layers {
    cell: CellKind,
    d_input: usize,
    d_hidden: usize,
    num_layers: usize,
    bidirectional: bool,
}

impl Tensors {
    pub(super) fn into_map(self) -> BTreeMap<String, TensorType> {
        self.0
    }

    fn add(&mut self, name: String, shape: Vec<usize>) {
        let dtype = Dtype::F32;
        self.0.insert(name, TensorType { shape, dtype });
    }

    fn linear(&mut self, name: &str, d_input: usize, d_output: usize) {
        self.add(format!("{name}.weight"), vec![d_input, d_output]);
        self.add(format!("{name}.bias"), vec![d_output]);
    }

    fn embedding(&mut self, name: &str, rows: usize, width: usize) {
        self.add(format!("{name}.weight"), vec![rows, width]);
    }

    /// An [`AnyRecurrent`](crate::AnyRecurrent).
    fn any_recurrent(&mut self, name: &str, layers: &Layers) {
        let variant = match layers.cell {
            CellKind::Rnn => "Rnn",
            CellKind::Gru => "Gru",
            CellKind::Lstm => "Lstm",
        };
        self.recurrent(&format!("{name}.{variant}"), layers);
    }

    fn recurrent(&mut self, name: &str, layers: &Layers) {
        let gates: usize = match layers.cell {
            CellKind::Rnn => 1,
            CellKind::Gru => 3,
            CellKind::Lstm => 4,
        };
        let d_hidden = layers.d_hidden;
        let width = gates.saturating_mul(d_hidden);
        let directions: &[&str] = match layers.bidirectional {
            true => &["forward", "backward"],
            false => &["forward"],
        };
        let d_output = directions.len().saturating_mul(d_hidden);
        for layer in 0..layers.num_layers {
            let d_input = if layer == 0 { layers.d_input } else { d_output };
            for direction in directions {
                let cell = format!("{name}.layers.{layer}.{direction}");
                self.add(format!("{cell}.weight_input"), vec![d_input, width]);
                self.add(format!("{cell}.weight_hidden"), vec![d_hidden, width]);
                self.add(format!("{cell}.bias"), vec![width]);
                if layers.cell == CellKind::Gru {
                    self.add(format!("{cell}.bias_candidate"), vec![d_hidden]);
                }
            }
        }
    }

    pub(super) fn recurrent_language_model(&mut self, config: &RecurrentLanguageModelConfig) {
        let (vocabulary, d_hidden) = (config.vocabulary_size, config.d_hidden);
        self.embedding("embedding", vocabulary, config.d_embedding);
        let layers = Layers {
            cell: config.cell,
            d_input: config.d_embedding,
            d_hidden,
            num_layers: config.num_layers,
            bidirectional: false,
        };
        self.any_recurrent("recurrent", &layers);
        if !config.tied {
            self.add("output_weight".into(), vec![d_hidden, vocabulary]);
        }
        self.add("output_bias".into(), vec![vocabulary]);
    }

    pub(super) fn window_language_model(&mut self, config: &WindowLanguageModelConfig) {
        let vocabulary = config.vocabulary_size;
        let d_window = config.window.saturating_mul(config.d_embedding);
        let d_direct = if config.direct { d_window } else { 0 };
        let d_features = config.d_hidden.saturating_add(d_direct);
        // The last row is what stands before a text.
        let rows = vocabulary.saturating_add(1);
        self.embedding("embedding", rows, config.d_embedding);
        self.linear("hidden", d_window, config.d_hidden);
        self.add("output_weight".into(), vec![d_features, vocabulary]);
        self.add("output_bias".into(), vec![vocabulary]);
    }

    pub(super) fn sequence_tagger(&mut self, config: &SequenceTaggerConfig) {
        let d_encoder = self.token_encoder(&config.encoder);
        let labels = config.num_labels;
        if let Some(d_projection) = config.d_projection {
            self.linear("projection", d_encoder, d_projection);
        }
        let d_features = config.d_projection.unwrap_or(d_encoder);
        self.linear("output", d_features, labels);
        if let TaggerOutput::Crf { .. } = config.output {
            self.add("crf.transitions".into(), vec![labels, labels]);
            self.add("crf.start".into(), vec![labels]);
            self.add("crf.end".into(), vec![labels]);
        }
    }

    pub(super) fn sequence_classifier(&mut self, config: &SequenceClassifierConfig) {
        let d_encoder = self.token_encoder(&config.encoder);
        if let PoolingKind::Attention { d_attention } = config.pooling {
            self.linear("pooling.Attention.key", d_encoder, d_attention);
            self.add("pooling.Attention.query".into(), vec![d_attention, 1]);
        }
        self.linear("output", d_encoder, config.num_classes);
    }

    /// The encoder's tensors; returns the width of what it gives.
    fn token_encoder(&mut self, config: &TokenEncoderConfig) -> usize {
        self.embedding("encoder.words", config.vocabulary_size, config.d_word);
        let characters = config.character_vocabulary_size;
        let d_characters = match config.characters {
            CharacterFeatures::None {} => 0,
            CharacterFeatures::BiLstm {
                d_embedding,
                d_hidden,
            } => {
                self.embedding("encoder.characters.embedding", characters, d_embedding);
                let layers = Layers {
                    cell: CellKind::Lstm,
                    d_input: d_embedding,
                    d_hidden,
                    num_layers: 1,
                    bidirectional: true,
                };
                self.recurrent("encoder.characters.network.BiLstm", &layers);
                d_hidden.saturating_mul(2)
            }
            CharacterFeatures::Cnn {
                d_embedding,
                num_filters,
                width,
            } => {
                self.embedding("encoder.characters.embedding", characters, d_embedding);
                let d_window = width.saturating_mul(d_embedding);
                self.linear("encoder.characters.network.Cnn", d_window, num_filters);
                num_filters
            }
        };
        let d_shapes = config.shapes.map_or(0, |shapes| {
            self.embedding("encoder.shapes", shapes.vocabulary_size, shapes.d_embedding);
            shapes.d_embedding
        });
        let layers = Layers {
            cell: config.cell,
            d_input: config
                .d_word
                .saturating_add(d_characters)
                .saturating_add(d_shapes),
            d_hidden: config.d_hidden,
            num_layers: config.num_layers,
            bidirectional: config.bidirectional,
        };
        self.any_recurrent("encoder.recurrent", &layers);
        let directions = if config.bidirectional { 2 } else { 1 };
        config.d_hidden.saturating_mul(directions)
    }
}
