//! The text of a run as numbers.

use crate::config::{DataConfig, SourceConfig};
use burn_recurrent_datasets::{SourceScore, StoryCorpus, TextSplits};
use burn_recurrent_text::{Special, TextError, Unit, Vocabulary, VocabularyBuilder, boundary};
use burn_recurrent_train::Report;
use std::sync::Arc;

/// The three splits, encoded, and what they were encoded with.
pub struct Corpus {
    pub vocabulary: Vocabulary,
    /// A split begins with what stands before a text (see [`boundary`]), so that all of its tokens are predicted. Only
    /// where the vocabulary has nothing of the kind, its first token is not.
    pub train: Arc<[u32]>,
    pub valid: Arc<[u32]>,
    pub test: Option<Arc<[u32]>>,
    /// What the grammar itself makes of the test split, where a grammar wrote it.
    pub source: Option<SourceScore>,
    /// The SHA-256 of each split's text.
    pub checksums: Vec<(&'static str, String)>,
}

impl Corpus {
    /// Loads the text and counts its vocabulary on the training split.
    pub fn load(config: &DataConfig) -> Result<Self, Report> {
        Self::with_vocabulary(config, |train| vocabulary(config, train))
    }

    /// Loads the text for a model that was trained with this vocabulary.
    pub fn load_for(config: &DataConfig, known: &Vocabulary) -> Result<Self, Report> {
        Self::with_vocabulary(config, |_| Ok(known.clone()))
    }

    fn with_vocabulary(
        config: &DataConfig,
        vocabulary: impl FnOnce(&str) -> Result<Vocabulary, Report>,
    ) -> Result<Self, Report> {
        let (splits, source) = load_text(config)?;
        let vocabulary = vocabulary(&splits.train)?;
        let boundary = boundary(&vocabulary);
        let (train, valid, test) = splits.sha256();
        let mut checksums = vec![("train", train), ("valid", valid)];
        checksums.extend(test.map(|test| ("test", test)));
        let encode = |split: &str, text: &str| encode(&vocabulary, boundary, split, text);
        Ok(Self {
            train: encode("training", &splits.train)?,
            valid: encode("validation", &splits.valid)?,
            test: match &splits.test {
                Some(test) => Some(encode("test", test)?),
                None => None,
            },
            source,
            checksums,
            vocabulary,
        })
    }

    /// A split by its name.
    pub fn split(&self, name: &str) -> Result<&Arc<[u32]>, Report> {
        match name {
            "train" => Ok(&self.train),
            "valid" => Ok(&self.valid),
            "test" => self.test.as_ref().ok_or_else(|| {
                Report::usage("this data has no test split")
                    .with_help("evaluate on the validation split with `--split valid`")
            }),
            other => Err(Report::usage(format!("there is no split `{other}`"))
                .with_help("the splits are train, valid and test")),
        }
    }
}

/// Says which tokens of a person's text the model reads as `<unk>`.
pub fn warn_of_unknown(vocabulary: &Vocabulary, what: &str, text: &str) {
    const SHOWN: usize = 5;
    let unknown = vocabulary.unknown_tokens(text);
    if unknown.is_empty() {
        return;
    }
    let shown: Vec<String> = unknown
        .iter()
        .take(SHOWN)
        .map(|t| format!("{t:?}"))
        .collect();
    let more = match unknown.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    log::warn!(
        "{what}: {}{more} not in the vocabulary, read as <unk>",
        shown.join(", ")
    );
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

fn vocabulary(config: &DataConfig, train: &str) -> Result<Vocabulary, Report> {
    if config.unit == Unit::Byte {
        return Ok(Vocabulary::bytes());
    }
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
    Ok(builder.count(train).build()?)
}

fn encode(
    vocabulary: &Vocabulary,
    boundary: Option<u32>,
    split: &str,
    text: &str,
) -> Result<Arc<[u32]>, Report> {
    let tokens = vocabulary.encode(text).map_err(|error| {
        let unknown = matches!(error, TextError::UnknownToken { .. });
        let report = Report::failure(format!("the {split} text: {error}"));
        match unknown {
            true => report.with_help(
                "with `data.unknown = true` what the training text does not hold is `<unk>`",
            ),
            false => report,
        }
    })?;
    Ok(boundary.into_iter().chain(tokens).collect())
}
