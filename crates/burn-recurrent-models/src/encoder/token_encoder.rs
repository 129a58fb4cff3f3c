//! Words to vectors, in context.

use super::characters::clear_padding;
use super::draw::draw_embedding;
use super::{CharacterEncoder, CharacterFeatures, CharacterInput, TaggerInput, TokenEncoderError};
use crate::lengths::check_lengths;
use crate::{AnyRecurrent, AnyRecurrentConfig, AnyState, CellKind, TensorShapes};
use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Embedding};
use burn::tensor::module::embedding;
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use burn_recurrent::{RecurrentInitializer, VariationalDropout};
use serde::{Deserialize, Serialize};

/// Configuration of a [`TokenEncoder`].
///
/// Dropout as in Lample et al. 2016 (section 4.3) is `dropout_input` alone; as in Ma and Hovy 2016
/// (sections 2.4 and 3.2) it is the same number in `dropout_characters`, `dropout_input` and
/// `dropout_output`.
#[derive(Config, Debug)]
pub struct TokenEncoderConfig {
    /// The number of words.
    pub vocabulary_size: usize,
    /// The width of the words' embeddings.
    pub d_word: usize,
    /// The width of the hidden vectors of each direction.
    pub d_hidden: usize,
    /// The cell.
    #[config(default = "CellKind::Lstm")]
    pub cell: CellKind,
    /// The number of recurrent layers.
    #[config(default = 1)]
    pub num_layers: usize,
    /// Whether they also read backwards.
    #[config(default = true)]
    pub bidirectional: bool,
    /// How the words' characters become features.
    #[config(default = "CharacterFeatures::None {}")]
    pub characters: CharacterFeatures,
    /// The number of characters, where they become features.
    #[config(default = 0)]
    pub character_vocabulary_size: usize,
    /// Embeddings of the words' shapes.
    #[config(default = "None")]
    pub shapes: Option<ShapeFeatures>,
    /// Whether the words' embeddings stay as they are: for pretrained ones.
    #[config(default = false)]
    pub freeze_words: bool,
    /// The probability with which a word becomes `unknown_word` while training, so that the model
    /// learns to do without it; its characters and shape stay.
    #[config(default = 0.0)]
    pub word_dropout: f64,
    /// What a dropped word becomes.
    #[config(default = 0)]
    pub unknown_word: usize,
    /// The probability of dropout on the characters' embeddings.
    #[config(default = 0.0)]
    pub dropout_characters: f64,
    /// The probability of dropout on what goes into the first recurrent layer.
    #[config(default = 0.0)]
    pub dropout_input: f64,
    /// The probability of dropout between the recurrent layers.
    #[config(default = 0.0)]
    pub dropout_layers: f64,
    /// The probability of dropout on what comes out of the last recurrent layer.
    #[config(default = 0.0)]
    pub dropout_output: f64,
    /// Whether the last three draw one mask a sentence instead of one a word (Gal and Ghahramani
    /// 2016).
    #[config(default = false)]
    pub variational_dropout: bool,
    /// The probability with which a recurrent weight is dropped for a batch (Merity et al. 2017).
    #[config(default = 0.0)]
    pub weight_drop: f64,
    /// How the weights of the recurrent layers are drawn.
    #[config(default = "RecurrentInitializer::Orthogonal {}")]
    pub initializer: RecurrentInitializer,
}

/// Embeddings of what the caller calls a word's shape: how it is capitalised, whether it has digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShapeFeatures {
    /// The number of shapes.
    pub vocabulary_size: usize,
    /// The width of their embeddings.
    pub d_embedding: usize,
}

/// Reads sentences: embeddings of words, of their characters and of their shapes side by side, and
/// recurrent layers over them.
#[derive(Module, Debug)]
pub struct TokenEncoder {
    /// The words' embeddings, `[vocabulary, d_word]`.
    pub words: Embedding,
    /// The features of the words' characters.
    pub characters: Option<CharacterEncoder>,
    /// The shapes' embeddings.
    pub shapes: Option<Embedding>,
    /// The recurrent layers.
    pub recurrent: AnyRecurrent,
    word_dropout: VariationalDropout,
    dropout_input: SentenceDropout,
    dropout_output: SentenceDropout,
    freeze_words: bool,
    unknown_word: usize,
}

impl TokenEncoderConfig {
    /// Checks that the numbers describe an encoder.
    ///
    /// # Errors
    ///
    /// Names the first one that does not.
    pub fn validate(&self) -> Result<(), TokenEncoderError> {
        let mut sizes = vec![
            ("vocabulary_size", self.vocabulary_size),
            ("d_word", self.d_word),
            ("d_hidden", self.d_hidden),
            ("num_layers", self.num_layers),
        ];
        let characters = self.characters.sizes();
        if !characters.is_empty() {
            let size = self.character_vocabulary_size;
            sizes.push(("character_vocabulary_size", size));
        }
        sizes.extend(characters);
        if let Some(shapes) = &self.shapes {
            sizes.push(("the shapes' vocabulary_size", shapes.vocabulary_size));
            sizes.push(("the shapes' d_embedding", shapes.d_embedding));
        }
        if let Some((name, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(TokenEncoderError::Zero { name });
        }
        for (name, value) in [
            ("word_dropout", self.word_dropout),
            ("dropout_characters", self.dropout_characters),
            ("dropout_input", self.dropout_input),
            ("dropout_layers", self.dropout_layers),
            ("dropout_output", self.dropout_output),
            ("weight_drop", self.weight_drop),
        ] {
            if !(0.0..1.0).contains(&value) {
                return Err(TokenEncoderError::Probability { name, value });
            }
        }
        match self.unknown_word < self.vocabulary_size {
            true => Ok(()),
            false => Err(TokenEncoderError::UnknownWord {
                unknown_word: self.unknown_word,
                vocabulary_size: self.vocabulary_size,
            }),
        }
    }

    /// Creates the encoder.
    ///
    /// # Errors
    ///
    /// If the numbers describe none ([`validate`](Self::validate)).
    pub fn init(&self, device: &Device) -> Result<TokenEncoder, TokenEncoderError> {
        self.validate()?;
        let words = draw_embedding(self.vocabulary_size, self.d_word, device);
        let characters = self.characters.init(
            self.character_vocabulary_size,
            self.dropout_characters,
            device,
        );
        let shapes = self
            .shapes
            .map(|shapes| draw_embedding(shapes.vocabulary_size, shapes.d_embedding, device));
        let dropout = |prob| SentenceDropout::new(prob, self.variational_dropout);
        Ok(TokenEncoder {
            words,
            characters,
            shapes,
            recurrent: self.recurrent().init(device),
            word_dropout: VariationalDropout::new(self.word_dropout),
            dropout_input: dropout(self.dropout_input),
            dropout_output: dropout(self.dropout_output),
            freeze_words: self.freeze_words,
            unknown_word: self.unknown_word,
        })
    }

    /// The width of a word's vector.
    pub fn d_output(&self) -> usize {
        self.recurrent().d_output()
    }

    /// The tensors of the module.
    pub fn tensors(&self) -> TensorShapes {
        let characters = self.characters.tensors(self.character_vocabulary_size);
        let shapes = self.shapes.map(|shapes| {
            TensorShapes::embedding(shapes.vocabulary_size, shapes.d_embedding).within("shapes")
        });
        TensorShapes::embedding(self.vocabulary_size, self.d_word)
            .within("words")
            .and(characters.within("characters"))
            .and(shapes.unwrap_or_else(TensorShapes::none))
            .and(self.recurrent().tensors().within("recurrent"))
    }

    fn recurrent(&self) -> AnyRecurrentConfig {
        let d_shapes = self.shapes.map_or(0, |shapes| shapes.d_embedding);
        let d_input = self
            .d_word
            .saturating_add(self.characters.d_output())
            .saturating_add(d_shapes);
        AnyRecurrentConfig::new(self.cell, d_input, self.d_hidden)
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.bidirectional)
            .with_dropout(self.dropout_layers)
            .with_variational_dropout(self.variational_dropout)
            .with_weight_drop(self.weight_drop)
            .with_initializer(self.initializer.clone())
    }
}

impl TokenEncoder {
    /// Every word's vector, and every sentence's.
    ///
    /// # Shapes
    ///
    /// - returns: the last layer's output, `[batch, time, d_output]`, zero in the padding; and its
    ///   final states, `[batch, d_output]`: that of the forward direction after the last word,
    ///   that of the backward direction after the first; zero for a sentence without words
    ///
    /// # Panics
    ///
    /// If a shape does not fit, a length is longer than the time, or the input lacks the characters
    /// or shapes that the encoder reads.
    pub fn forward(&self, input: &TaggerInput) -> (Tensor<3>, Tensor<2>) {
        let [batch, time] = input.words.dims();
        check_lengths(&input.lengths, batch, time);
        let d_output = self.d_output();
        let device = self.words.weight.device();
        if batch == 0 || time == 0 {
            let output = Tensor::zeros([batch, time, d_output], &device);
            return (output, Tensor::zeros([batch, d_output], &device));
        }
        let features = self.dropout_input.forward(self.features(input));
        let (output, state) = self
            .recurrent
            .forward_padded(features, &input.lengths, None);
        let hidden = match state {
            AnyState::Hidden(state) => state.hidden,
            AnyState::Lstm(state) => state.hidden,
        };
        // [layers * directions, batch, d_hidden]: the last layer's directions side by side.
        let [stack, _, d_hidden] = hidden.dims();
        let directions = d_output / d_hidden;
        let last = hidden.narrow(0, stack - directions, directions);
        let last = last.swap_dims(0, 1).reshape([batch, 1, d_output]);
        let last = self.dropout_output.forward(last);
        let output = self.dropout_output.forward(output);
        (output, last.reshape([batch, d_output]))
    }

    /// The width of a word's vector.
    pub fn d_output(&self) -> usize {
        self.recurrent.d_output()
    }

    /// The same with these vectors for some of the words; the others keep theirs.
    ///
    /// # Shapes
    ///
    /// - rows: the words' indices
    /// - vectors: `[rows, d_word]`
    ///
    /// # Panics
    ///
    /// If the shape does not fit or a word is not in the vocabulary.
    pub fn with_word_vectors(mut self, rows: &[usize], vectors: TensorData) -> Self {
        let [vocabulary_size, d_word] = self.words.weight.dims();
        assert!(
            vectors.shape().as_slice() == [rows.len(), d_word],
            "the vectors of {} words must be [{}, {d_word}], but are {:?}",
            rows.len(),
            rows.len(),
            vectors.shape().as_slice(),
        );
        let vectors: Vec<f32> = vectors.iter::<f32>().collect();
        self.words.weight = self.words.weight.map(|weight| {
            let options = (&weight.device(), weight.dtype());
            let tracked = weight.is_require_grad();
            let mut table: Vec<f32> = weight.into_data().iter::<f32>().collect();
            for (row, vector) in rows.iter().zip(vectors.chunks_exact(d_word)) {
                assert!(
                    *row < vocabulary_size,
                    "there are {vocabulary_size} words, none with index {row}"
                );
                table[row * d_word..(row + 1) * d_word].copy_from_slice(vector);
            }
            let table = TensorData::new(table, [vocabulary_size, d_word]);
            Tensor::from_data(table, options).set_require_grad(tracked)
        });
        self
    }

    /// What goes into the recurrent layers, `[batch, time, d_input]`.
    fn features(&self, input: &TaggerInput) -> Tensor<3> {
        let [batch, time] = input.words.dims();
        let check = |name: &str, index: &Tensor<2, Int>| {
            assert!(
                index.dims() == [batch, time],
                "the {name} must be [batch, time] = {:?} as the words are, but are {:?}",
                [batch, time],
                index.dims(),
            );
        };
        let clear = |index: &Tensor<2, Int>| clear_padding(index.clone(), &input.lengths);
        let table = self.words.weight.val();
        let table = match self.freeze_words {
            true => table.detach(),
            false => table,
        };
        let mut parts = vec![embedding(table, self.drop_words(clear(&input.words)))];
        if let Some(encoder) = &self.characters {
            let Some(characters) = &input.characters else {
                panic!("the encoder reads characters, but the input has none");
            };
            check("characters' index", &characters.index);
            let index = clear(&characters.index);
            parts.push(encoder.forward(&CharacterInput {
                index,
                ..characters.clone()
            }));
        }
        if let Some(table) = &self.shapes {
            let Some(shapes) = &input.shapes else {
                panic!("the encoder reads shapes, but the input has none");
            };
            check("shapes", shapes);
            parts.push(table.forward(clear(shapes)));
        }
        match parts.len() {
            1 => parts.remove(0),
            _ => Tensor::cat(parts, 2),
        }
    }

    fn drop_words(&self, words: Tensor<2, Int>) -> Tensor<2, Int> {
        let device = self.words.weight.device();
        if !self.word_dropout.is_active(&device) {
            return words;
        }
        let dropped = Distribution::Bernoulli(self.word_dropout.prob());
        let dropped = Tensor::<2>::random(words.dims(), dropped, &device).greater_scalar(0.5);
        words.mask_fill(dropped, self.unknown_word as i64)
    }
}

/// Dropout with one mask a word or one a sentence.
#[derive(Module, Debug)]
struct SentenceDropout {
    each_word: Dropout,
    whole_sentence: VariationalDropout,
}

impl SentenceDropout {
    fn new(prob: f64, variational: bool) -> Self {
        let (each_word, whole_sentence) = match variational {
            true => (0.0, prob),
            false => (prob, 0.0),
        };
        Self {
            each_word: DropoutConfig::new(each_word).init(),
            whole_sentence: VariationalDropout::new(whole_sentence),
        }
    }

    fn forward(&self, input: Tensor<3>) -> Tensor<3> {
        self.whole_sentence.forward(self.each_word.forward(input))
    }
}
