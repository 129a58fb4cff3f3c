//! `[model]`: the encoder, the attention and the decoder.

use super::SearchConfig;
use burn_recurrent_models::{
    AttentionKind, EncoderDecoderConfig, EncoderDecoderError, SpecialTokens,
};
use burn_recurrent_text::TranslationTokenizers;
use burn_recurrent_train::InvalidValue;
use burn_recurrent_train::checks::left_to_the_data;
use burn_recurrent_train::translation::special_tokens;
use serde::ser::Error;
use serde::{Deserialize, Serialize, Serializer};

/// The model, without the sizes of the vocabularies and the special tokens, which the data decide.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct ModelConfig(EncoderDecoderConfig);

/// What the data decide: it is in no file.
const DECIDED: [&str; 3] = ["source_vocabulary_size", "target_vocabulary_size", "tokens"];

impl Serialize for ModelConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut table = toml::Table::try_from(&self.0).map_err(S::Error::custom)?;
        for key in DECIDED {
            table.remove(key);
        }
        table.serialize(serializer)
    }
}

impl ModelConfig {
    /// The model for these tokenisers.
    pub fn translator(&self, tokenizers: &TranslationTokenizers) -> EncoderDecoderConfig {
        let (source, target) = (tokenizers.source.len(), tokenizers.target.len());
        self.sized(source, target)
    }

    fn sized(&self, source: usize, target: usize) -> EncoderDecoderConfig {
        self.0
            .clone()
            .with_source_vocabulary_size(source)
            .with_target_vocabulary_size(target)
            .with_tokens(special_tokens())
    }

    pub(super) fn validate(&self) -> Result<(), InvalidValue> {
        let model = &self.0;
        left_to_the_data("source_vocabulary_size", model.source_vocabulary_size)?;
        left_to_the_data("target_vocabulary_size", model.target_vocabulary_size)?;
        if model.tokens != SpecialTokens::default() {
            let message = "are decided by the data; leave them out";
            return Err(InvalidValue::new("tokens", message));
        }
        // The special tokens and one more: any vocabulary has so many.
        self.sized(5, 5).validate().map_err(invalid)
    }

    /// Checks that the model can do what else is asked of it.
    pub(super) fn check_uses(
        &self,
        joint: bool,
        search: &SearchConfig,
    ) -> Result<(), InvalidValue> {
        if self.0.shared_embeddings && !joint {
            return Err(InvalidValue::new(
                "model.shared_embeddings",
                "needs one tokeniser for both languages, `tokens.both`",
            ));
        }
        if self.0.attention == AttentionKind::None && search.coverage_penalty > 0.0 {
            return Err(InvalidValue::new(
                "search.coverage_penalty",
                "penalises what attention leaves out, but `model.attention` is \"none\"",
            ));
        }
        Ok(())
    }
}

fn invalid(error: EncoderDecoderError) -> InvalidValue {
    match error {
        EncoderDecoderError::Zero { name } => InvalidValue::new(name, "must be at least 1, got 0"),
        EncoderDecoderError::Probability { name, value } => {
            let message = format!("must be at least 0 and below 1, got {value}");
            InvalidValue::new(name, message)
        }
        EncoderDecoderError::Contradiction { key, reason } => {
            let message = format!("does not go with the other settings: {reason}");
            InvalidValue::new(key, message)
        }
        // The special tokens are the tokenisers'.
        error => InvalidValue::new("tokens", format!("do not fit: {error}")),
    }
}
