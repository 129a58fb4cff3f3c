//! What is translated into what, as far as scores are concerned.

use serde::{Deserialize, Serialize};

/// By what translations are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TranslationTask {
    /// Sentences into sentences: BLEU and chrF.
    #[default]
    Text,
    /// Spelling into sounds: word error and phoneme error.
    Pronunciation,
}
