//! Attention over the source's words.

use super::{AttentionKind, EncodedSource, EncoderDecoderConfig};
use crate::encoder::draw_linear;
use crate::lengths::never;
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::{softmax, tanh};
use burn::tensor::{Device, Tensor};
use burn_recurrent::ZeroOutput;
use burn_recurrent_kernels::{self as kernels, AttentionScore, Operation};

/// Attention over the source's words, and the attended vector that comes of it (Luong et al. 2015,
/// equation 5): with `h` the decoder's new hidden vector and `c` the mean of the words' vectors,
/// weighted by a softmax of their scores ([`AttentionKind`]), `tanh(W [h; c] + b)`.
#[derive(Module, Debug)]
pub struct Attention {
    /// The weights of `h` in additive and concat scores, `[d_hidden, d_attention]`.
    pub query: Option<Param<Tensor<2>>>,
    /// The weights of a word's vector in additive and concat, `[d_encoder, d_attention]`, and in
    /// general scores, `[d_encoder, d_hidden]`.
    pub key: Option<Param<Tensor<2>>>,
    /// `v` of additive and concat scores, `[d_attention]`.
    pub energy: Option<Param<Tensor<1>>>,
    /// `W` and `b`, `[d_hidden + d_encoder, d_attended]`, the rows of `h` first.
    pub attended: Linear,
    #[module(skip)]
    kind: AttentionKind,
}

impl Attention {
    /// The attention of a configuration that has one.
    pub(super) fn new(config: &EncoderDecoderConfig, device: &Device) -> Option<Self> {
        let (d_hidden, d_encoder) = (config.d_hidden, config.encoder_width());
        let d_attention = config.attention_width();
        let weight = |from: usize, to: usize| draw_linear(from, to, device).weight;
        let (query, key, energy) = match config.attention {
            AttentionKind::None => return None,
            AttentionKind::Dot => (None, None, None),
            AttentionKind::General => (None, Some(weight(d_encoder, d_hidden)), None),
            AttentionKind::Additive | AttentionKind::Concat => {
                let energy = weight(d_attention, 1).val().reshape([d_attention]);
                (
                    Some(weight(d_hidden, d_attention)),
                    Some(weight(d_encoder, d_attention)),
                    Some(Param::from_tensor(energy.detach())),
                )
            }
        };
        Some(Self {
            query,
            key,
            energy,
            attended: draw_linear(d_hidden + d_encoder, config.decoded_width(), device),
            kind: config.attention,
        })
    }

    /// How it scores.
    pub fn kind(&self) -> AttentionKind {
        self.kind
    }

    /// What the words are scored by, computed once a sentence.
    ///
    /// # Shapes
    ///
    /// - values: `[batch, source, d_encoder]`
    /// - returns: `[batch, source, d_attention]`, or `[.., d_hidden]` without a layer of its own
    pub fn keys(&self, values: Tensor<3>) -> Tensor<3> {
        match &self.key {
            Some(key) => product(values, key.val()),
            None => values,
        }
    }

    /// The attended vectors and the words' weights.
    ///
    /// # Shapes
    ///
    /// - hidden: `[batch, queries, d_hidden]`, any number of hidden vectors a sentence
    /// - returns: attended vectors `[batch, queries, d_attended]`, and weights `[batch, queries,
    ///   source]`, of which a row sums to one and is zero in the padding
    pub fn forward(&self, hidden: Tensor<3>, source: &EncodedSource) -> (Tensor<3>, Tensor<3>) {
        let [batch, queries, _] = hidden.dims();
        if batch == 0 || queries == 0 {
            let [_, words, _] = source.values.dims();
            let [_, width] = self.attended.weight.dims();
            let operands = ZeroOutput::like(&hidden)
                .of(&hidden)
                .of(&source.values)
                .of_module(self);
            return (
                operands.clone().shaped([batch, queries, width]),
                operands.shaped([batch, queries, words]),
            );
        }
        let keys = source.keys.clone().unwrap_or_else(|| source.values.clone());
        let mut scores = self.scores(hidden.clone(), keys);
        if let Some(padding) = &source.padding {
            let [_, words] = padding.dims();
            let mask = padding.clone().unsqueeze_dim::<3>(1);
            let never = never(scores.dtype());
            scores = scores.mask_fill(mask.expand([batch, queries, words]), never);
        }
        let weights = softmax(scores, 2);
        let context = weights.clone().matmul(source.values.clone());
        let both = Tensor::cat(vec![hidden, context], 2);
        let attended = product(both, self.attended.weight.val());
        let attended = match &self.attended.bias {
            Some(bias) => attended + bias.val().unsqueeze(),
            None => attended,
        };
        (tanh(attended), weights)
    }

    /// How it scores, for the fused operation.
    pub(super) fn score(&self) -> AttentionScore {
        match (&self.query, &self.energy) {
            (Some(query), Some(energy)) => AttentionScore::Additive {
                w_query: query.val(),
                energy: energy.val(),
            },
            _ => AttentionScore::Dot,
        }
    }

    /// `[batch, queries, source]`
    fn scores(&self, hidden: Tensor<3>, keys: Tensor<3>) -> Tensor<3> {
        let (Some(query), Some(energy)) = (&self.query, &self.energy) else {
            return hidden.matmul(keys.swap_dims(1, 2));
        };
        let (query, energy) = (product(hidden, query.val()), energy.val());
        let dtypes = [query.dtype(), keys.dtype(), energy.dtype()];
        if kernels::path(Operation::AdditiveScores, &query.device(), &dtypes).is_fused() {
            return kernels::additive_scores(query, keys, energy);
        }
        let [batch, queries, width] = query.dims();
        let [_, words, _] = keys.dims();
        let sum = query.unsqueeze_dim::<4>(2) + keys.unsqueeze_dim::<4>(1);
        let sum = tanh(sum).reshape([batch, queries * words, width]);
        // A product a sentence, so that its rounding does not depend on how many there are.
        sum.matmul(energy.reshape([1, width, 1]))
            .reshape([batch, queries, words])
    }
}

/// The product of every vector of `[batch, time, width]` with a matrix.
pub(super) fn product(input: Tensor<3>, weight: Tensor<2>) -> Tensor<3> {
    let [batch, time, width] = input.dims();
    let [_, wide] = weight.dims();
    if batch == 0 || time == 0 {
        let operands = ZeroOutput::like(&input).of(&input).of(&weight);
        return operands.shaped([batch, time, wide]);
    }
    input
        .reshape([batch * time, width])
        .matmul(weight)
        .reshape([batch, time, wide])
}
