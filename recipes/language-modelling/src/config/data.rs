//! `[data]`: the text and its vocabulary.

use burn_recurrent_datasets::{Fractions, SplitUnit};
use burn_recurrent_text::Unit;
use burn_recurrent_train::InvalidValue;
use burn_recurrent_train::checks::{self, at_least_one, probability};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The text and its vocabulary.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// What a token is: a word (then a line ends with `<eos>`), a character or a byte.
    pub unit: Unit,
    /// Words or characters seen less often in the training text are `<unk>`.
    #[serde(default = "one")]
    pub min_count: u64,
    /// Only so many of the most frequent are kept, `<eos>` and `<unk>` among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_vocabulary: Option<usize>,
    /// Whether there is an `<unk>` for what the training text does not hold; without it, such a token is an error. There is
    /// one in any case where it is a word of the text itself.
    #[serde(default)]
    pub unknown: bool,
    /// Where the text comes from.
    pub source: SourceConfig,
}

/// Where the text comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SourceConfig {
    /// Stories written by the bundled grammar.
    Stories {
        /// The seed of the stories.
        seed: u64,
        /// The number of stories to train on.
        train_lines: usize,
        /// The number of stories to validate on.
        valid_lines: usize,
        /// The number of stories to test on.
        test_lines: usize,
    },
    /// A data set of the catalogue, downloaded where it is not in the cache.
    Catalog {
        /// Its name.
        name: String,
    },
    /// One's own files, one for each split.
    Files {
        /// The training text.
        train: PathBuf,
        /// The validation text.
        valid: PathBuf,
        /// The test text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<PathBuf>,
    },
    /// One file of one's own, split in order.
    File {
        /// The text.
        path: PathBuf,
        /// The part of it that is validated on.
        #[serde(default = "tenth")]
        valid: f64,
        /// The part of it that is tested on.
        #[serde(default)]
        test: f64,
    },
}

fn one() -> u64 {
    1
}

fn tenth() -> f64 {
    0.1
}

impl DataConfig {
    pub(super) fn validate(&self) -> Result<(), InvalidValue> {
        if self.unit == Unit::Byte && (self.min_count > 1 || self.max_vocabulary.is_some()) {
            return Err(InvalidValue::new(
                "unit",
                "is `byte`, whose vocabulary is fixed: leave out `min_count` and `max_vocabulary`",
            ));
        }
        if self.max_vocabulary == Some(0) {
            return Err(InvalidValue::new(
                "max_vocabulary",
                "must be at least 1, got 0",
            ));
        }
        let cut = self.min_count > 1 || self.max_vocabulary.is_some();
        if cut && !self.unknown {
            return Err(InvalidValue::new(
                "unknown",
                "must be true where `min_count` or `max_vocabulary` leaves tokens out",
            ));
        }
        let source = match &self.source {
            SourceConfig::Stories {
                train_lines,
                valid_lines,
                test_lines,
                seed,
            } => at_least_one("train_lines", *train_lines)
                .and_then(|()| checks::seed("seed", *seed))
                .and_then(|()| at_least_one("valid_lines", *valid_lines))
                .and_then(|()| at_least_one("test_lines", *test_lines)),
            SourceConfig::File { valid, test, .. } => probability("test", *test).and_then(|()| {
                if *valid > 0.0 && valid + test < 1.0 {
                    Ok(())
                } else {
                    Err(InvalidValue::new(
                        "valid",
                        format!("must be above 0 and leave something to train on, got {valid}"),
                    ))
                }
            }),
            SourceConfig::Catalog { .. } | SourceConfig::Files { .. } => Ok(()),
        };
        source.map_err(|e| e.within("source"))
    }
}

impl SourceConfig {
    /// The files that are read.
    pub fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::Files { train, valid, test } => {
                [train, valid].into_iter().chain(test.as_mut()).collect()
            }
            Self::File { path, .. } => vec![path],
            Self::Stories { .. } | Self::Catalog { .. } => Vec::new(),
        }
    }

    /// The parts of a single file.
    pub fn fractions(valid: f64, test: f64) -> Fractions {
        Fractions {
            train: 1.0 - valid - test,
            valid,
            test,
        }
    }

    /// Where a single file may be cut: for words between lines, so that none is torn.
    pub fn split_unit(unit: Unit) -> SplitUnit {
        match unit {
            Unit::Word => SplitUnit::Lines,
            Unit::Character | Unit::Byte => SplitUnit::Characters,
        }
    }
}
