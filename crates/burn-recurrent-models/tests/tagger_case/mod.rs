//! Sentences, batches of them, and taggers of every kind.
#![allow(dead_code, reason = "each test uses some of it")]

use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::{
    CellKind, CharacterFeatures, CharacterInput, SequenceTagger, SequenceTaggerConfig,
    ShapeFeatures, TaggerInput, TaggerOutput, TokenEncoderConfig,
};

pub const WORDS: usize = 12;
pub const CHARACTERS: usize = 7;
pub const SHAPES: usize = 3;
pub const LABELS: usize = 4;

/// A sentence: for each word its index, spelling and shape.
pub type Sentence = Vec<(i64, Vec<i64>, i64)>;

pub fn sentence(words: &[i64]) -> Sentence {
    let spelling = |word: i64| (0..word % 4 + 1).map(|i| (word + i) % 7).collect();
    words
        .iter()
        .map(|word| (*word, spelling(*word), word % 3))
        .collect()
}

/// A batch; `junk` stands in all its padding, and there are `extra` steps and characters of it.
pub fn batch(sentences: &[Sentence], extra: usize, junk: i64, device: &Device) -> TaggerInput {
    let lengths: Vec<usize> = sentences.iter().map(Vec::len).collect();
    let time = lengths.iter().max().copied().unwrap_or(0) + extra;
    let mut distinct: Vec<Vec<i64>> = Vec::new();
    let (mut words, mut shapes, mut index) = (Vec::new(), Vec::new(), Vec::new());
    for sentence in sentences {
        for (word, spelling, shape) in sentence {
            words.push(*word);
            shapes.push(*shape);
            let known = distinct.iter().position(|other| other == spelling);
            index.push(known.unwrap_or(distinct.len()) as i64);
            if known.is_none() {
                distinct.push(spelling.clone());
            }
        }
        for _ in sentence.len()..time {
            words.push(junk);
            shapes.push(junk);
            index.push(junk);
        }
    }
    let width = distinct.iter().map(Vec::len).max().unwrap_or(0) + extra;
    let characters: Vec<i64> = distinct
        .iter()
        .flat_map(|word| (0..width).map(|i| word.get(i).copied().unwrap_or(junk)))
        .collect();
    let table = |values: Vec<i64>, rows, columns| {
        Tensor::<2, Int>::from_data(TensorData::new(values, [rows, columns]), device)
    };
    let rows = sentences.len();
    TaggerInput::new(table(words, rows, time), lengths)
        .with_shapes(table(shapes, rows, time))
        .with_characters(CharacterInput {
            characters: table(characters, distinct.len(), width),
            lengths: distinct.iter().map(Vec::len).collect(),
            index: table(index, rows, time),
        })
}

pub fn bi_lstm() -> CharacterFeatures {
    CharacterFeatures::BiLstm {
        d_embedding: 5,
        d_hidden: 4,
    }
}

pub fn cnn(width: usize) -> CharacterFeatures {
    CharacterFeatures::Cnn {
        d_embedding: 5,
        num_filters: 6,
        width,
    }
}

pub fn crf() -> TaggerOutput {
    TaggerOutput::Crf {
        constraints: None,
        constrain_training: true,
    }
}

pub fn encoder(characters: CharacterFeatures) -> TokenEncoderConfig {
    TokenEncoderConfig::new(WORDS, 6, 8)
        .with_characters(characters)
        .with_character_vocabulary_size(CHARACTERS)
        .with_shapes(Some(ShapeFeatures {
            vocabulary_size: SHAPES,
            d_embedding: 2,
        }))
}

/// Every kind of tagger there is, some of each option.
pub fn taggers(device: &Device) -> Vec<SequenceTagger> {
    device.seed(1);
    let none = CharacterFeatures::None {};
    [
        SequenceTaggerConfig::new(TokenEncoderConfig::new(WORDS, 6, 8), LABELS),
        SequenceTaggerConfig::new(encoder(bi_lstm()), LABELS).with_output(crf()),
        SequenceTaggerConfig::new(encoder(cnn(3)), LABELS).with_output(crf()),
        SequenceTaggerConfig::new(encoder(cnn(2)).with_cell(CellKind::Gru), LABELS),
        SequenceTaggerConfig::new(encoder(cnn(1)).with_num_layers(2), LABELS)
            .with_d_projection(Some(5)),
        SequenceTaggerConfig::new(encoder(none).with_bidirectional(false), LABELS)
            .with_output(crf()),
    ]
    .into_iter()
    .map(|config| config.init(device).unwrap())
    .collect()
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

pub fn targets(rows: &[&[i64]], time: usize, junk: i64, device: &Device) -> Tensor<2, Int> {
    let padded = rows
        .iter()
        .flat_map(|row| (0..time).map(|t| row.get(t).copied().unwrap_or(junk)));
    let data = TensorData::new(padded.collect::<Vec<_>>(), [rows.len(), time]);
    Tensor::from_data(data, device)
}

pub fn assert_all_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance, "{f}, expected {e}");
    }
}

pub trait Inner {
    fn inner(self) -> Self;
}

impl Inner for TaggerInput {
    /// The same without gradients.
    fn inner(self) -> Self {
        let inner = |tensor: Tensor<2, Int>| {
            let device = tensor.device().inner();
            Tensor::from_data(tensor.into_data(), &device)
        };
        Self {
            words: inner(self.words),
            lengths: self.lengths,
            characters: self.characters.map(|characters| CharacterInput {
                characters: inner(characters.characters),
                lengths: characters.lengths,
                index: inner(characters.index),
            }),
            shapes: self.shapes.map(inner),
        }
    }
}

/// No rows, no steps, and neither: `[batch, time]`.
pub const VARIANTS_OF_NOTHING: [[usize; 2]; 3] = [[0, 3], [2, 0], [0, 0]];

/// A batch without words, for every kind of tagger.
pub fn nothing([batch, time]: [usize; 2], device: &Device) -> TaggerInput {
    let table = |shape| Tensor::<2, Int>::zeros(shape, device);
    TaggerInput::new(table([batch, time]), vec![0; batch])
        .with_shapes(table([batch, time]))
        .with_characters(CharacterInput {
            characters: table([0, 0]),
            lengths: vec![],
            index: table([batch, time]),
        })
}
