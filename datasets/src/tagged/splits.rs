//! Tagged sentences in parts: for training, validation and test.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use burn_recurrent_files::Checksum;

use super::format::{ColumnFormat, ConlluColumn, SentenceFormat, TagColumn};
use super::reader::{SentenceReader, collect, read_sentences};
use super::sentence::TaggedSentence;
use crate::archive::read_member;
use crate::cache::Cache;
use crate::catalog::{Catalog, Dataset, Format, SplitRule};
use crate::load_error::LoadError;

/// The sentences of one part of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedPart {
    /// The file that they are from, or what stands for one in messages.
    pub path: PathBuf,
    /// The sentences in order.
    pub sentences: Vec<TaggedSentence>,
}

/// A data set for tagging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedSplits {
    /// What the model learns from.
    pub train: TaggedPart,
    /// What decides when to stop and which model is best.
    pub valid: TaggedPart,
    /// What the result is measured on, where there is something.
    pub test: Option<TaggedPart>,
}

/// A tag of validation or test that training never saw. A model cannot give it: its tokens count as errors.
///
/// Displayed, it is a warning for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnseenTag {
    /// The tag.
    pub tag: String,
    /// The file.
    pub path: PathBuf,
    /// The line where it stands first, from 1.
    pub line: usize,
    /// How many words of the part have it.
    pub count: usize,
}

impl fmt::Display for UnseenTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, line {}: the tag {:?} is not in the training data; its {} words count as errors",
            self.path.display(),
            self.line,
            self.tag,
            self.count
        )
    }
}

impl TaggedPart {
    /// How many words there are.
    pub fn num_words(&self) -> usize {
        self.sentences.iter().map(TaggedSentence::len).sum()
    }

    /// The tags that are not among the `known`, in the order in which they are found.
    pub fn unseen_tags(&self, known: impl Fn(&str) -> bool) -> Vec<UnseenTag> {
        let mut unseen: Vec<UnseenTag> = Vec::new();
        for sentence in &self.sentences {
            for (word, tag) in sentence.tags.iter().enumerate() {
                if known(tag) {
                    continue;
                }
                match unseen.iter_mut().find(|unseen| unseen.tag == *tag) {
                    Some(unseen) => unseen.count += 1,
                    None => unseen.push(UnseenTag {
                        tag: tag.clone(),
                        path: self.path.clone(),
                        line: sentence.line(word),
                        count: 1,
                    }),
                }
            }
        }
        unseen
    }

    /// The SHA-256 of the words and tags, to note beside a result.
    pub fn sha256(&self) -> String {
        let mut checksum = Checksum::new();
        for sentence in &self.sentences {
            for (index, word) in sentence.words.iter().enumerate() {
                checksum.update(word);
                checksum.update("\t");
                checksum.update(sentence.tags.get(index).map_or("", String::as_str));
                checksum.update("\n");
            }
            checksum.update("\n");
        }
        checksum.finish()
    }
}

impl TaggedSplits {
    /// Loads a data set of the catalogue from the cache that [`Cache::from_env`] names, with the tags that it is used for
    /// most: the last column, or the universal parts of speech in CoNLL-U.
    ///
    /// ```no_run
    /// use burn_recurrent_datasets::TaggedSplits;
    ///
    /// let chunks = TaggedSplits::from_catalog("conll2000")?;
    /// assert_eq!(chunks.train.sentences[0].tags[0], "B-NP");
    /// # Ok::<(), burn_recurrent_datasets::LoadError>(())
    /// ```
    ///
    /// # Errors
    /// An unknown name, and those of [`TaggedSplits::from_dataset`].
    pub fn from_catalog(name: &str) -> Result<Self, LoadError> {
        let catalog = Catalog::bundled();
        Self::from_dataset(catalog.get(name)?, None, &Cache::from_env()?)
    }

    /// Loads a data set, downloading what the cache lacks. `tag` names the column of the tags, such as `pos` for
    /// `conll2000` and `xpos` for `ud-english-ewt`.
    ///
    /// # Errors
    /// A file that cannot be had or is not of its format, a column that is not there, and a data set of plain text.
    pub fn from_dataset(
        dataset: &Dataset,
        tag: Option<&str>,
        cache: &Cache,
    ) -> Result<Self, LoadError> {
        let format = dataset_format(dataset, tag)?;
        let load = |name: &str| -> Result<TaggedPart, LoadError> {
            let (file, member) = dataset
                .locate(name)
                .expect("a dataset's splits are among its files");
            let path = cache.fetch(dataset, file)?;
            let Some(member) = member else {
                return Ok(TaggedPart::read(path, &format)?);
            };
            let bytes = read_member(&path, member)?;
            let path = path.join(&member.name);
            let reader = SentenceReader::new(bytes.as_slice(), &path, format.clone());
            let sentences = collect(reader)?;
            Ok(TaggedPart { path, sentences })
        };
        match &dataset.splits {
            SplitRule::Files { train, valid, test } => Ok(Self {
                train: load(train)?,
                valid: load(valid)?,
                test: test.as_deref().map(load).transpose()?,
            }),
            SplitRule::HeldOut {
                train,
                valid_sentences,
                test,
            } => {
                let (train, valid) = load(train)?.hold_out(*valid_sentences)?;
                let test = Some(load(test)?);
                Ok(Self { train, valid, test })
            }
            SplitRule::InOrder { .. }
            | SplitRule::ParallelFiles { .. }
            | SplitRule::ByWord { .. } => Err(wrong_kind(dataset)),
        }
    }

    /// Loads a file for each part; gzip is unpacked. Without a file for validation, the last tenth of the training
    /// sentences, rounded down but one at least, is kept for it.
    ///
    /// # Errors
    /// A file that is missing, has no sentence, or is not of the format.
    pub fn from_files(
        train: impl AsRef<Path>,
        valid: Option<impl AsRef<Path>>,
        test: Option<impl AsRef<Path>>,
        format: &SentenceFormat,
    ) -> Result<Self, LoadError> {
        let mut train = TaggedPart::read(train, format)?;
        let valid = match valid {
            Some(valid) => TaggedPart::read(valid, format)?,
            None => {
                let valid;
                let tenth = (train.sentences.len() / 10).max(1);
                (train, valid) = train.hold_out(tenth)?;
                valid
            }
        };
        let test = test
            .map(|test| TaggedPart::read(test, format))
            .transpose()?;
        Ok(Self { train, valid, test })
    }

    /// The tags of validation and test that training never saw.
    pub fn unseen_tags(&self) -> Vec<UnseenTag> {
        let train = self.train.sentences.iter();
        let known: HashSet<&str> = train.flat_map(|s| &s.tags).map(String::as_str).collect();
        let parts = [Some(&self.valid), self.test.as_ref()];
        parts
            .into_iter()
            .flatten()
            .flat_map(|part| part.unseen_tags(|tag| known.contains(tag)))
            .collect()
    }
}

impl TaggedPart {
    /// Reads a file; gzip is unpacked.
    ///
    /// # Errors
    /// A file that is missing, has no sentence, or is not of the format.
    pub fn read(
        path: impl AsRef<Path>,
        format: &SentenceFormat,
    ) -> Result<Self, super::SentenceError> {
        let sentences = read_sentences(&path, format)?;
        Ok(Self {
            path: path.as_ref().into(),
            sentences,
        })
    }

    /// Keeps the last `valid` sentences apart.
    fn hold_out(mut self, valid: usize) -> Result<(Self, Self), LoadError> {
        let available = self.sentences.len();
        if valid == 0 || available <= valid {
            return Err(LoadError::TooFewSentences {
                path: self.path,
                available,
                valid,
            });
        }
        let sentences = self.sentences.split_off(available - valid);
        let path = self.path.clone();
        Ok((self, Self { path, sentences }))
    }
}

/// How a data set's files are read, with the tags of the column of this name.
fn dataset_format(dataset: &Dataset, tag: Option<&str>) -> Result<SentenceFormat, LoadError> {
    let unknown = |column: &str, known: String| LoadError::TagColumn {
        name: dataset.name.clone(),
        column: column.to_string(),
        known,
    };
    match dataset.format {
        Format::Conllu => {
            let tag = tag.unwrap_or("upos");
            let column: Result<ConlluColumn, _> = tag.parse();
            let known = || ConlluColumn::ALL.map(ConlluColumn::name).join(", ");
            column
                .map(SentenceFormat::Conllu)
                .map_err(|_| unknown(tag, known()))
        }
        Format::Columns => {
            let names = &dataset.columns;
            let last = names.last().map_or("", String::as_str);
            let tag = tag.unwrap_or(last);
            match names.iter().skip(1).position(|name| name == tag) {
                Some(at) => Ok(SentenceFormat::Columns(ColumnFormat {
                    columns: Some(names.len()),
                    tag: TagColumn::At(at + 1),
                    ..ColumnFormat::default()
                })),
                None => Err(unknown(tag, names[1..].join(", "))),
            }
        }
        _ => Err(wrong_kind(dataset)),
    }
}

fn wrong_kind(dataset: &Dataset) -> LoadError {
    LoadError::Kind {
        name: dataset.name.clone(),
        is: dataset.format.describe(),
        expected: "tagged sentences",
    }
}
