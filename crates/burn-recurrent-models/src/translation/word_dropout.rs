//! Words read as unknown while training.

use super::SpecialTokens;
use burn::module::Module;
use burn::tensor::{Device, Distribution, Int, Tensor};
use burn_recurrent::VariationalDropout;

/// Reads some of the words as unknown while training, so that a model learns to do without them
/// (Bowman et al. 2016, section 3.1). Padding, beginnings and ends stay.
#[derive(Module, Debug)]
pub(super) struct WordDropout {
    /// Knows when it is on; what it drops are whole words.
    dropout: VariationalDropout,
    #[module(skip)]
    tokens: SpecialTokens,
}

impl WordDropout {
    pub(super) fn new(prob: f64, tokens: SpecialTokens) -> Self {
        Self {
            dropout: VariationalDropout::new(prob),
            tokens,
        }
    }

    /// Drops words of `[batch, time]`; `device` is the weights'.
    pub(super) fn forward(&self, words: Tensor<2, Int>, device: &Device) -> Tensor<2, Int> {
        if !self.dropout.is_active(device) {
            return words;
        }
        let dropped = Distribution::Bernoulli(self.dropout.prob());
        let dropped = Tensor::<2>::random(words.dims(), dropped, device).greater_scalar(0.5);
        let SpecialTokens {
            padding,
            begin,
            end,
            unknown,
        } = self.tokens;
        let dropped = [padding, begin, end].into_iter().fold(dropped, |mask, id| {
            mask.bool_and(words.clone().not_equal_scalar(i64::from(id)))
        });
        words.mask_fill(dropped, i64::from(unknown))
    }
}
