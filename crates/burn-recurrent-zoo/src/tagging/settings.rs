//! The input and output settings of a tagger.

use burn_recurrent_text::{TaggingExamples, TaggingTask, WordTokenizer};
use serde::{Deserialize, Serialize};

/// How a tagger reads words and writes labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TaggerSettings {
    /// What its labels are.
    pub task: TaggingTask,
    /// Whether labels of spans are chosen so that they are valid in the scheme that it learned. A conditional
    /// random field with constraints of its own keeps these in any case.
    pub constrained: bool,
    /// Of a longer word only the first and the last half of so many characters are seen; at least 1.
    pub max_characters: usize,
    /// The column of CoNLL-U that the labels stand in, such as `upos`, where it was trained on CoNLL-U.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How plain text is cut into words as those of the training data are.
    #[serde(default, skip_serializing_if = "is_unicode")]
    pub tokenizer: WordTokenizer,
}

fn is_unicode(tokenizer: &WordTokenizer) -> bool {
    *tokenizer == WordTokenizer::Unicode
}

impl TaggerSettings {
    /// For a task: valid labels, words of up to 64 characters, cut by Unicode's rules.
    pub fn new(task: TaggingTask) -> Self {
        Self {
            task,
            constrained: true,
            max_characters: TaggingExamples::DEFAULT_MAX_CHARACTERS,
            column: None,
            tokenizer: WordTokenizer::Unicode,
        }
    }

    /// Sets the column of CoNLL-U that the labels stand in.
    pub fn with_column(mut self, column: Option<String>) -> Self {
        self.column = column;
        self
    }

    /// Sets how plain text is cut into words.
    pub fn with_tokenizer(mut self, tokenizer: WordTokenizer) -> Self {
        self.tokenizer = tokenizer;
        self
    }

    /// Sets whether labels of spans are always valid.
    pub fn with_constrained(mut self, constrained: bool) -> Self {
        self.constrained = constrained;
        self
    }

    /// Sets how many characters of a word are seen.
    pub fn with_max_characters(mut self, max_characters: usize) -> Self {
        self.max_characters = max_characters;
        self
    }
}
