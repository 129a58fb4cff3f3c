//! The catalogue: where public data sets come from and how to tell that they are unchanged.

use serde::Deserialize;
use thiserror::Error;

/// The entries that come with the crate, each with its file's name for messages.
const BUNDLED: [(&str, &str); 6] = [
    ("cmudict.toml", include_str!("../catalog/cmudict.toml")),
    ("conll2000.toml", include_str!("../catalog/conll2000.toml")),
    ("multi30k.toml", include_str!("../catalog/multi30k.toml")),
    ("ptb.toml", include_str!("../catalog/ptb.toml")),
    (
        "tiny-shakespeare.toml",
        include_str!("../catalog/tiny-shakespeare.toml"),
    ),
    (
        "ud-english-ewt.toml",
        include_str!("../catalog/ud-english-ewt.toml"),
    ),
];

/// A list of data sets by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    datasets: Vec<Dataset>,
}

/// One data set's entry in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The short name it is asked for by; also its folder in the [`Cache`](crate::Cache).
    pub name: String,
    /// The name in words.
    pub title: String,
    /// A page about it.
    pub home: String,
    /// What may be done with it.
    pub licence: String,
    /// What to cite.
    pub citation: String,
    /// How its text is to be read.
    pub format: Format,
    /// The names of the columns, where it has columns: the first is the word's, the last the tag's unless another is
    /// asked for.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The two languages of parallel text, in the order of the files of each part.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Which part is for training, which for validation and test.
    pub splits: SplitRule,
    /// Its files.
    pub files: Vec<RemoteFile>,
}

/// The format of a data set's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// Running text: every character counts, line ends too.
    Text,
    /// One sentence a line, tokens between white space.
    Lines,
    /// One word a line, columns with blanks between them, a blank line behind each sentence.
    Columns,
    /// CoNLL-U.
    Conllu,
    /// Two files with one sentence a line, each line the translation of the same line of the other file.
    Parallel,
    /// A pronouncing dictionary: a word and its phonemes a line.
    Pronunciations,
}

impl Format {
    /// What a data set of this format is, for messages.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Format::Text | Format::Lines => "plain text",
            Format::Columns | Format::Conllu => "tagged sentences",
            Format::Parallel => "parallel text",
            Format::Pronunciations => "a pronouncing dictionary",
        }
    }
}

/// The rule by which a data set is split into parts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum SplitRule {
    /// A file for each part.
    Files {
        /// The file to train on.
        train: String,
        /// The file to validate on.
        valid: String,
        /// The file to test on, where there is one.
        test: Option<String>,
    },
    /// A file to train on whose last sentences are kept to validate on, and one to test on.
    HeldOut {
        /// The file to train on.
        train: String,
        /// How many of its sentences, the last ones, are for validation.
        valid_sentences: usize,
        /// The file to test on.
        test: String,
    },
    /// One file that is cut in order: training text first, then validation text. No test text.
    InOrder {
        /// The file.
        file: String,
        /// Length of the training text in Unicode scalar values.
        train_characters: usize,
        /// Length of the validation text in Unicode scalar values.
        valid_characters: usize,
    },
    /// Two files for each part, in the order of the data set's languages.
    ParallelFiles {
        /// The files to train on.
        train: [String; 2],
        /// The files to validate on.
        valid: [String; 2],
        /// The files to test on, where there are some.
        test: Option<[String; 2]>,
    },
    /// One file of words: a word's part is decided by its own bytes, see [`WordShares`](crate::WordShares).
    ByWord {
        /// The file.
        file: String,
        /// How many of a hundred words are for the test.
        test_percent: u32,
        /// How many of a hundred words are for validation.
        valid_percent: u32,
    },
}

/// One file of a data set: where it is and what it must contain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteFile {
    /// Its name in the data set's folder.
    pub name: String,
    /// Its public address, pinned to one version.
    pub address: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The files in it that are used, where it is a zip archive. The splits name them, not the archive.
    #[serde(default)]
    pub members: Vec<Member>,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its path in the archive.
    pub name: String,
    /// Its size when unpacked.
    pub bytes: u64,
}

/// Why the catalogue could not give a data set.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// No entry has the name.
    #[error("there is no data set `{name}` in the catalogue; it has {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// An entry is not valid TOML or has a wrong or unknown key.
    #[error("catalogue entry {entry}: {cause}")]
    Format {
        /// The file or name of the entry.
        entry: String,
        /// What is wrong and where.
        cause: Box<toml::de::Error>,
    },
    /// An entry contradicts itself.
    #[error("catalogue entry {entry}: {problem}")]
    Entry {
        /// The file or name of the entry.
        entry: String,
        /// What is wrong and what to change.
        problem: String,
    },
}

impl Catalog {
    /// The data sets that come with the crate.
    ///
    /// # Example
    /// ```
    /// let ptb = burn_recurrent_datasets::Catalog::bundled();
    /// assert_eq!(ptb.get("ptb")?.files.len(), 3);
    /// # Ok::<(), burn_recurrent_datasets::CatalogError>(())
    /// ```
    pub fn bundled() -> Self {
        let datasets = BUNDLED
            .iter()
            .map(|(file, text)| Dataset::from_toml(file, text))
            .collect::<Result<_, _>>()
            .expect("the bundled entries are valid, as a test shows");
        Self { datasets }
    }

    /// All data sets.
    pub fn datasets(&self) -> &[Dataset] {
        &self.datasets
    }

    /// The data set of this name.
    ///
    /// # Errors
    /// An unknown name; the message lists the known ones.
    pub fn get(&self, name: &str) -> Result<&Dataset, CatalogError> {
        let names = || self.datasets.iter().map(|dataset| dataset.name.as_str());
        self.datasets
            .iter()
            .find(|dataset| dataset.name == name)
            .ok_or_else(|| CatalogError::Unknown {
                name: name.to_string(),
                known: names().collect::<Vec<_>>().join(", "),
            })
    }
}

impl Dataset {
    /// Reads an entry; `entry` stands for it in messages.
    ///
    /// # Errors
    /// Text that is not an entry, and an entry that contradicts itself.
    pub fn from_toml(entry: &str, text: &str) -> Result<Self, CatalogError> {
        let dataset: Self = toml::from_str(text).map_err(|cause| CatalogError::Format {
            entry: entry.to_string(),
            cause: Box::new(cause),
        })?;
        dataset
            .check()
            .map_err(|problem| CatalogError::Entry {
                entry: entry.to_string(),
                problem,
            })
            .map(|()| dataset)
    }

    /// The file of this name.
    pub fn file(&self, name: &str) -> Option<&RemoteFile> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The file of this name, or the archive that has a file of this name in it and that file.
    pub fn locate(&self, name: &str) -> Option<(&RemoteFile, Option<&Member>)> {
        self.files.iter().find_map(|file| {
            let mut members = file.members.iter();
            match members.find(|member| member.name == name) {
                Some(member) => Some((file, Some(member))),
                None => (file.name == name).then_some((file, None)),
            }
        })
    }

    fn check(&self) -> Result<(), String> {
        // Names become path components, so they must not lead out of the cache folder.
        let plain = |name: &str| {
            !name.is_empty()
                && !name.starts_with('.')
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let names = std::iter::once(&self.name).chain(self.files.iter().map(|file| &file.name));
        if let Some(name) = names.into_iter().find(|name| !plain(name)) {
            return Err(format!(
                "`{name}` cannot name a file; use letters, digits, `-`, `_` and `.`, not first"
            ));
        }
        for (index, file) in self.files.iter().enumerate() {
            let digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            if file.sha256.len() != 64 || !file.sha256.chars().all(digit) {
                return Err(format!(
                    "the sha256 of {} must be 64 lower-case hexadecimal digits",
                    file.name
                ));
            }
            if self.files[..index].iter().any(|f| f.name == file.name) {
                return Err(format!("the file {} is listed twice", file.name));
            }
        }
        let used: Vec<&String> = match &self.splits {
            SplitRule::Files { train, valid, test } => {
                [train, valid].into_iter().chain(test.as_ref()).collect()
            }
            SplitRule::HeldOut { train, test, .. } => vec![train, test],
            SplitRule::InOrder { file, .. } | SplitRule::ByWord { file, .. } => vec![file],
            SplitRule::ParallelFiles { train, valid, test } => {
                let parts = [Some(train), Some(valid), test.as_ref()];
                parts.into_iter().flatten().flatten().collect()
            }
        };
        if let Some(name) = used.into_iter().find(|name| self.locate(name).is_none()) {
            return Err(format!(
                "the splits use {name}, which is not among the files"
            ));
        }
        if (self.format == Format::Columns) != (self.columns.len() >= 2) {
            return Err(format!(
                "the format {:?} with {} columns: `columns` names two at least where the format is `columns`, and nothing elsewhere",
                self.format,
                self.columns.len()
            ));
        }
        let parallel = matches!(self.splits, SplitRule::ParallelFiles { .. });
        let by_word = matches!(self.splits, SplitRule::ByWord { .. });
        if (self.format == Format::Parallel) != parallel
            || (self.format == Format::Pronunciations) != by_word
        {
            return Err(format!(
                "the format {:?} does not go with these splits: `parallel-files` is for the format `parallel`, `by-word` for `pronunciations`",
                self.format
            ));
        }
        let different = matches!(self.languages.as_slice(), [one, other] if one != other);
        if parallel != different || (!parallel && !self.languages.is_empty()) {
            return Err(format!(
                "the format {:?} with the languages {:?}: `languages` names two where the format is `parallel`, and nothing elsewhere",
                self.format, self.languages
            ));
        }
        if let SplitRule::ByWord {
            test_percent,
            valid_percent,
            ..
        } = self.splits
            && (test_percent == 0
                || valid_percent == 0
                || test_percent.saturating_add(valid_percent) >= 100)
        {
            return Err(format!(
                "{test_percent} of 100 words for the test and {valid_percent} for validation: each part needs some"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PTB: &str = include_str!("../catalog/ptb.toml");

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = Catalog::bundled().get("wikitext").unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no data set `wikitext` in the catalogue; it has cmudict, conll2000, multi30k, ptb, tiny-shakespeare, ud-english-ewt"
        );
    }

    #[test]
    fn every_bundled_address_is_pinned_to_a_commit() {
        for dataset in Catalog::bundled().datasets() {
            for file in &dataset.files {
                let commit =
                    |part: &str| part.len() == 40 && part.chars().all(|c| c.is_ascii_hexdigit());
                assert!(file.address.starts_with("https://"), "{}", file.address);
                assert!(file.address.split('/').any(commit), "{}", file.address);
                assert!(file.address.ends_with(&file.name), "{}", file.address);
            }
        }
    }

    #[test]
    fn an_unknown_key_is_named() {
        let text = PTB.replace("[splits]", "[splits]\nextra = 1");
        let error = Dataset::from_toml("ptb.toml", &text).unwrap_err();
        assert!(error.to_string().contains("extra"), "{error}");
        let text = PTB.replace("licence", "license");
        let error = Dataset::from_toml("ptb.toml", &text).unwrap_err();
        assert!(error.to_string().contains("license"), "{error}");
    }

    #[test]
    fn an_entry_that_contradicts_itself_is_refused() {
        let change = |from: &str, to: &str| {
            let text = PTB.replace(from, to);
            assert_ne!(text, PTB);
            let error = Dataset::from_toml("ptb.toml", &text).unwrap_err();
            error.to_string()
        };
        let outside = change("name = \"ptb\"", "name = \"../ptb\"");
        assert!(outside.contains("`../ptb` cannot name a file"), "{outside}");
        let digits = change("dd65dff3", "DD65");
        assert!(digits.contains("ptb.test.txt must be 64"), "{digits}");
        let split = change("test = \"ptb.test.txt\"", "test = \"absent.txt\"");
        assert!(split.contains("absent.txt"), "{split}");
    }
}
