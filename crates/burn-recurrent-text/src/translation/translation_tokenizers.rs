//! The tokenisers of a translator: one of the source language, one of the target language.

use std::collections::BTreeMap;
use std::path::Path;

use super::translation_tokenizer::TranslationTokenizer;
use super::translation_tokenizer_config::{TokenizerTrainingError, TranslationTokenizerConfig};
use super::translation_tokenizer_file::TokenizerFileError;

/// The tokenisers of a translator.
#[derive(Debug, Clone, PartialEq)]
pub struct TranslationTokenizers {
    /// Of the language that is translated from.
    pub source: TranslationTokenizer,
    /// Of the language that is translated into.
    pub target: TranslationTokenizer,
}

const SOURCE: &str = "source.json";
const TARGET: &str = "target.json";

impl TranslationTokenizers {
    /// The names of the files that [`save`](Self::save) writes.
    pub const FILES: [&str; 2] = [SOURCE, TARGET];

    /// One tokeniser for both languages, made from the sources and the targets of training pairs: words that both
    /// languages have are the same tokens.
    ///
    /// # Errors
    ///
    /// When no tokeniser can be made; see [`TranslationTokenizerConfig::train`].
    pub fn train_joint<S: AsRef<str>, T: AsRef<str>>(
        config: &TranslationTokenizerConfig,
        pairs: &[(S, T)],
    ) -> Result<Self, TokenizerTrainingError> {
        let lines = pairs
            .iter()
            .flat_map(|(source, target)| [source.as_ref(), target.as_ref()]);
        let source = config.train(lines)?;
        let target = source.clone();
        Ok(Self { source, target })
    }

    /// A tokeniser for each language, made from its own side of training pairs.
    ///
    /// # Errors
    ///
    /// When one of them cannot be made; see [`TranslationTokenizerConfig::train`].
    pub fn train_separate<S: AsRef<str>, T: AsRef<str>>(
        source: &TranslationTokenizerConfig,
        target: &TranslationTokenizerConfig,
        pairs: &[(S, T)],
    ) -> Result<Self, TokenizerTrainingError> {
        Ok(Self {
            source: source.train(pairs.iter().map(|(source, _)| source))?,
            target: target.train(pairs.iter().map(|(_, target)| target))?,
        })
    }

    /// Whether both languages have the same tokens and ids.
    pub fn is_joint(&self) -> bool {
        self.source == self.target
    }

    /// Tells these tokenisers from others, each by its name: `source`, `target`. A model can keep them, to say later which
    /// one is not its own.
    pub fn fingerprints(&self) -> BTreeMap<String, String> {
        [("source", &self.source), ("target", &self.target)]
            .map(|(name, tokenizer)| (name.to_string(), tokenizer.fingerprint().to_string()))
            .into()
    }

    /// Writes the [`FILES`](Self::FILES) into a folder, each as a whole or not at all. To write both or none, write into
    /// a new folder and rename it.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), TokenizerFileError> {
        let folder = folder.as_ref();
        self.source.save(folder.join(SOURCE))?;
        self.target.save(folder.join(TARGET))
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is not what it should be.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, TokenizerFileError> {
        let folder = folder.as_ref();
        Ok(Self {
            source: TranslationTokenizer::load(folder.join(SOURCE))?,
            target: TranslationTokenizer::load(folder.join(TARGET))?,
        })
    }
}
