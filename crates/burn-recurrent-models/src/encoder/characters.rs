//! Features of a word's characters.

use super::CharacterInput;
use super::draw::{draw_embedding, draw_linear};
use crate::embed::{embed, embed_from};
use crate::lengths::{check_lengths, fill_padding, never, padding};
use crate::option_error::at_least_one;
use crate::{AnyRecurrentConfig, CellKind, OptionError, TensorShapes};
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Embedding, Linear};
use burn::tensor::{Device, Int, Tensor};
use burn_recurrent::{Lstm, LstmConfig, ZeroOutput, apply_dropout};
use serde::{Deserialize, Serialize};

/// The character features of words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CharacterFeatures {
    /// Not at all.
    None {},
    /// The final states of an LSTM in each direction, `2 * d_hidden` wide (Lample et al. 2016,
    /// section 4.1, where both widths are 25).
    BiLstm {
        /// The width of the characters' embeddings.
        d_embedding: usize,
        /// The width of each direction.
        d_hidden: usize,
    },
    /// A convolution and the maximum over the word (Ma and Hovy 2016, section 2.1, where the
    /// embeddings are 30 wide, there are 30 filters, and each sees 3 characters).
    Cnn {
        /// The width of the characters' embeddings.
        d_embedding: usize,
        /// The number of filters, and features.
        num_filters: usize,
        /// The number of characters that a filter sees.
        width: usize,
    },
}

/// Computes the features of words from their characters.
#[derive(Module, Debug)]
pub struct CharacterEncoder {
    /// The characters' embeddings, `[characters, d_embedding]`.
    pub embedding: Embedding,
    /// What makes a vector of them.
    pub network: CharacterNetwork,
    dropout: Dropout,
}

/// The network over characters' embeddings.
#[derive(Module, Debug)]
pub enum CharacterNetwork {
    /// Of [`CharacterFeatures::BiLstm`].
    BiLstm(Lstm),
    /// Of [`CharacterFeatures::Cnn`]: a linear layer over neighbouring characters' embeddings side
    /// by side, `[width * d_embedding, num_filters]`.
    Cnn(Linear),
}

impl CharacterFeatures {
    /// Checks that there is something of everything.
    pub(super) fn validate(&self) -> Result<(), OptionError> {
        match *self {
            Self::None {} => Ok(()),
            Self::BiLstm {
                d_embedding,
                d_hidden,
            } => {
                at_least_one("d_embedding", d_embedding)?;
                at_least_one("d_hidden", d_hidden)
            }
            Self::Cnn {
                d_embedding,
                num_filters,
                width,
            } => {
                at_least_one("d_embedding", d_embedding)?;
                at_least_one("num_filters", num_filters)?;
                at_least_one("width", width)
            }
        }
    }

    /// The encoder, of so many characters, with this probability of dropout on their embeddings.
    pub(super) fn init(
        &self,
        vocabulary_size: usize,
        dropout: f64,
        device: &Device,
    ) -> Option<CharacterEncoder> {
        let (d_embedding, network) = match *self {
            Self::None {} => return None,
            Self::BiLstm {
                d_embedding,
                d_hidden,
            } => {
                let config = LstmConfig::new(d_embedding, d_hidden).with_bidirectional(true);
                (d_embedding, CharacterNetwork::BiLstm(config.init(device)))
            }
            Self::Cnn {
                d_embedding,
                num_filters,
                width,
            } => {
                let filters = draw_linear(width * d_embedding, num_filters, device);
                (d_embedding, CharacterNetwork::Cnn(filters))
            }
        };
        Some(CharacterEncoder {
            embedding: draw_embedding(vocabulary_size, d_embedding, device),
            network,
            dropout: DropoutConfig::new(dropout).init(),
        })
    }

    /// The width of the features.
    pub(super) fn d_output(&self) -> usize {
        match *self {
            Self::None {} => 0,
            Self::BiLstm { d_hidden, .. } => d_hidden.saturating_mul(2),
            Self::Cnn { num_filters, .. } => num_filters,
        }
    }

    /// The tensors of the encoder, of so many characters.
    pub(super) fn tensors(&self, vocabulary_size: usize) -> TensorShapes {
        let (d_embedding, network) = match *self {
            Self::None {} => return TensorShapes::none(),
            Self::BiLstm {
                d_embedding,
                d_hidden,
            } => {
                let lstm = AnyRecurrentConfig::new(CellKind::Lstm, d_embedding, d_hidden)
                    .with_bidirectional(true);
                (d_embedding, TensorShapes::recurrent(&lstm).within("BiLstm"))
            }
            Self::Cnn {
                d_embedding,
                num_filters,
                width,
            } => {
                let d_window = width.saturating_mul(d_embedding);
                let filters = TensorShapes::linear(d_window, num_filters);
                (d_embedding, filters.within("Cnn"))
            }
        };
        TensorShapes::embedding(vocabulary_size, d_embedding)
            .within("embedding")
            .and(network.within("network"))
    }
}

impl CharacterEncoder {
    /// The features of the batch's words, `[batch, time, d_output]`; of words without characters
    /// they are zero, of the padding anything.
    ///
    /// # Panics
    ///
    /// If a length does not fit.
    pub fn forward(&self, input: &CharacterInput) -> Tensor<3> {
        let [batch, time] = input.index.dims();
        if batch == 0 || time == 0 {
            return ZeroOutput::like(&self.embedding.weight.val())
                .of_module(self)
                .shaped([batch, time, self.d_output()]);
        }
        embed_from(self.words(input), input.index.clone())
    }

    /// The width of the features.
    pub fn d_output(&self) -> usize {
        match &self.network {
            CharacterNetwork::BiLstm(lstm) => lstm.d_output(),
            CharacterNetwork::Cnn(filters) => filters.weight.dims()[1],
        }
    }

    /// The features of the distinct words, `[distinct words, d_output]`.
    fn words(&self, input: &CharacterInput) -> Tensor<2> {
        let [words, time] = input.characters.dims();
        check_lengths(&input.lengths, words, time);
        let table = self.embedding.weight.val();
        if input.lengths.iter().all(|length| *length == 0) {
            let like = (&table.device(), table.dtype());
            return Tensor::zeros([words.max(1), self.d_output()], like);
        }
        let characters = clear_padding(input.characters.clone(), &input.lengths);
        let embedded = apply_dropout(&self.dropout, embed(&self.embedding, characters));
        match &self.network {
            CharacterNetwork::BiLstm(lstm) => {
                let (_, state) = lstm.forward_padded(embedded, &input.lengths, None);
                // [directions, words, d_hidden] side by side.
                let states = state.hidden.swap_dims(0, 1);
                states.reshape([words, self.d_output()])
            }
            CharacterNetwork::Cnn(filters) => convolve(filters, embedded, &input.lengths),
        }
    }
}

/// The largest answer of each filter over each word, `[words, num_filters]`. Outside of the word
/// the embeddings are zero.
fn convolve(filters: &Linear, embedded: Tensor<3>, lengths: &[usize]) -> Tensor<2> {
    let [words, time, d_embedding] = embedded.dims();
    let (device, dtype) = (embedded.device(), embedded.dtype());
    let [d_window, num_filters] = filters.weight.dims();
    let width = d_window / d_embedding;
    let outside = |width: usize| {
        (width > 0).then(|| Tensor::<3>::zeros([words, width, d_embedding], (&device, dtype)))
    };
    let before = (width - 1) / 2;
    let inside = fill_padding(embedded, lengths, 0.0);
    let parts = [outside(before), Some(inside), outside(width - 1 - before)];
    let padded = Tensor::cat(parts.into_iter().flatten().collect(), 1);
    let windows = (0..width).map(|offset| padded.clone().narrow(1, offset, time));
    let windows = Tensor::cat(windows.collect(), 2).reshape([words * time, d_window]);
    let answers = filters.forward(windows).reshape([words, time, num_filters]);
    let never = never(answers.dtype());
    let largest = fill_padding(answers, lengths, never).max_dim(1);
    let largest = largest.reshape([words, num_filters]);
    match padding(lengths, time, &device) {
        // Words without characters have no window.
        Some(padding) => {
            let empty = padding.narrow(1, 0, 1).expand([words, num_filters]);
            largest.mask_fill(empty, 0.0)
        }
        None => largest,
    }
}

/// Index zero wherever there is padding, so that whatever stood there is not looked up.
pub(super) fn clear_padding(index: Tensor<2, Int>, lengths: &[usize]) -> Tensor<2, Int> {
    let [_, time] = index.dims();
    match padding(lengths, time, &index.device()) {
        Some(padding) => index.mask_fill(padding, 0),
        None => index,
    }
}
