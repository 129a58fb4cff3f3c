//! `[tokens]`: what the tokens of both languages are.

use burn_recurrent_text::{
    TokenizerTrainingError, TranslationLimits, TranslationTokenizerConfig, TranslationTokenizers,
};
use serde::{Deserialize, Serialize};

use crate::InvalidValue;
use crate::checks::at_least_one;

/// What the tokens of both languages are: one tokeniser for both, `both`, or one each, `source` and `target`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokensConfig {
    /// One tokeniser for both languages, learnt from both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub both: Option<TranslationTokenizerConfig>,
    /// The source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<TranslationTokenizerConfig>,
    /// The target's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TranslationTokenizerConfig>,
    /// Training pairs with a longer source than so many tokens are left out.
    #[serde(default = "most_tokens")]
    pub max_source: usize,
    /// Training pairs with a longer target than so many tokens are left out.
    #[serde(default = "most_tokens")]
    pub max_target: usize,
}

fn most_tokens() -> usize {
    100
}

impl TokensConfig {
    /// One tokeniser for both languages.
    pub fn joint(both: TranslationTokenizerConfig) -> Self {
        Self {
            both: Some(both),
            source: None,
            target: None,
            max_source: most_tokens(),
            max_target: most_tokens(),
        }
    }

    /// A tokeniser for each language.
    pub fn separate(
        source: TranslationTokenizerConfig,
        target: TranslationTokenizerConfig,
    ) -> Self {
        Self {
            both: None,
            source: Some(source),
            target: Some(target),
            max_source: most_tokens(),
            max_target: most_tokens(),
        }
    }

    /// Whether all that is written is in lower case.
    pub fn writes_lowercase(&self) -> bool {
        let target = self.target.as_ref().or(self.both.as_ref());
        target.is_some_and(|target| target.lowercase)
    }

    /// Checks that it is one tokeniser or two, and the ranges.
    ///
    /// # Errors
    ///
    /// Names the key that is wrong.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        match (&self.both, &self.source, &self.target) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
            (Some(_), _, _) => {
                return Err(InvalidValue::new(
                    "both",
                    "is one tokeniser for both languages and leaves no room for `source` and `target`",
                ));
            }
            (None, None, _) => {
                return Err(InvalidValue::new(
                    "source",
                    "is missing: give `both`, or `source` and `target`",
                ));
            }
            (None, _, None) => {
                return Err(InvalidValue::new(
                    "target",
                    "is missing: give `both`, or `source` and `target`",
                ));
            }
        }
        for (name, tokenizer) in [
            ("both", &self.both),
            ("source", &self.source),
            ("target", &self.target),
        ] {
            if tokenizer
                .as_ref()
                .is_some_and(|config| config.min_count == 0)
            {
                return Err(
                    InvalidValue::new("min_count", "must be at least 1, got 0").within(name)
                );
            }
        }
        at_least_one("max_source", self.max_source)?;
        at_least_one("max_target", self.max_target)
    }

    /// The lengths that are trained on.
    pub fn limits(&self) -> TranslationLimits {
        TranslationLimits {
            source: self.max_source,
            target: self.max_target,
        }
    }

    /// Learns the tokenisers from training pairs.
    ///
    /// # Errors
    ///
    /// When none can be learnt of them.
    ///
    /// # Panics
    ///
    /// Where [`validate`](Self::validate) finds that it is neither one tokeniser nor two.
    pub fn train(
        &self,
        pairs: &[(&str, &str)],
    ) -> Result<TranslationTokenizers, TokenizerTrainingError> {
        match (&self.both, &self.source, &self.target) {
            (Some(both), _, _) => TranslationTokenizers::train_joint(both, pairs),
            (None, Some(source), Some(target)) => {
                TranslationTokenizers::train_separate(source, target, pairs)
            }
            _ => panic!("`tokens` has neither `both` nor `source` and `target`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_recurrent_text::TranslationUnit;

    fn words() -> TranslationTokenizerConfig {
        TranslationTokenizerConfig::new(TranslationUnit::Word)
    }

    const PAIRS: [(&str, &str); 2] = [("ein Hund", "a dog"), ("ein Haus", "a house")];

    #[test]
    fn it_is_one_tokeniser_or_two() {
        let joint = TokensConfig::joint(words());
        let separate = TokensConfig::separate(words(), words());
        assert!(joint.validate().is_ok() && separate.validate().is_ok());
        // Four special tokens, and of each language three words, or of both six.
        let tokenizers = separate.train(&PAIRS).unwrap();
        assert_eq!((tokenizers.source.len(), tokenizers.target.len()), (7, 7));
        assert!(!tokenizers.is_joint());
        let tokenizers = joint.train(&PAIRS).unwrap();
        assert!(tokenizers.is_joint() && tokenizers.source.len() == 10);

        let error = |config: TokensConfig| config.validate().unwrap_err().to_string();
        for (both, source, target, message) in [
            (true, true, false, "`both` is one tokeniser"),
            (true, false, true, "`both` is one tokeniser"),
            (true, true, true, "`both` is one tokeniser"),
            (false, false, false, "`source` is missing"),
            (false, false, true, "`source` is missing"),
            (false, true, false, "`target` is missing"),
        ] {
            let config = TokensConfig {
                both: both.then(words),
                source: source.then(words),
                target: target.then(words),
                ..joint.clone()
            };
            assert!(error(config).contains(message), "{message}");
        }
    }

    #[test]
    fn ranges_are_checked_by_key() {
        let seldom = words().with_min_count(0);
        for (config, message) in [
            (
                TokensConfig::joint(seldom.clone()),
                "`both.min_count` must be at least 1",
            ),
            (
                TokensConfig::separate(words(), seldom),
                "`target.min_count` must be at least 1",
            ),
            (
                TokensConfig {
                    max_source: 0,
                    ..TokensConfig::joint(words())
                },
                "`max_source` must be at least 1",
            ),
            (
                TokensConfig {
                    max_target: 0,
                    ..TokensConfig::joint(words())
                },
                "`max_target` must be at least 1",
            ),
        ] {
            let error = config.validate().unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
