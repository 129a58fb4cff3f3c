//! `[words]`: what of a word the model knows.

use crate::InvalidValue;
use crate::checks::at_least_one;
use burn_recurrent_text::{WordNormalization, WordTokenizer};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What of a word the model knows. Characters and shapes are those of the word as it stands in the text, whatever is
/// done here to look up its embedding.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordsConfig {
    /// Words seen less often in the training text are `<unk>`.
    #[serde(default = "one")]
    pub min_count: u64,
    /// Whether `The` and `the` have one embedding.
    #[serde(default)]
    pub lowercase: bool,
    /// Whether all digits are `0` there.
    #[serde(default)]
    pub digits: bool,
    /// Pretrained vectors in the text format of GloVe or word2vec; those of the words that occur are loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<PathBuf>,
    /// Of a longer word only the first and the last half of so many characters are seen.
    #[serde(default = "most_characters")]
    pub max_characters: usize,
    /// How plain text is cut into words that are to be as those of the training data: `unicode`, `penn-treebank` or
    /// `english-web-treebank`.
    #[serde(default)]
    pub tokenizer: WordTokenizer,
}

fn one() -> u64 {
    1
}

fn most_characters() -> usize {
    64
}

impl Default for WordsConfig {
    fn default() -> Self {
        Self {
            min_count: one(),
            lowercase: false,
            digits: false,
            vectors: None,
            max_characters: most_characters(),
            tokenizer: WordTokenizer::default(),
        }
    }
}

impl WordsConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// Names the first key that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        if self.min_count == 0 {
            return Err(InvalidValue::new("min_count", "must be at least 1, got 0"));
        }
        at_least_one("max_characters", self.max_characters)
    }

    /// How a word is written where its embedding is looked up.
    pub fn normalization(&self) -> WordNormalization {
        WordNormalization {
            lowercase: self.lowercase,
            digits: self.digits,
        }
    }
}
