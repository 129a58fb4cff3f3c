//! `[data]`: the sentences and their labels.

use burn_recurrent_datasets::{
    Catalog, ColumnFormat, ConlluColumn, Format, SentenceFormat, Separator, TagColumn,
};
use burn_recurrent_text::TaggingTask;
use burn_recurrent_train::checks::{self, at_least_one};
use burn_recurrent_train::{InvalidValue, Report};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The sentences and their labels.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// What the labels are.
    #[serde(default)]
    pub task: TaggingTask,
    /// Where the sentences come from.
    pub source: SourceConfig,
    /// Whether the validation sentences are trained on too: for the last training, when all has been chosen, the number of
    /// epochs too. The validation figures then say how well training went, and not how good the model is.
    #[serde(default, skip_serializing_if = "is_false")]
    pub train_on_valid: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Where the sentences come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SourceConfig {
    /// Requests to an assistant, with slot labels, written by the bundled grammar.
    Requests {
        /// The seed of the requests.
        seed: u64,
        /// The number of requests to train on.
        train_sentences: usize,
        /// The number of requests to validate on.
        valid_sentences: usize,
        /// The number of requests to test on.
        test_sentences: usize,
    },
    /// A data set of the catalogue, downloaded where it is not in the cache.
    Catalog {
        /// Its name.
        name: String,
        /// The column of the labels, such as `xpos`; the one that the data set is used for most unless given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<String>,
    },
    /// One's own files; gzip is unpacked.
    Files {
        /// The training sentences.
        train: PathBuf,
        /// The validation sentences; the last tenth of the training sentences unless given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid: Option<PathBuf>,
        /// The test sentences.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<PathBuf>,
        /// How they are written.
        #[serde(default)]
        format: FormatConfig,
    },
}

/// How a file writes sentences.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum FormatConfig {
    /// A word a line, blanks between columns, a blank line behind each sentence.
    Columns {
        /// The column of the words, from 0.
        #[serde(default)]
        word: usize,
        /// The column of the labels, from 0; the last one unless given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<usize>,
        /// Whether columns stand between single tabs, so that a word may have spaces in it.
        #[serde(default)]
        tabs: bool,
        /// Whether lines that begin with `#` are comments.
        #[serde(default)]
        comments: bool,
    },
    /// CoNLL-U.
    Conllu {
        /// The column of the labels.
        #[serde(default = "upos")]
        column: String,
    },
}

impl Default for FormatConfig {
    fn default() -> Self {
        Self::Columns {
            word: 0,
            label: None,
            tabs: false,
            comments: false,
        }
    }
}

fn upos() -> String {
    "upos".to_string()
}

impl FormatConfig {
    /// What the reader is told.
    pub fn resolve(&self) -> Result<SentenceFormat, InvalidValue> {
        match self {
            Self::Columns {
                word,
                label,
                tabs,
                comments,
            } => Ok(SentenceFormat::Columns(ColumnFormat {
                separator: if *tabs {
                    Separator::Tab
                } else {
                    Separator::Blank
                },
                columns: None,
                word: *word,
                tag: label.map_or(TagColumn::Last, TagColumn::At),
                comments: *comments,
            })),
            Self::Conllu { column } => {
                column
                    .parse()
                    .map(SentenceFormat::Conllu)
                    .map_err(|message: String| {
                        InvalidValue::new("column", format!("must be a column: {message}"))
                    })
            }
        }
    }
}

impl DataConfig {
    pub(super) fn validate(&self) -> Result<(), InvalidValue> {
        let source = match &self.source {
            SourceConfig::Requests {
                train_sentences,
                valid_sentences,
                test_sentences,
                seed,
            } => at_least_one("train_sentences", *train_sentences)
                .and_then(|()| checks::seed("seed", *seed))
                .and_then(|()| at_least_one("valid_sentences", *valid_sentences))
                .and_then(|()| at_least_one("test_sentences", *test_sentences)),
            SourceConfig::Catalog { .. } => Ok(()),
            SourceConfig::Files { format, .. } => match format.resolve() {
                Ok(_) => Ok(()),
                Err(error) => Err(error.within("format")),
            },
        };
        source.map_err(|e| e.within("source"))
    }
}

impl SourceConfig {
    /// The files that are read.
    pub fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::Files {
                train, valid, test, ..
            } => {
                let paths = [Some(train), valid.as_mut(), test.as_mut()];
                paths.into_iter().flatten().collect()
            }
            Self::Requests { .. } | Self::Catalog { .. } => Vec::new(),
        }
    }

    /// The column of CoNLL-U that the labels stand in, where the sentences are CoNLL-U.
    pub fn conllu_column(&self) -> Result<Option<ConlluColumn>, Report> {
        let format = match self {
            Self::Files { format, .. } => format.resolve()?,
            Self::Catalog { name, column } => {
                let catalog = Catalog::bundled();
                if catalog.get(name)?.format != Format::Conllu {
                    return Ok(None);
                }
                let column = column
                    .clone()
                    .unwrap_or_else(|| ConlluColumn::Upos.to_string());
                FormatConfig::Conllu { column }.resolve()?
            }
            Self::Requests { .. } => return Ok(None),
        };
        Ok(match format {
            SentenceFormat::Conllu(column) => Some(column),
            _ => None,
        })
    }
}
