//! The settings of a tokeniser that is trained.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::error::Error;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::subwords::{self, Subwords};
use super::translation_tokenizer::{
    LineNormalization, Model, SPECIALS, TranslationTokenizer, split,
};
use super::translation_unit::TranslationUnit;

/// The settings with which a [`TranslationTokenizer`] is trained. The same text gives the same tokeniser, on one thread or
/// many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranslationTokenizerConfig {
    /// What a token is.
    pub unit: TranslationUnit,
    /// How many tokens there are at most, the special ones too: for lists of words, characters or symbols the most
    /// frequent ones, without limit where nothing is said; for subwords
    /// [`DEFAULT_SUBWORDS`](Self::DEFAULT_SUBWORDS) where nothing is said.
    #[serde(default)]
    pub size: Option<usize>,
    /// How often a token must have been counted: a word, character or symbol; the two parts of a subword of byte pair
    /// encoding beside each other; a word that the unigram model learns subwords from. What is seldomer is not lost: it
    /// is `<unk>`, and smaller parts where tokens are subwords.
    #[serde(default = "one")]
    pub min_count: u64,
    /// Whether all is lower-cased first.
    #[serde(default)]
    pub lowercase: bool,
    /// Whether characters are composed first (Unicode's normalisation form C), so that `ä` is the same however it is
    /// written.
    #[serde(default)]
    pub compose: bool,
}

fn one() -> u64 {
    1
}

/// Why no tokeniser could be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenizerTrainingError {
    /// The training text has no token, or none that is frequent enough.
    #[error(
        "the training text has no {unit} that occurs {min_count} times or more, expected at least one"
    )]
    Empty {
        /// What a token is.
        unit: TranslationUnit,
        /// How often a token must occur.
        min_count: u64,
    },
    /// The size leaves no room for the tokens that there must be.
    #[error(
        "a {unit} tokeniser with room for {size} tokens, expected at least {needed}: {}",
        if .unit.is_subword() { "the special tokens, the 256 bytes and one more" } else { "the special tokens and one more" }
    )]
    TooSmall {
        /// What a token is.
        unit: TranslationUnit,
        /// The size that was asked for.
        size: usize,
        /// The smallest size that there can be.
        needed: usize,
    },
    /// The library that learns subwords gave up.
    #[error("could not learn {unit} subwords: {source}")]
    Subwords {
        /// What was to be learnt.
        unit: TranslationUnit,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl TranslationTokenizerConfig {
    /// How many subwords there are at most where nothing is said.
    pub const DEFAULT_SUBWORDS: usize = 8_000;

    /// All tokens of a text as they are; of subwords [`DEFAULT_SUBWORDS`](Self::DEFAULT_SUBWORDS).
    pub fn new(unit: TranslationUnit) -> Self {
        Self {
            unit,
            size: None,
            min_count: one(),
            lowercase: false,
            compose: false,
        }
    }

    /// Limits the number of tokens, the special ones counted too.
    pub fn with_size(mut self, size: usize) -> Self {
        self.size = Some(size);
        self
    }

    /// Asks for tokens to have been counted so often.
    pub fn with_min_count(mut self, min_count: u64) -> Self {
        self.min_count = min_count;
        self
    }

    /// Says whether all is lower-cased first.
    pub fn with_lowercase(mut self, lowercase: bool) -> Self {
        self.lowercase = lowercase;
        self
    }

    /// Says whether characters are composed first.
    pub fn with_compose(mut self, compose: bool) -> Self {
        self.compose = compose;
        self
    }

    /// Makes the tokeniser from training lines.
    ///
    /// Lists have the most frequent tokens first, and those that are as frequent in the order of their characters.
    ///
    /// # Errors
    ///
    /// When the text has no token or the size leaves no room for one.
    pub fn train<S: AsRef<str>>(
        &self,
        lines: impl IntoIterator<Item = S>,
    ) -> Result<TranslationTokenizer, TokenizerTrainingError> {
        let normalization = LineNormalization {
            lowercase: self.lowercase,
            compose: self.compose,
        };
        let size = self.size.unwrap_or(match self.unit.is_subword() {
            true => Self::DEFAULT_SUBWORDS,
            false => usize::MAX,
        });
        let needed = SPECIALS.len() + if self.unit.is_subword() { 257 } else { 1 };
        if size < needed {
            let unit = self.unit;
            return Err(TokenizerTrainingError::TooSmall { unit, size, needed });
        }
        let lines = lines.into_iter();
        if self.unit.is_subword() {
            let lines = lines
                .map(|line| normalization.apply(line.as_ref()))
                .collect();
            self.train_subwords(lines, normalization, size)
        } else {
            let mut counts: HashMap<String, u64> = HashMap::new();
            for line in lines {
                for token in split(self.unit, &normalization.apply(line.as_ref())) {
                    *counts.entry(token).or_default() += 1;
                }
            }
            self.list(counts, normalization, size)
        }
    }

    fn list(
        &self,
        counts: HashMap<String, u64>,
        normalization: LineNormalization,
        size: usize,
    ) -> Result<TranslationTokenizer, TokenizerTrainingError> {
        let is_special = |token: &str| SPECIALS.iter().any(|special| special.token() == token);
        let mut counted: Vec<(String, u64)> = counts
            .into_iter()
            .filter(|(token, count)| *count >= self.min_count && !is_special(token))
            .collect();
        if counted.is_empty() {
            return Err(self.empty());
        }
        counted
            .sort_unstable_by(|(one, a), (other, b)| (Reverse(a), one).cmp(&(Reverse(b), other)));
        counted.truncate(size - SPECIALS.len());
        let tokens = counted.into_iter().map(|(token, _)| token).collect();
        Ok(TranslationTokenizer::of_list(
            self.unit,
            normalization,
            tokens,
        ))
    }

    fn train_subwords(
        &self,
        lines: Vec<String>,
        normalization: LineNormalization,
        size: usize,
    ) -> Result<TranslationTokenizer, TokenizerTrainingError> {
        if lines.iter().all(String::is_empty) {
            return Err(self.empty());
        }
        let specials = SPECIALS.len();
        let trained = if self.unit == TranslationUnit::Bpe {
            subwords::train_bpe(&lines, specials, size, self.min_count).and_then(
                |(tokens, merges)| {
                    let subwords = Subwords::bpe(specials, &tokens, &merges)?;
                    Ok((tokens, Model::Bpe { merges, subwords }))
                },
            )
        } else {
            subwords::train_unigram(&lines, specials, size, self.min_count).and_then(
                |(tokens, scores)| {
                    let unknown = TranslationTokenizer::UNKNOWN as usize;
                    let subwords = Subwords::unigram(specials, unknown, &tokens, &scores)?;
                    Ok((tokens, Model::Unigram { scores, subwords }))
                },
            )
        };
        match trained {
            Ok((tokens, model)) => {
                let unit = self.unit;
                Ok(TranslationTokenizer::new(
                    unit,
                    normalization,
                    tokens,
                    model,
                ))
            }
            Err(source) => Err(TokenizerTrainingError::Subwords {
                unit: self.unit,
                source,
            }),
        }
    }

    fn empty(&self) -> TokenizerTrainingError {
        TokenizerTrainingError::Empty {
            unit: self.unit,
            min_count: self.min_count,
        }
    }
}
