//! An n-gram model as a [`LanguageModel`].

use crate::ngram::{NgramConfig, NgramError, NgramModel, NgramRecord};
use crate::{LanguageModel, SavedLanguageModel, SavedModel, SavedWeightsError};
use burn::tensor::Device;

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

/// Its counts are the weights; a device has no part in it.
impl SavedModel for NgramModel {
    const KIND: &'static str = "ngram-language-model";
    const WEIGHTS_FILE: &'static str = "model.ngrams";
    type Config = NgramConfig;
    type ConfigError = NgramError;

    fn validate(config: &NgramConfig) -> Result<(), NgramError> {
        config.validate()
    }

    fn to_weights(&self) -> Result<Vec<u8>, SavedWeightsError> {
        let mut bytes = Vec::new();
        match self.to_record().write_to(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(SavedWeightsError::Store(error.to_string())),
        }
    }

    fn check_weights(config: &NgramConfig, weights: &[u8]) -> Result<(), SavedWeightsError> {
        read_record(config, weights).map(|_| ())
    }

    fn from_weights(
        config: &NgramConfig,
        weights: Vec<u8>,
        _device: &Device,
    ) -> Result<Self, SavedWeightsError> {
        let record = read_record(config, &weights)?;
        Self::from_record(record).map_err(|error| SavedWeightsError::Damaged(error.to_string()))
    }
}

/// The counts, which must be those of a model of this config.
fn read_record(config: &NgramConfig, bytes: &[u8]) -> Result<NgramRecord, SavedWeightsError> {
    let record = NgramRecord::read_from(bytes)
        .map_err(|error| SavedWeightsError::Damaged(error.to_string()))?;
    match record.config == *config {
        true => Ok(record),
        false => Err(SavedWeightsError::Damaged(format!(
            "it is of {:?}, and the config beside it says {config:?}",
            record.config
        ))),
    }
}

impl SavedLanguageModel for NgramModel {
    fn num_tokens(&self) -> usize {
        self.vocabulary_size()
    }
}
