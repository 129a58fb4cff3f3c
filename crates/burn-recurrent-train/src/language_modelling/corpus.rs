//! A text as numbers.

use std::fmt;
use std::sync::Arc;

use burn_recurrent_datasets::TextSplits;
use burn_recurrent_text::{Unit, Vocabulary, boundary};

use super::batches_config::BatchesConfig;
use super::error::LanguageModellingError;
use super::evaluation_config::EvaluationConfig;
use super::windows::Windows;
use crate::run_data::{Checksums, RunData};
use crate::splits::Splits;

/// The splits of a text, encoded, and what they were encoded with.
pub struct Corpus {
    /// The tokens.
    pub vocabulary: Vocabulary,
    /// Each split begins with what stands before a text, the end of a sentence or of a line, so that all of its tokens are
    /// predicted. Only where the vocabulary has neither, its first token is not.
    pub splits: Splits<Arc<[u32]>>,
    /// The SHA-256 of each split's text.
    pub checksums: Checksums,
}

impl Corpus {
    /// Encodes a text; the splits of a model of bytes may be bytes of any kind.
    ///
    /// # Errors
    ///
    /// When a split is empty, or has a token that is not in a vocabulary without `<unk>`.
    pub fn new<T: AsRef<[u8]>>(
        text: &TextSplits<T>,
        vocabulary: Vocabulary,
    ) -> Result<Self, LanguageModellingError> {
        let boundary = boundary(&vocabulary);
        let encode = |split: &'static str, text: &T| -> Result<Arc<[u32]>, _> {
            let text = text.as_ref();
            if vocabulary.unit() != Unit::Byte {
                warn_of_marks(split, text);
            }
            let tokens = vocabulary.encode_bytes(text);
            let tokens = tokens.map_err(|source| LanguageModellingError::Text { split, source })?;
            Ok(boundary.into_iter().chain(tokens).collect())
        };
        let test = text.test.as_ref().map(|test| encode("test", test));
        let splits = Splits {
            train: encode("training", &text.train)?,
            valid: encode("validation", &text.valid)?,
            test: test.transpose()?,
        };
        let (train, valid, test) = text.sha256();
        let checksums = [
            ("train", Some(train)),
            ("valid", Some(valid)),
            ("test", test),
        ];
        let checksums = checksums.into_iter();
        Ok(Self {
            checksums: checksums
                .filter_map(|(split, checksum)| Some((split.to_string(), checksum?)))
                .collect(),
            splits,
            vocabulary,
        })
    }

    /// The windows to train on.
    ///
    /// # Errors
    ///
    /// When the text is too short for them.
    pub fn train_windows(&self, config: &BatchesConfig) -> Result<Windows, LanguageModellingError> {
        Windows::train(&self.splits.train, config)
    }

    /// The windows to validate on.
    ///
    /// # Errors
    ///
    /// When the text is too short for them.
    pub fn valid_windows(
        &self,
        config: &EvaluationConfig,
    ) -> Result<Windows, LanguageModellingError> {
        Windows::evaluation("validation", &self.splits.valid, config)
    }

    /// The windows to test on, where there is a test split.
    ///
    /// # Errors
    ///
    /// When the text is too short for them.
    pub fn test_windows(
        &self,
        config: &EvaluationConfig,
    ) -> Result<Option<Windows>, LanguageModellingError> {
        let test = self.splits.test.as_ref();
        test.map(|test| Windows::evaluation("test", test, config))
            .transpose()
    }
}

/// Says so where byte order marks stand inside a text: they are part of tokens there.
fn warn_of_marks(split: &str, text: &[u8]) {
    let mark = "\u{feff}".as_bytes();
    let is_mark = |at: &usize| *at > 0 && text[*at..].starts_with(mark);
    let mut marks = (0..text.len()).filter(|at| text[*at] == mark[0] && is_mark(at));
    if let Some(first) = marks.next() {
        let line = 1 + text[..first].iter().filter(|byte| **byte == b'\n').count();
        log::warn!(
            "the {split} text, line {line}: a byte order mark inside the text, {} in all; each is part of the token \
             behind it, as after files were put together: remove them",
            1 + marks.count()
        );
    }
}

impl RunData for Corpus {
    type Vocabularies = Vocabulary;

    fn vocabularies(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn checksums(&self) -> &Checksums {
        &self.checksums
    }
}

/// The sizes, in a line.
impl fmt::Display for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens = |split: &Arc<[u32]>| split.len() - 1;
        let (train, valid) = (tokens(&self.splits.train), tokens(&self.splits.valid));
        write!(f, "{train} tokens to train on, {valid} to validate on")?;
        if let Some(test) = &self.splits.test {
            write!(f, ", {} to test on", tokens(test))?;
        }
        write!(f, "; a vocabulary of {}", self.vocabulary.len())
    }
}
