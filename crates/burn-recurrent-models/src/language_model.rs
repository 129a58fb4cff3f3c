//! The interface of a language model for sampling and scoring.

/// A distribution over the next token given those before it, whatever computes it.
pub trait LanguageModel {
    /// What the model remembers of the tokens so far.
    type State: Clone;

    /// The number of tokens it knows; they are `0..vocabulary_size`.
    fn vocabulary_size(&self) -> usize;

    /// Before the first token.
    fn start(&self) -> Self::State;

    /// Reads `tokens` and returns the natural logarithms of the probabilities of what comes next,
    /// one for each token of the vocabulary.
    ///
    /// # Panics
    ///
    /// If a token is not below [`vocabulary_size`](Self::vocabulary_size). A neural model also
    /// panics where `tokens` is empty: it predicts from the last of them.
    fn advance(&self, state: &mut Self::State, tokens: &[u32]) -> Vec<f64>;

    /// The log-probability of each of `tokens` given `context` and the tokens before it, all in
    /// one pass.
    ///
    /// # Panics
    ///
    /// As [`advance`](Self::advance).
    fn log_probabilities(&self, context: &[u32], tokens: &[u32]) -> Vec<f64> {
        let mut state = self.start();
        let mut next = self.advance(&mut state, context);
        tokens
            .iter()
            .map(|token| {
                let log_probability = next[*token as usize];
                next = self.advance(&mut state, &[*token]);
                log_probability
            })
            .collect()
    }
}
