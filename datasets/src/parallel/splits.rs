//! Parallel text in parts: for training, validation and test.

use std::fmt;
use std::path::PathBuf;

use burn_recurrent_files::Checksum;

use super::error::ParallelError;
use super::files::ParallelFiles;
use super::pair::SentencePair;
use super::reader::ParallelReader;
use crate::cache::Cache;
use crate::catalog::{Catalog, Dataset, SplitRule};
use crate::load_error::LoadError;
use crate::read_error::ReadError;

/// The pairs of one part of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParallelPart {
    /// The file that the sentences are from, or what stands for one in messages.
    pub path: PathBuf,
    /// The pairs in order.
    pub pairs: Vec<SentencePair>,
    /// The pairs with an empty side that were left out, in training data.
    pub empty: Option<EmptyPairs>,
}

/// A data set for translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParallelSplits {
    /// What the model learns from: no pair has an empty side.
    pub train: ParallelPart,
    /// What decides when to stop and which model is best. Every line of the files is there.
    pub valid: ParallelPart,
    /// What the result is measured on, where there is something. Every line of the files is there.
    pub test: Option<ParallelPart>,
}

/// Pairs with an empty side, which were left out of the training data.
///
/// Displayed, it is a warning for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmptyPairs {
    /// The file of the sentences.
    pub path: PathBuf,
    /// How many there were.
    pub count: usize,
    /// The line of the first one, from 1.
    pub first_line: usize,
}

impl fmt::Display for EmptyPairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} pairs with an empty side were left out of the training data, the first on line {}",
            self.path.display(),
            self.count,
            self.first_line
        )
    }
}

impl ParallelPart {
    /// Reads training data: pairs with an empty side teach nothing and are left out, and counted in
    /// [`ParallelPart::empty`].
    ///
    /// # Errors
    /// Files that are missing, have no line, are not text, are of different lengths or lack a column, and files where
    /// every pair has an empty side.
    pub fn read_training(files: &ParallelFiles) -> Result<Self, ParallelError> {
        let mut part = Self::read(files)?;
        let lines = part.pairs.len();
        let mut empty = EmptyPairs {
            path: part.path.clone(),
            count: 0,
            first_line: 0,
        };
        part.pairs.retain(|pair| {
            if pair.has_empty_side() {
                empty.count += 1;
                if empty.count == 1 {
                    empty.first_line = pair.line;
                }
            }
            !pair.has_empty_side()
        });
        if part.pairs.is_empty() {
            return Err(ParallelError::AllEmpty {
                path: part.path,
                lines,
            });
        }
        part.empty = (empty.count > 0).then_some(empty);
        Ok(part)
    }

    /// Reads data to measure on: every line is a pair, with empty sides too, so that there is an output for each.
    ///
    /// # Errors
    /// Files that are missing, have no line, are not text, are of different lengths or lack a column.
    pub fn read(files: &ParallelFiles) -> Result<Self, ParallelError> {
        let mut reader = ParallelReader::open(files)?;
        let pairs = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
        if pairs.is_empty() {
            return Err(ReadError::Empty {
                path: files.path().into(),
                bytes: reader.offset(),
            }
            .into());
        }
        Ok(Self {
            path: files.path().into(),
            pairs,
            empty: None,
        })
    }

    /// The same pairs in the other direction. A pair with several translations becomes as many pairs.
    pub fn reversed(self) -> Self {
        let pairs = self.pairs.into_iter().flat_map(|pair| {
            let line = pair.line;
            let targets = std::iter::once(pair.target).chain(pair.other_targets);
            targets.map(move |target| SentencePair {
                source: target,
                target: pair.source.clone(),
                other_targets: Vec::new(),
                line,
            })
        });
        Self {
            pairs: pairs.collect(),
            ..self
        }
    }

    /// The SHA-256 of the pairs, to note beside a result.
    pub fn sha256(&self) -> String {
        let mut checksum = Checksum::new();
        for pair in &self.pairs {
            checksum.update(&pair.source);
            for target in pair.targets() {
                checksum.update("\t");
                checksum.update(target);
            }
            checksum.update("\n");
        }
        checksum.finish()
    }
}

impl ParallelSplits {
    /// Loads a data set of the catalogue from the cache that [`Cache::from_env`] names, to translate from one of its
    /// languages to the other.
    ///
    /// ```no_run
    /// use burn_recurrent_datasets::ParallelSplits;
    ///
    /// let captions = ParallelSplits::from_catalog("multi30k", "de", "en")?;
    /// assert_eq!(captions.train.pairs.len(), 29_000);
    /// # Ok::<(), burn_recurrent_datasets::LoadError>(())
    /// ```
    ///
    /// # Errors
    /// An unknown name, and those of [`ParallelSplits::from_dataset`].
    pub fn from_catalog(name: &str, source: &str, target: &str) -> Result<Self, LoadError> {
        let catalog = Catalog::bundled();
        Self::from_dataset(catalog.get(name)?, source, target, &Cache::from_env()?)
    }

    /// Loads a data set, downloading what the cache lacks.
    ///
    /// # Errors
    /// Languages that it does not have, a file that cannot be had or is not parallel to the other, and a data set of
    /// another kind.
    pub fn from_dataset(
        dataset: &Dataset,
        source: &str,
        target: &str,
        cache: &Cache,
    ) -> Result<Self, LoadError> {
        let SplitRule::ParallelFiles { train, valid, test } = &dataset.splits else {
            return Err(LoadError::Kind {
                name: dataset.name.clone(),
                is: dataset.format.describe(),
                expected: "parallel text",
            });
        };
        let index = |language: &str| dataset.languages.iter().position(|l| l == language);
        let (from, to) = match (index(source), index(target)) {
            (Some(from), Some(to)) if from != to => (from, to),
            _ => {
                return Err(LoadError::Languages {
                    name: dataset.name.clone(),
                    source_language: source.to_string(),
                    target_language: target.to_string(),
                    known: dataset.languages.join(" and "),
                });
            }
        };
        let files = |names: &[String; 2]| -> Result<ParallelFiles, LoadError> {
            let fetch = |index: usize| {
                let file = dataset.file(&names[index]);
                cache.fetch(
                    dataset,
                    file.expect("a dataset's splits are among its files"),
                )
            };
            Ok(ParallelFiles::two(fetch(from)?, fetch(to)?))
        };
        let test = test.as_ref().map(files).transpose()?;
        Self::from_files(&files(train)?, &files(valid)?, test.as_ref())
    }

    /// Loads files for each part.
    ///
    /// # Errors
    /// Those of [`ParallelPart::read_training`] and [`ParallelPart::read`].
    pub fn from_files(
        train: &ParallelFiles,
        valid: &ParallelFiles,
        test: Option<&ParallelFiles>,
    ) -> Result<Self, LoadError> {
        Ok(Self {
            train: ParallelPart::read_training(train)?,
            valid: ParallelPart::read(valid)?,
            test: test.map(ParallelPart::read).transpose()?,
        })
    }

    /// The same data in the other direction.
    pub fn reversed(self) -> Self {
        Self {
            train: self.train.reversed(),
            valid: self.valid.reversed(),
            test: self.test.map(ParallelPart::reversed),
        }
    }

    /// The SHA-256 of each part, to note beside a result: training, validation, test.
    pub fn sha256(&self) -> (String, String, Option<String>) {
        (
            self.train.sha256(),
            self.valid.sha256(),
            self.test.as_ref().map(ParallelPart::sha256),
        )
    }
}
