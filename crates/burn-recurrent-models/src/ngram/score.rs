//! The cross entropy of an n-gram model on a stream.

/// The cross entropy of a stream, as its sum and the number of tokens that were predicted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StreamScore {
    /// Sum of `-ln p` over the predicted tokens. Infinite when a token had probability zero.
    pub nats: f64,
    /// How many tokens were predicted.
    pub tokens: u64,
}

impl StreamScore {
    /// Mean of `-ln p`, or `None` when nothing was predicted.
    pub fn nats_per_token(&self) -> Option<f64> {
        (self.tokens > 0).then(|| self.nats / self.tokens as f64)
    }

    /// `exp` of [`nats_per_token`](Self::nats_per_token).
    pub fn perplexity(&self) -> Option<f64> {
        self.nats_per_token().map(f64::exp)
    }
}
