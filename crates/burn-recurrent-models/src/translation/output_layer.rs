//! From what the decoder computed to the target's words.

use super::EncoderDecoderConfig;
use super::attention::product;
use crate::cross_entropy::linear_nats;
use crate::embed::embed_from;
use crate::encoder::{draw_embedding, draw_linear};
use crate::sentence_dropout::SentenceDropout;
use burn::module::{Module, Param};
use burn::nn::{Embedding, Linear};
use burn::tensor::{Device, Int, Tensor};

/// The output layer: a row of weights for each word of the target's vocabulary, which may be the
/// word's embedding.
#[derive(Module, Debug)]
pub struct OutputLayer {
    /// To the width of the embeddings, `[d_decoded, d_embedding]`, where they are the weights and
    /// of another width.
    pub projection: Option<Linear>,
    /// The weights, `[vocabulary, d_decoded]`; none where they are the embeddings.
    pub weight: Option<Param<Tensor<2>>>,
    /// The bias, `[vocabulary]`.
    pub bias: Option<Param<Tensor<1>>>,
    dropout: SentenceDropout,
}

impl OutputLayer {
    pub(super) fn new(config: &EncoderDecoderConfig, device: &Device) -> Self {
        let (decoded, vocabulary) = (config.decoded_width(), config.target_vocabulary_size);
        let project = config.tied && decoded != config.d_embedding;
        Self {
            projection: project.then(|| draw_linear(decoded, config.d_embedding, device)),
            weight: (!config.tied).then(|| draw_embedding(vocabulary, decoded, device).weight),
            bias: (config.output_bias)
                .then(|| Param::from_tensor(Tensor::zeros([vocabulary], device))),
            dropout: SentenceDropout::new(config.dropout_output, config.variational_dropout),
        }
    }

    /// What the vocabulary's weights are multiplied with, `[rows, time, d_features]`, of what the
    /// decoder computed, `[rows, time, d_decoded]`.
    pub(super) fn features(&self, decoded: Tensor<3>) -> Tensor<3> {
        let features = match &self.projection {
            Some(linear) => {
                let projected = product(decoded, linear.weight.val());
                match &linear.bias {
                    Some(bias) => projected + bias.val().unsqueeze(),
                    None => projected,
                }
            }
            None => decoded,
        };
        self.dropout.forward(features)
    }

    /// The score of each word, `[tokens, vocabulary]`, of features `[tokens, d_features]`.
    pub(super) fn logits(&self, target: &Embedding, features: Tensor<2>) -> Tensor<2> {
        let logits = features.matmul(self.table(target).transpose());
        match &self.bias {
            Some(bias) => logits + bias.val().unsqueeze(),
            None => logits,
        }
    }

    /// The negative log-probability of each target, in nats, smoothed where `smoothing` is above
    /// zero: with `p` the model's distribution over `V` words,
    /// `-(1 - smoothing) log p(target) - smoothing / V Σ_v log p(v)`
    /// (Szegedy et al. 2016, section 7).
    ///
    /// With `z` the logits, that is `-log p(target) + smoothing (z(target) - mean z)`: the first
    /// term is the fused cross entropy, `z(target)` the product of a token's features with one row
    /// of the weights, and `mean z` their product with the mean of all rows. No logits are stored.
    ///
    /// # Shapes
    ///
    /// - features: `[tokens, d_features]`
    /// - targets: `[tokens]`
    /// - returns: `[tokens]`
    pub(super) fn nats(
        &self,
        target: &Embedding,
        features: Tensor<2>,
        targets: Tensor<1, Int>,
        smoothing: f64,
    ) -> Tensor<1> {
        let table = self.table(target);
        let bias = self.bias.as_ref().map(Param::val);
        let nats = linear_nats(
            features.clone(),
            table.clone().transpose(),
            bias.clone(),
            targets.clone(),
        );
        if smoothing == 0.0 {
            return nats;
        }
        let [tokens, width] = features.dims();
        let rows = embed_from(table.clone(), targets.clone().unsqueeze_dim(1));
        let rows = rows.reshape([tokens, width]);
        let above_mean = features * (rows - table.mean_dim(0));
        let mut above_mean = above_mean.sum_dim(1).reshape([tokens]);
        if let Some(bias) = bias {
            above_mean = above_mean + bias.clone().select(0, targets) - bias.mean();
        }
        nats + above_mean * smoothing
    }

    fn table(&self, target: &Embedding) -> Tensor<2> {
        match &self.weight {
            Some(weight) => weight.val(),
            None => target.weight.val(),
        }
    }
}
