//! One vector of many.

use crate::TensorShapes;
use crate::encoder::draw_linear;
use crate::lengths::{check_lengths, fill_padding, never, padding};
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::{softmax, tanh};
use burn::tensor::{Device, Tensor};
use burn_recurrent::ZeroOutput;
use serde::{Deserialize, Serialize};

/// The pooling of a sentence's words into one vector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PoolingKind {
    /// The final states: of the forward direction after the last word, of the backward direction
    /// after the first.
    Last {},
    /// The mean over the words.
    Mean {},
    /// The maximum over the words, number by number.
    Max {},
    /// A weighted mean, the weights by additive attention (Bahdanau et al. 2015; over one sentence
    /// Yang et al. 2016, equations 5 to 7): `softmax_t(v · tanh(W h_t + b))`.
    Attention {
        /// The width of `v`.
        d_attention: usize,
    },
}

/// Makes one vector of a sentence's words; a sentence without words becomes zero.
#[derive(Module, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one a model; a box would add an allocation and save nothing"
)]
pub enum Pooling {
    /// Of [`PoolingKind::Last`].
    Last(Unweighted),
    /// Of [`PoolingKind::Mean`].
    Mean(Unweighted),
    /// Of [`PoolingKind::Max`].
    Max(Unweighted),
    /// Of [`PoolingKind::Attention`].
    Attention(AdditiveAttention),
}

/// A pooling without parameters.
#[derive(Module, Debug)]
pub struct Unweighted {}

/// The parameters of [`PoolingKind::Attention`].
#[derive(Module, Debug)]
pub struct AdditiveAttention {
    /// `W` and `b`, `[width, d_attention]`.
    pub key: Linear,
    /// `v`, `[d_attention, 1]`.
    pub query: Param<Tensor<2>>,
}

impl PoolingKind {
    pub(crate) fn init(&self, width: usize, device: &Device) -> Pooling {
        match *self {
            Self::Last {} => Pooling::Last(Unweighted {}),
            Self::Mean {} => Pooling::Mean(Unweighted {}),
            Self::Max {} => Pooling::Max(Unweighted {}),
            Self::Attention { d_attention } => Pooling::Attention(AdditiveAttention {
                key: draw_linear(width, d_attention, device),
                query: draw_linear(d_attention, 1, device).weight,
            }),
        }
    }

    /// The tensors of the module.
    pub(crate) fn tensors(&self, width: usize) -> TensorShapes {
        match *self {
            Self::Last {} | Self::Mean {} | Self::Max {} => TensorShapes::none(),
            Self::Attention { d_attention } => TensorShapes::linear(width, d_attention)
                .within("key")
                .and(TensorShapes::of("query", [d_attention, 1]))
                .within("Attention"),
        }
    }
}

impl Pooling {
    /// Pools a padded batch.
    ///
    /// # Shapes
    ///
    /// - output: `[batch, time, width]`, zero in the padding
    /// - last: the final states, `[batch, width]`
    /// - returns: `[batch, width]`
    ///
    /// # Panics
    ///
    /// If a shape does not fit or a length is longer than the time.
    pub fn forward(&self, output: Tensor<3>, last: Tensor<2>, lengths: &[usize]) -> Tensor<2> {
        let [batch, time, width] = output.dims();
        check_lengths(lengths, batch, time);
        if batch == 0 || time == 0 {
            return last;
        }
        match self {
            Self::Last(_) => last,
            Self::Mean(_) => {
                let counts: Vec<f32> = lengths.iter().map(|l| (*l).max(1) as f32).collect();
                let like = (&output.device(), output.dtype());
                let counts = Tensor::<1>::from_data(counts.as_slice(), like);
                output.sum_dim(1).reshape([batch, width]) / counts.reshape([batch, 1])
            }
            Self::Max(_) => {
                let never = never(output.dtype());
                let largest = fill_padding(output, lengths, never).max_dim(1);
                clear_empty(largest.reshape([batch, width]), lengths, time)
            }
            Self::Attention(attention) => {
                let weights = attention.weights(output.clone(), lengths);
                let weights = weights.reshape([batch, time, 1]);
                (output * weights).sum_dim(1).reshape([batch, width])
            }
        }
    }
}

impl AdditiveAttention {
    /// How much each word counts, `[batch, time]`: a row sums to one.
    pub fn weights(&self, output: Tensor<3>, lengths: &[usize]) -> Tensor<2> {
        let [batch, time, width] = output.dims();
        if batch == 0 || time == 0 {
            return ZeroOutput::like(&output)
                .of(&output)
                .of_module(self)
                .shaped([batch, time]);
        }
        let keys = tanh(self.key.forward(output.reshape([batch * time, width])));
        let scores = keys.matmul(self.query.val()).reshape([batch, time, 1]);
        let never = never(scores.dtype());
        let scores = fill_padding(scores, lengths, never);
        softmax(scores.reshape([batch, time]), 1)
    }
}

/// Zero for the rows without words.
fn clear_empty(pooled: Tensor<2>, lengths: &[usize], time: usize) -> Tensor<2> {
    let dims = pooled.dims();
    match padding(lengths, time, &pooled.device()) {
        Some(padding) => pooled.mask_fill(padding.narrow(1, 0, 1).expand(dims), 0.0),
        None => pooled,
    }
}
