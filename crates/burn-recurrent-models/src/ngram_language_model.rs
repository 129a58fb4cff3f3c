//! An n-gram model as a [`LanguageModel`].

use crate::LanguageModel;
use crate::ngram::NgramModel;

/// Stupid backoff gives scores, not probabilities; here they are divided by their sum over the
/// vocabulary, which makes them such.
impl LanguageModel for NgramModel {
    /// The last tokens, as many as the model looks at.
    type State = Vec<u32>;

    fn vocabulary_size(&self) -> usize {
        NgramModel::vocabulary_size(self)
    }

    fn start(&self) -> Vec<u32> {
        Vec::new()
    }

    fn advance(&self, state: &mut Vec<u32>, tokens: &[u32]) -> Vec<f64> {
        state.extend_from_slice(tokens);
        let seen = self.config().order - 1;
        state.drain(..state.len().saturating_sub(seen));
        let distribution = self.distribution(state);
        distribution.into_iter().map(f64::ln).collect()
    }

    fn log_probabilities(&self, context: &[u32], tokens: &[u32]) -> Vec<f64> {
        let text = [context, tokens].concat();
        (context.len()..text.len())
            .map(|position| {
                let (context, token) = (&text[..position], text[position]);
                match self.config().smoothing.is_normalised() {
                    true => self.log_probability(context, token),
                    false => self.distribution(context)[token as usize].ln(),
                }
            })
            .collect()
    }
}
