//! Losses as exact sums over tokens.

use burn::tensor::Tensor;
use burn::train::ItemLazy;
use burn::train::metric::Adaptor;
use serde::{Deserialize, Serialize};

/// The output of a training or validation step: the summed loss of its tokens.
///
/// A mean of batch means weighs a token in a short batch more than one in a long batch. A sum and a count do not, so
/// the figures that come from them depend on the data and the model, not on how it was cut into batches.
#[derive(Debug, Clone)]
pub struct TokenLoss {
    /// The loss summed over the tokens, in nats, without a gradient. Shape: `[1]`.
    pub nats: Tensor<1>,
    /// The number of tokens predicted.
    pub tokens: usize,
}

impl TokenLoss {
    /// The loss `nats` (shape `[1]`) summed over `tokens` predicted tokens.
    pub fn new(nats: Tensor<1>, tokens: usize) -> Self {
        Self {
            nats: nats.without_autodiff(),
            tokens,
        }
    }

    /// Reads the sum from the device.
    pub fn read(&self) -> LossSum {
        LossSum {
            nats: self.nats.clone().into_scalar::<f64>(),
            tokens: self.tokens as u64,
        }
    }
}

impl ItemLazy for TokenLoss {
    fn sync(self) -> Result<Self, burn::tensor::ExecutionError> {
        Ok(self)
    }
}

impl Adaptor<TokenLoss> for TokenLoss {
    fn adapt(&self) -> TokenLoss {
        self.clone()
    }
}

/// A loss summed over many steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LossSum {
    /// The summed loss in nats.
    pub nats: f64,
    /// The number of tokens it is summed over.
    pub tokens: u64,
}

impl LossSum {
    /// Adds another sum.
    pub fn add(&mut self, other: LossSum) {
        self.nats += other.nats;
        self.tokens += other.tokens;
    }

    /// The mean loss of a token, in nats; 0 over no tokens at all.
    pub fn nats_per_token(&self) -> f64 {
        if self.tokens == 0 {
            0.0
        } else {
            self.nats / self.tokens as f64
        }
    }

    /// Whether the loss is a number, and a perplexity can be told of it: one above 709 nats a token is none that any
    /// model has, but what is left of weights that were destroyed.
    pub fn is_usable(&self) -> bool {
        self.nats.is_finite() && self.nats_per_token().exp().is_finite()
    }

    /// `exp` of [`nats_per_token`](Self::nats_per_token), at most the largest finite number.
    pub fn perplexity(&self) -> f64 {
        // JSON has no infinity, and a diverging run is still to be read back.
        self.nats_per_token().exp().min(f64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_weigh_the_same_in_short_and_long_batches() {
        let mut sum = LossSum::default();
        sum.add(LossSum {
            nats: 9.0,
            tokens: 3,
        });
        sum.add(LossSum {
            nats: 1.0,
            tokens: 1,
        });
        assert_eq!(sum.nats_per_token(), 2.5);
        assert_eq!(sum.perplexity(), 2.5f64.exp());
    }

    #[test]
    fn the_perplexity_of_a_huge_loss_is_finite() {
        let sum = LossSum {
            nats: 1e30,
            tokens: 1,
        };
        assert_eq!(sum.perplexity(), f64::MAX);
        assert!(!sum.is_usable());
    }

    #[test]
    fn a_loss_is_of_use_as_long_as_its_perplexity_is_a_number() {
        let usable = |nats, tokens| LossSum { nats, tokens }.is_usable();
        // ln(f64::MAX) is 709.78.
        assert!(usable(709.0, 1) && usable(7090.0, 10) && usable(-3.0, 2) && usable(0.0, 0));
        assert!(!usable(710.0, 1) && !usable(7100.0, 10));
        assert!(!usable(f64::NAN, 1) && !usable(f64::INFINITY, 3));
    }
}
