//! A text in its parts: for training, validation and test.

use std::path::Path;

use crate::cache::Cache;
use crate::catalog::{Catalog, Dataset, Format, SplitRule};
use crate::load_error::LoadError;
use crate::read::{read_bytes, read_text};

/// The text of a language model's data set; `TextSplits<Vec<u8>>` is the bytes of files of any kind, for models of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSplits<T = String> {
    /// What the model learns from.
    pub train: T,
    /// What decides when to stop and which model is best.
    pub valid: T,
    /// What the result is measured on, where the data set has it.
    pub test: Option<T>,
}

/// Which shares of one file the parts are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fractions {
    /// The first share.
    pub train: f64,
    /// The share after it.
    pub valid: f64,
    /// The share after that; 0 for no test text. The three add up to 1 at most.
    pub test: f64,
}

/// What one file is cut between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitUnit {
    /// Between any two characters (Unicode scalar values), for running text.
    Characters,
    /// Between lines, for one-sentence-a-line text.
    Lines,
}

impl TextSplits {
    /// Loads a data set of the bundled catalogue by its name, such as `ptb`, from the cache that
    /// [`Cache::from_env`] names.
    ///
    /// # Errors
    /// An unknown name, and those of [`TextSplits::from_dataset`].
    pub fn from_catalog(name: &str) -> Result<Self, LoadError> {
        let catalog = Catalog::bundled();
        Self::from_dataset(catalog.get(name)?, &Cache::from_env()?)
    }

    /// Loads a data set, downloading what the cache lacks.
    ///
    /// # Errors
    /// A file that cannot be had, text that cannot be read, and a data set of tagged sentences.
    pub fn from_dataset(dataset: &Dataset, cache: &Cache) -> Result<Self, LoadError> {
        if !matches!(dataset.format, Format::Text | Format::Lines) {
            return Err(LoadError::Kind {
                name: dataset.name.clone(),
                is: dataset.format.describe(),
                expected: "plain text",
            });
        }
        let paths = cache.fetch_all(dataset)?;
        let path = |name: &str| {
            let index = dataset.files.iter().position(|file| file.name == name);
            &paths[index.expect("a dataset's splits are among its files")]
        };
        match &dataset.splits {
            SplitRule::Files { train, valid, test } => Self::from_files(
                path(train),
                path(valid),
                test.as_ref().map(|test| path(test)),
            ),
            SplitRule::HeldOut { .. }
            | SplitRule::ParallelFiles { .. }
            | SplitRule::ByWord { .. } => Err(LoadError::Kind {
                name: dataset.name.clone(),
                is: "split by sentences",
                expected: "plain text",
            }),
            SplitRule::InOrder {
                file,
                train_characters,
                valid_characters,
            } => {
                let text = read_text(path(file))?;
                let lengths = [*train_characters, *valid_characters, 0];
                cut(&text, SplitUnit::Characters, lengths).ok_or_else(|| LoadError::TooShort {
                    path: path(file).into(),
                    available: text.chars().count(),
                    unit: "characters",
                    parts: 2,
                })
            }
        }
    }

    /// Loads a file for each part.
    ///
    /// # Errors
    /// A file that is missing, empty or not UTF-8.
    pub fn from_files(
        train: impl AsRef<Path>,
        valid: impl AsRef<Path>,
        test: Option<impl AsRef<Path>>,
    ) -> Result<Self, LoadError> {
        Ok(Self {
            train: read_text(train)?,
            valid: read_text(valid)?,
            test: test.map(read_text).transpose()?,
        })
    }

    /// Loads one file and cuts it in order: training text, validation text, test text.
    ///
    /// Each length is the fraction of the file's, rounded down, but where the fractions add up to
    /// 1 the last part takes all that is left.
    ///
    /// # Errors
    /// Fractions that make no sense, a file that cannot be read or is too short.
    pub fn from_file(
        path: impl AsRef<Path>,
        fractions: Fractions,
        unit: SplitUnit,
    ) -> Result<Self, LoadError> {
        fractions.check()?;
        let path = path.as_ref();
        let text = read_text(path)?;
        let name = match unit {
            SplitUnit::Characters => "characters",
            SplitUnit::Lines => "lines",
        };
        let lengths = fractions.lengths(path, unit.count(&text), name)?;
        Ok(cut(&text, unit, lengths).expect("the lengths add up to what there is at most"))
    }

    /// The same text as bytes.
    pub fn into_bytes(self) -> TextSplits<Vec<u8>> {
        TextSplits {
            train: self.train.into_bytes(),
            valid: self.valid.into_bytes(),
            test: self.test.map(String::into_bytes),
        }
    }
}

impl TextSplits<Vec<u8>> {
    /// Loads a file of any kind for each part, byte for byte.
    ///
    /// # Errors
    /// A file that is missing or has no bytes.
    pub fn bytes_from_files(
        train: impl AsRef<Path>,
        valid: impl AsRef<Path>,
        test: Option<impl AsRef<Path>>,
    ) -> Result<Self, LoadError> {
        Ok(Self {
            train: read_bytes(train)?,
            valid: read_bytes(valid)?,
            test: test.map(read_bytes).transpose()?,
        })
    }

    /// Loads one file of any kind and cuts it between any two bytes, as [`TextSplits::from_file`] cuts a text.
    ///
    /// # Errors
    /// As [`TextSplits::from_file`], but for what is no text.
    pub fn bytes_from_file(
        path: impl AsRef<Path>,
        fractions: Fractions,
    ) -> Result<Self, LoadError> {
        fractions.check()?;
        let path = path.as_ref();
        let bytes = read_bytes(path)?;
        let [train, valid, test] = fractions.lengths(path, bytes.len(), "bytes")?;
        let (train, rest) = bytes.split_at(train);
        let (valid, rest) = rest.split_at(valid);
        Ok(Self {
            train: train.to_vec(),
            valid: valid.to_vec(),
            test: (test > 0).then(|| rest[..test].to_vec()),
        })
    }
}

impl<T: AsRef<[u8]>> TextSplits<T> {
    /// The SHA-256 of each part's text, to note beside a result: training, validation, test.
    pub fn sha256(&self) -> (String, String, Option<String>) {
        let sha256 = |text: &T| burn_recurrent_files::sha256(text.as_ref());
        (
            sha256(&self.train),
            sha256(&self.valid),
            self.test.as_ref().map(sha256),
        )
    }
}

impl Fractions {
    /// Their sum; sums such as 0.7 + 0.2 + 0.1 miss 1 by a rounding error.
    fn sum(self) -> f64 {
        self.train + self.valid + self.test
    }

    fn check(self) -> Result<(), LoadError> {
        let Self { train, valid, test } = self;
        match train > 0.0 && valid > 0.0 && test >= 0.0 && self.sum() <= 1.0 + 1e-9 {
            true => Ok(()),
            false => Err(LoadError::Fractions { train, valid, test }),
        }
    }

    /// How long the parts of a file of `available` units are: training, validation, test.
    fn lengths(
        self,
        path: &Path,
        available: usize,
        unit: &'static str,
    ) -> Result<[usize; 3], LoadError> {
        let share = |fraction: f64| (available as f64 * fraction + 1e-6) as usize;
        let mut lengths = [share(self.train), share(self.valid), share(self.test)];
        let parts = if self.test > 0.0 { 3 } else { 2 };
        if self.sum() >= 1.0 - 1e-9 {
            let before: usize = lengths[..parts - 1].iter().sum();
            lengths[parts - 1] = available.saturating_sub(before);
        }
        match lengths[..parts].contains(&0) {
            true => Err(LoadError::TooShort {
                path: path.into(),
                available,
                unit,
                parts,
            }),
            false => Ok(lengths),
        }
    }
}

impl SplitUnit {
    fn count(self, text: &str) -> usize {
        match self {
            SplitUnit::Characters => text.chars().count(),
            SplitUnit::Lines => text.split_inclusive('\n').count(),
        }
    }

    /// The byte at which the first `count` units end; `None` where there are fewer.
    fn end(self, text: &str, count: usize) -> Option<usize> {
        let mut end = 0;
        let mut left = count;
        let mut take = |bytes: usize| {
            let more = left > 0;
            if more {
                left -= 1;
                end += bytes;
            }
            more
        };
        match self {
            SplitUnit::Characters => text.chars().all(|c| take(c.len_utf8())),
            SplitUnit::Lines => text.split_inclusive('\n').all(|line| take(line.len())),
        };
        (left == 0).then_some(end)
    }
}

/// The first parts of `text` of the given lengths; no test text where its length is 0.
fn cut(text: &str, unit: SplitUnit, lengths: [usize; 3]) -> Option<TextSplits> {
    let [train, valid, test] = lengths;
    let (train, rest) = text.split_at(unit.end(text, train)?);
    let (valid, rest) = rest.split_at(unit.end(rest, valid)?);
    let test = match test {
        0 => None,
        test => Some(rest[..unit.end(rest, test)?].to_string()),
    };
    Some(TextSplits {
        train: train.to_string(),
        valid: valid.to_string(),
        test,
    })
}
