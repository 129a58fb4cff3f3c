//! The text that a config names, as numbers.

use crate::config::{Config, DataConfig, SourceConfig};
use burn_recurrent_datasets::{SourceScore, StoryCorpus, TextSplits};
use burn_recurrent_text::{Special, Unit, Vocabulary, VocabularyBuilder, VocabularyError};
use burn_recurrent_train::language_modelling;
use burn_recurrent_train::{Checksums, Report, RunData};
use std::fmt;

/// A text, and what is known of it besides.
pub struct Corpus {
    pub text: language_modelling::Corpus,
    /// What the grammar itself makes of the test split, where a grammar wrote it.
    pub source: Option<SourceScore>,
}

impl burn_recurrent_train::RunDataConfig for Config {
    type Data = Corpus;

    fn load_data(&self, known: Option<Vocabulary>) -> Result<Corpus, Report> {
        if self.data.unit == Unit::Byte {
            let vocabulary = known.unwrap_or_else(Vocabulary::bytes);
            let (bytes, source) = load_bytes(&self.data)?;
            let text = language_modelling::Corpus::new(&bytes, vocabulary)?;
            return Ok(Corpus { text, source });
        }
        let (splits, source) = load_text(&self.data)?;
        let vocabulary = match known {
            Some(known) => known,
            None => vocabulary(&self.data, &splits.train)?,
        };
        let text = language_modelling::Corpus::new(&splits, vocabulary)?;
        Ok(Corpus { text, source })
    }
}

impl RunData for Corpus {
    type Vocabularies = Vocabulary;

    fn vocabularies(&self) -> &Vocabulary {
        self.text.vocabularies()
    }

    fn checksums(&self) -> &Checksums {
        self.text.checksums()
    }
}

impl fmt::Display for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

fn load_text(config: &DataConfig) -> Result<(TextSplits, Option<SourceScore>), Report> {
    Ok(match &config.source {
        SourceConfig::Stories {
            seed,
            train_lines,
            valid_lines,
            test_lines,
        } => {
            let corpus = StoryCorpus::generate(*seed, *train_lines, *valid_lines, *test_lines);
            (corpus.splits, Some(corpus.source))
        }
        SourceConfig::Catalog { name } => (TextSplits::from_catalog(name)?, None),
        SourceConfig::Files { train, valid, test } => {
            (TextSplits::from_files(train, valid, test.as_ref())?, None)
        }
        SourceConfig::File { path, valid, test } => {
            let fractions = SourceConfig::fractions(*valid, *test);
            let unit = SourceConfig::split_unit(config.unit);
            (TextSplits::from_file(path, fractions, unit)?, None)
        }
    })
}

/// One's own files byte for byte, whatever they hold, and other texts as UTF-8.
fn load_bytes(config: &DataConfig) -> Result<(TextSplits<Vec<u8>>, Option<SourceScore>), Report> {
    Ok(match &config.source {
        SourceConfig::Files { train, valid, test } => {
            let bytes = TextSplits::bytes_from_files(train, valid, test.as_ref())?;
            (bytes, None)
        }
        SourceConfig::File { path, valid, test } => {
            let fractions = SourceConfig::fractions(*valid, *test);
            (TextSplits::bytes_from_file(path, fractions)?, None)
        }
        SourceConfig::Stories { .. } | SourceConfig::Catalog { .. } => {
            let (text, source) = load_text(config)?;
            (text.into_bytes(), source)
        }
    })
}

fn vocabulary(config: &DataConfig, train: &str) -> Result<Vocabulary, Report> {
    let mut builder = VocabularyBuilder::new(config.unit).with_min_count(config.min_count);
    if let Some(size) = config.max_vocabulary {
        builder = builder.with_max_size(size);
    }
    if config.unknown {
        builder = builder.with_special(Special::Unknown);
    }
    if config.unit == Unit::Word {
        builder = builder.with_special(Special::EndOfSentence);
    }
    let vocabulary = builder.count(train).build().map_err(|error| match error {
        VocabularyError::TooSmall { size, needed } => Report::usage(format!(
            "`data.max_vocabulary` must be at least {needed}, got {size}: special tokens are among them"
        )),
        error => Report::from(error),
    })?;
    with_unknown_of_text(vocabulary)
}

/// `<unk>` stands for unknown words also where it is a word of the text itself, as in the Penn Treebank. It keeps the place
/// that its count gives it.
fn with_unknown_of_text(vocabulary: Vocabulary) -> Result<Vocabulary, Report> {
    let unknown = Special::Unknown;
    if vocabulary.special(unknown).is_some() || vocabulary.id(unknown.token()).is_none() {
        return Ok(vocabulary);
    }
    let specials = [vocabulary.specials(), &[unknown]].concat();
    let tokens = vocabulary.tokens().to_vec();
    Ok(Vocabulary::from_tokens(
        vocabulary.unit(),
        specials,
        tokens,
    )?)
}
