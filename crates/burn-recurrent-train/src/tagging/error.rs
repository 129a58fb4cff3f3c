//! Errors of the data of a tagger.

use std::path::PathBuf;

use burn_recurrent_datasets::VectorsError;
use burn_recurrent_text::{BudgetError, VocabularyError};

/// What is wrong with sentences and labels, or with the vectors of their words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaggingError {
    /// A label of spans marks none.
    #[error(
        "{}, line {line}: the label `{label}` marks no span, expected `O`, or `B-`, `I-`, `E-` or `S-` and a kind, as in \
         `B-NP`",
        path.display()
    )]
    NoSpan {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The label.
        label: String,
    },
    /// There are no words, characters or labels to learn.
    #[error("{}: {source}", path.display())]
    Vocabulary {
        /// The file of the training sentences.
        path: PathBuf,
        /// Why.
        source: VocabularyError,
    },
    /// Pretrained vectors that cannot be read.
    #[error(transparent)]
    Vectors(#[from] VectorsError),
    /// Pretrained vectors that do not fit the model.
    #[error(
        "the model's embeddings of words are {model} wide, but the pretrained vectors are {vectors} wide"
    )]
    VectorsWidth {
        /// The width of the model's embeddings.
        model: usize,
        /// The width of the vectors.
        vectors: usize,
    },
    /// Batches without room for a token.
    #[error(transparent)]
    Batches(#[from] BudgetError),
}

impl TaggingError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoSpan { .. } => {
                Some("for labels that are no spans, set `data.task = { kind = \"tags\" }`".into())
            }
            Self::VectorsWidth { vectors, .. } => Some(format!("set `model.d_word = {vectors}`")),
            _ => None,
        }
    }

    /// Whether the config is at fault (exit code 2).
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::VectorsWidth { .. } | Self::Batches(_))
    }
}
