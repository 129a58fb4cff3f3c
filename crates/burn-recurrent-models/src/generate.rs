//! Writing text, token by token.

use crate::{LanguageModel, Sampler};

/// The tokens that a model writes, one at a time: an iterator, so that they can be shown as they
/// come.
///
/// It ends after the stop token, which it returns, or when `max_tokens` are written.
#[derive(Debug)]
pub struct Generation<'a, M: LanguageModel> {
    model: &'a M,
    sampler: Sampler,
    state: M::State,
    next: Vec<f64>,
    stop: Option<u32>,
    left: usize,
    excluded: Vec<u32>,
}

/// Continues `prompt`: draws up to `max_tokens` tokens, one after the other, until the `stop`
/// token, where there is one.
///
/// The prompt is what the model reads first; it is not returned again. A neural model needs at
/// least one token there: the end of the previous sentence, where the text begins.
///
/// # Panics
///
/// If the model needs a prompt and there is none, or a token is not in its vocabulary.
pub fn generate<'a, M: LanguageModel>(
    model: &'a M,
    prompt: &[u32],
    max_tokens: usize,
    stop: Option<u32>,
    sampler: Sampler,
) -> Generation<'a, M> {
    let mut state = model.start();
    let next = model.advance(&mut state, prompt);
    Generation {
        model,
        sampler,
        state,
        next,
        stop,
        left: max_tokens,
        excluded: Vec::new(),
    }
}

impl<M: LanguageModel> Generation<'_, M> {
    /// The same without these tokens, which are never drawn: the others share their probability.
    ///
    /// ```
    /// use burn_recurrent_models::ngram::{NgramConfig, Smoothing};
    /// use burn_recurrent_models::{Sampler, generate};
    ///
    /// let stream = [1, 2, 0, 1, 2, 0, 1, 1, 0];
    /// let model = NgramConfig::new(2, Smoothing::AddK { k: 1.0 }).train(&stream, 3, None)?;
    /// let sampler = Sampler::new(Default::default(), 1)?;
    /// let mut tokens = generate(&model, &[1], 100, None, sampler).without(&[2]);
    /// assert!(tokens.all(|token| token != 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If a token is not in the model's vocabulary; when drawing, if no other token is possible.
    pub fn without(mut self, tokens: &[u32]) -> Self {
        let size = self.model.vocabulary_size();
        for token in tokens {
            assert!(
                (*token as usize) < size,
                "token {token} is not in the vocabulary of {size}"
            );
        }
        self.excluded.extend(tokens);
        self
    }
}

impl<M: LanguageModel> Iterator for Generation<'_, M> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.left == 0 {
            return None;
        }
        for token in &self.excluded {
            self.next[*token as usize] = f64::NEG_INFINITY;
        }
        let token = self.sampler.sample(&self.next);
        self.left = match self.stop {
            Some(stop) if stop == token => 0,
            _ => self.left - 1,
        };
        if self.left > 0 {
            self.next = self.model.advance(&mut self.state, &[token]);
        }
        Some(token)
    }
}
