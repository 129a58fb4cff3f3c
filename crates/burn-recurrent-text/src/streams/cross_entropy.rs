//! Cross entropy and perplexity.

use std::iter::Sum;
use std::ops::AddAssign;

/// Cross entropy as a sum and a count, so that parts of a text add up to the whole whatever their sizes.
///
/// What no token was predicted for has no mean, so the means are `None` then. A token of probability zero makes the
/// sum and the means infinite.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CrossEntropy {
    /// Sum of `-ln p` over the predicted tokens.
    pub nats: f64,
    /// How many tokens were predicted.
    pub tokens: u64,
}

impl CrossEntropy {
    /// A sum of `-ln p` over so many tokens.
    pub fn new(nats: f64, tokens: u64) -> Self {
        Self { nats, tokens }
    }

    /// Adds a sum of `-ln p` over so many tokens.
    pub fn add(&mut self, nats: f64, tokens: u64) {
        *self += Self::new(nats, tokens);
    }

    /// Mean of `-ln p`.
    pub fn nats_per_token(&self) -> Option<f64> {
        (self.tokens > 0).then(|| self.nats / self.tokens as f64)
    }

    /// Mean of `-log2 p`: for characters, bits per character.
    pub fn bits_per_token(&self) -> Option<f64> {
        self.nats_per_token()
            .map(|nats| nats / std::f64::consts::LN_2)
    }

    /// `exp` of the mean of `-ln p`: how many equally likely tokens would be as hard to predict.
    pub fn perplexity(&self) -> Option<f64> {
        self.nats_per_token().map(f64::exp)
    }
}

impl AddAssign for CrossEntropy {
    fn add_assign(&mut self, other: Self) {
        self.nats += other.nats;
        self.tokens += other.tokens;
    }
}

impl Sum for CrossEntropy {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |mut sum, part| {
            sum += part;
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_any_size_add_up_to_the_whole() {
        let whole: CrossEntropy = [(3.0, 2), (0.0, 0), (5.0, 6)]
            .map(|(nats, tokens)| CrossEntropy::new(nats, tokens))
            .into_iter()
            .sum();
        assert_eq!(whole, CrossEntropy::new(8.0, 8));
        assert_eq!(whole.nats_per_token(), Some(1.0));
        assert_eq!(whole.perplexity(), Some(std::f64::consts::E));
    }

    #[test]
    fn a_fair_coin_has_one_bit_and_perplexity_two() {
        let coin = CrossEntropy::new(10.0 * 2f64.ln(), 10);
        assert_eq!(coin.bits_per_token(), Some(1.0));
        assert!((coin.perplexity().unwrap() - 2.0).abs() < 1e-15);
    }

    #[test]
    fn nothing_predicted_has_no_mean() {
        let nothing = CrossEntropy::default();
        assert_eq!(nothing.nats_per_token(), None);
        assert_eq!(nothing.bits_per_token(), None);
        assert_eq!(nothing.perplexity(), None);
    }

    #[test]
    fn an_impossible_token_makes_it_infinite() {
        let mut sum = CrossEntropy::new(1.0, 1);
        sum.add(f64::INFINITY, 1);
        sum.add(1.0, 1);
        assert_eq!(sum.tokens, 3);
        assert_eq!(sum.nats_per_token(), Some(f64::INFINITY));
        assert_eq!(sum.perplexity(), Some(f64::INFINITY));
    }
}
