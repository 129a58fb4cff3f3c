//! Errors of the data of a translator.

use std::path::PathBuf;

use burn_recurrent_text::{BudgetError, TokenizerTrainingError};

/// What is wrong with sentences and their translations.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TranslationError {
    /// No tokens can be learnt.
    #[error("{}: {source}", path.display())]
    Tokenizer {
        /// The file of the training sentences.
        path: PathBuf,
        /// Why.
        source: TokenizerTrainingError,
    },
    /// All training pairs are left out.
    #[error(
        "{}: all {pairs} training pairs are left out, {long} because a sentence is longer than {max_source} source or \
         {max_target} target tokens, {empty} because one has no token", path.display()
    )]
    NothingLeft {
        /// The file of the training sentences.
        path: PathBuf,
        /// How many pairs there are.
        pairs: usize,
        /// How many are too long.
        long: usize,
        /// How many have an empty side.
        empty: usize,
        /// The longest source that is trained on.
        max_source: usize,
        /// The longest target that is trained on.
        max_target: usize,
    },
    /// Batches without room for a token.
    #[error(transparent)]
    Batches(#[from] BudgetError),
}

impl TranslationError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NothingLeft { long, .. } if *long > 0 => {
                Some("raise `tokens.max_source` and `tokens.max_target`".into())
            }
            Self::Tokenizer {
                source: TokenizerTrainingError::TooSmall { .. },
                ..
            } => Some("raise `size` under `[tokens]`".into()),
            _ => None,
        }
    }

    /// Whether the config is at fault (exit code 2).
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Batches(_)
                | Self::Tokenizer {
                    source: TokenizerTrainingError::TooSmall { .. },
                    ..
                }
        )
    }
}
