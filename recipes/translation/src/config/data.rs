//! `[data]`: the sentences and their translations.

use burn_recurrent_datasets::ParallelFiles;
use burn_recurrent_train::InvalidValue;
use burn_recurrent_train::checks::{self, at_least_one};
use burn_recurrent_train::translation::TranslationTask;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The sentences and their translations.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// By what translations are judged.
    #[serde(default)]
    pub task: TranslationTask,
    /// Where the pairs come from.
    pub source: SourceConfig,
}

/// Where the pairs come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SourceConfig {
    /// German sentences and their English translations, written by the bundled grammar.
    Grammar {
        /// The seed of the sentences.
        seed: u64,
        /// The number of pairs to train on.
        train_sentences: usize,
        /// The number of pairs to validate on.
        valid_sentences: usize,
        /// The number of pairs to test on; none of them is among the others.
        test_sentences: usize,
        /// Whether to translate from English into German.
        #[serde(default)]
        reversed: bool,
    },
    /// A data set of the catalogue, downloaded where it is not in the cache.
    Catalog {
        /// Its name.
        name: String,
        /// The language to translate from.
        from: String,
        /// The language to translate to.
        to: String,
    },
    /// A pronouncing dictionary of the catalogue: spelling into phonemes.
    Pronunciations {
        /// Its name.
        name: String,
        /// Whether vowels have their stress: `AH0`, not `AH`.
        #[serde(default = "yes")]
        stress: bool,
    },
    /// One's own files of a sentence a line; gzip is unpacked.
    Files {
        /// The training pairs.
        train: PairOfFiles,
        /// The validation pairs.
        valid: PairOfFiles,
        /// The test pairs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<PairOfFiles>,
    },
    /// One's own files of a pair a line, in columns with tabs between them; gzip is unpacked.
    Tsv {
        /// The training pairs.
        train: PathBuf,
        /// The validation pairs.
        valid: PathBuf,
        /// The test pairs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<PathBuf>,
        /// The column of the sentences, from 0.
        #[serde(default)]
        source: usize,
        /// The column of their translations, from 0.
        #[serde(default = "second_column")]
        target: usize,
        /// Whether the first line names the columns.
        #[serde(default)]
        header: bool,
    },
}

/// Two files, line by line each other's translation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairOfFiles {
    /// The sentences.
    pub source: PathBuf,
    /// Their translations.
    pub target: PathBuf,
}

impl PairOfFiles {
    /// As the reader takes them.
    pub fn files(&self) -> ParallelFiles {
        ParallelFiles::two(&self.source, &self.target)
    }
}

fn yes() -> bool {
    true
}

fn second_column() -> usize {
    1
}

impl DataConfig {
    pub(super) fn validate(&self) -> Result<(), InvalidValue> {
        let source = match &self.source {
            SourceConfig::Grammar {
                train_sentences,
                valid_sentences,
                test_sentences,
                seed,
                ..
            } => at_least_one("train_sentences", *train_sentences)
                .and_then(|()| checks::seed("seed", *seed))
                .and_then(|()| at_least_one("valid_sentences", *valid_sentences))
                .and_then(|()| at_least_one("test_sentences", *test_sentences)),
            SourceConfig::Tsv { source, target, .. } if source == target => Err(InvalidValue::new(
                "target",
                format!("must be another column than `source`, but both are {source}"),
            )),
            _ => Ok(()),
        };
        source.map_err(|e| e.within("source"))
    }
}

impl SourceConfig {
    /// The files that are read.
    pub fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::Files { train, valid, test } => [Some(train), Some(valid), test.as_mut()]
                .into_iter()
                .flatten()
                .flat_map(|pair| [&mut pair.source, &mut pair.target])
                .collect(),
            Self::Tsv {
                train, valid, test, ..
            } => {
                let paths = [Some(train), Some(valid), test.as_mut()];
                paths.into_iter().flatten().collect()
            }
            Self::Grammar { .. } | Self::Catalog { .. } | Self::Pronunciations { .. } => Vec::new(),
        }
    }
}
