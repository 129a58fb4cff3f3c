//! Words to vectors, in context.

use super::characters::clear_padding;
use super::draw::draw_embedding;
use super::{CharacterEncoder, CharacterFeatures, CharacterInput, TaggerInput};
use crate::config_file::{burn_config, is_undecided, lstm, no_characters, one, orthogonal, yes};
use crate::embed::{embed, embed_from};
use crate::lengths::check_lengths;
use crate::option_error::{at_least_one, initializer, probability};
use crate::sentence_dropout::SentenceDropout;
use crate::{AnyRecurrent, AnyRecurrentConfig, AnyState, CellKind, OptionError, TensorShapes};
use burn::module::Module;
use burn::nn::Embedding;
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use burn_recurrent::{RecurrentInitializer, VariationalDropout, ZeroOutput};
use serde::{Deserialize, Serialize};

/// Configuration of a [`TokenEncoder`].
///
/// Dropout as in Lample et al. 2016 (section 4.3) is `dropout_input` alone; as in Ma and Hovy 2016
/// (sections 2.4 and 3.2) it is the same number in `dropout_characters`, `dropout_input` and
/// `dropout_output`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenEncoderConfig {
    /// The number of words. A file may leave it to the data.
    #[serde(default, skip_serializing_if = "is_undecided")]
    pub vocabulary_size: usize,
    /// The width of the words' embeddings.
    pub d_word: usize,
    /// The width of the hidden vectors of each direction.
    pub d_hidden: usize,
    /// The cell.
    #[serde(default = "lstm")]
    pub cell: CellKind,
    /// The number of recurrent layers.
    #[serde(default = "one")]
    pub num_layers: usize,
    /// Whether they also read backwards.
    #[serde(default = "yes")]
    pub bidirectional: bool,
    /// How the words' characters become features.
    #[serde(default = "no_characters")]
    pub characters: CharacterFeatures,
    /// The number of characters, where they become features.
    #[serde(default)]
    pub character_vocabulary_size: usize,
    /// Embeddings of the words' shapes.
    #[serde(default)]
    pub shapes: Option<ShapeFeatures>,
    /// Whether the words' embeddings stay as they are: for pretrained ones.
    #[serde(default)]
    pub freeze_words: bool,
    /// The probability with which a word becomes `unknown_word` while training, so that the model
    /// learns to do without it; its characters and shape stay.
    #[serde(default)]
    pub word_dropout: f64,
    /// What a dropped word becomes.
    #[serde(default)]
    pub unknown_word: usize,
    /// The probability of dropout on the characters' embeddings.
    #[serde(default)]
    pub dropout_characters: f64,
    /// The probability of dropout on what goes into the first recurrent layer.
    #[serde(default)]
    pub dropout_input: f64,
    /// The probability of dropout between the recurrent layers.
    #[serde(default)]
    pub dropout_layers: f64,
    /// The probability of dropout on what comes out of the last recurrent layer.
    #[serde(default)]
    pub dropout_output: f64,
    /// Whether the last three draw one mask a sentence instead of one a word (Gal and Ghahramani
    /// 2016).
    #[serde(default)]
    pub variational_dropout: bool,
    /// The probability with which a recurrent weight is dropped for a batch (Merity et al. 2017).
    #[serde(default)]
    pub weight_drop: f64,
    /// How the weights of the recurrent layers are drawn.
    #[serde(default = "orthogonal")]
    pub initializer: RecurrentInitializer,
}

burn_config! {
    TokenEncoderConfig {
        with_vocabulary_size: vocabulary_size: usize,
        with_d_word: d_word: usize,
        with_d_hidden: d_hidden: usize,
        with_cell: cell: CellKind,
        with_num_layers: num_layers: usize,
        with_bidirectional: bidirectional: bool,
        with_characters: characters: CharacterFeatures,
        with_character_vocabulary_size: character_vocabulary_size: usize,
        with_shapes: shapes: Option<ShapeFeatures>,
        with_freeze_words: freeze_words: bool,
        with_word_dropout: word_dropout: f64,
        with_unknown_word: unknown_word: usize,
        with_dropout_characters: dropout_characters: f64,
        with_dropout_input: dropout_input: f64,
        with_dropout_layers: dropout_layers: f64,
        with_dropout_output: dropout_output: f64,
        with_variational_dropout: variational_dropout: bool,
        with_weight_drop: weight_drop: f64,
        with_initializer: initializer: RecurrentInitializer,
    }
}

impl TokenEncoderConfig {
    /// A config with these sizes and the defaults of all else.
    pub fn new(vocabulary_size: usize, d_word: usize, d_hidden: usize) -> Self {
        Self {
            vocabulary_size,
            d_word,
            d_hidden,
            cell: lstm(),
            num_layers: one(),
            bidirectional: yes(),
            characters: no_characters(),
            character_vocabulary_size: 0,
            shapes: None,
            freeze_words: false,
            word_dropout: 0.0,
            unknown_word: 0,
            dropout_characters: 0.0,
            dropout_input: 0.0,
            dropout_layers: 0.0,
            dropout_output: 0.0,
            variational_dropout: false,
            weight_drop: 0.0,
            initializer: orthogonal(),
        }
    }
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
    pub fn validate(&self) -> Result<(), OptionError> {
        at_least_one("vocabulary_size", self.vocabulary_size)?;
        at_least_one("d_word", self.d_word)?;
        at_least_one("d_hidden", self.d_hidden)?;
        at_least_one("num_layers", self.num_layers)?;
        if self.characters != (CharacterFeatures::None {}) {
            at_least_one("character_vocabulary_size", self.character_vocabulary_size)?;
        }
        self.characters
            .validate()
            .map_err(|error| error.within("characters"))?;
        if let Some(shapes) = &self.shapes {
            at_least_one("shapes.vocabulary_size", shapes.vocabulary_size)?;
            at_least_one("shapes.d_embedding", shapes.d_embedding)?;
        }
        for (key, value) in [
            ("word_dropout", self.word_dropout),
            ("dropout_characters", self.dropout_characters),
            ("dropout_input", self.dropout_input),
            ("dropout_layers", self.dropout_layers),
            ("dropout_output", self.dropout_output),
            ("weight_drop", self.weight_drop),
        ] {
            probability(key, value)?;
        }
        initializer("initializer", &self.initializer)?;
        match self.unknown_word < self.vocabulary_size {
            true => Ok(()),
            false => Err(OptionError::new(
                "unknown_word",
                format!(
                    "must be below vocabulary_size = {}, but is {}",
                    self.vocabulary_size, self.unknown_word
                ),
            )),
        }
    }

    /// Creates the encoder.
    ///
    /// # Errors
    ///
    /// If the numbers describe none ([`validate`](Self::validate)).
    pub fn init(&self, device: &Device) -> Result<TokenEncoder, OptionError> {
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
        if batch == 0 || time == 0 {
            let table = self.words.weight.val();
            let operands = ZeroOutput::like(&table)
                .of_module(&self.characters)
                .of_module(&self.shapes)
                .of_module(&self.recurrent);
            let operands = match self.freeze_words {
                true => operands,
                false => operands.of(&table),
            };
            let output = operands.clone().shaped([batch, time, d_output]);
            return (output, operands.shaped([batch, d_output]));
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
        let mut parts = vec![embed_from(table, self.drop_words(clear(&input.words)))];
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
            parts.push(embed(table, clear(shapes)));
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
