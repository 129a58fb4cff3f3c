//! The vocabularies of a tagger: words, characters, labels.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use burn_recurrent_files::write_atomically;
use thiserror::Error;

use super::word_normalization::WordNormalization;
use crate::file::VocabularyFileError;
use crate::special::Special;
use crate::vocabulary::Vocabulary;

/// What a tagger knows of words, characters and labels. A [`TaggingVocabulariesBuilder`] makes them.
///
/// Words and characters have `<pad>` as id 0 and `<unk>` as id 1; labels have ids from 0 and nothing special.
///
/// [`TaggingVocabulariesBuilder`]: crate::TaggingVocabulariesBuilder
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggingVocabularies {
    /// Words, normalised.
    pub words: Vocabulary,
    /// The characters of words, not normalised.
    pub characters: Vocabulary,
    /// Labels, the most frequent first.
    pub labels: Vocabulary,
    /// What of a word's form its embedding does not see.
    pub normalization: WordNormalization,
}

/// Why the vocabularies of a tagger could not be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TaggingFileError {
    /// One of the vocabularies.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyFileError),
    /// The file that says how words are normalised cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file that says how words are normalised is not one.
    #[error("{path} does not say how words are normalised: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A vocabulary of words or characters without `<pad>` and `<unk>` in front.
    #[error("{path} must begin with <pad> and <unk>; it is not one of a tagger")]
    Specials {
        /// The file.
        path: PathBuf,
    },
}

const WORDS: &str = "words.json";
const CHARACTERS: &str = "characters.json";
const LABELS: &str = "labels.json";
const NORMALIZATION: &str = "normalization.json";

impl TaggingVocabularies {
    /// The id of `<pad>` in words and characters.
    pub const PADDING: i32 = 0;
    /// The id of `<unk>` in words and characters.
    pub const UNKNOWN: i32 = 1;

    /// The names of the files that [`save`](Self::save) writes.
    pub const FILES: [&str; 4] = [WORDS, CHARACTERS, LABELS, NORMALIZATION];

    /// The id of a word, that of `<unk>` where it is not known. A word that reads `<pad>` is unknown too.
    pub fn word_id(&self, word: &str) -> i32 {
        known(&self.words, &self.normalization.apply(word))
    }

    /// The id of a character, that of `<unk>` where it is not known.
    pub fn character_id(&self, character: char) -> i32 {
        known(&self.characters, character.encode_utf8(&mut [0; 4]) as &str)
    }

    /// The id of a label; `None` where training never saw it.
    pub fn label_id(&self, label: &str) -> Option<i32> {
        self.labels.id(label).map(|id| id as i32)
    }

    /// The label of an id.
    ///
    /// # Panics
    ///
    /// When there is no such label.
    pub fn label(&self, id: usize) -> &str {
        let labels = self.labels.tokens();
        assert!(
            id < labels.len(),
            "label {id} of {} labels was asked for",
            labels.len()
        );
        &labels[id]
    }

    /// Tells these vocabularies from others, each by its name: `words` (and how they are normalised), `characters`,
    /// `labels`. A model can keep them, to say later which vocabulary is not its own.
    pub fn fingerprints(&self) -> BTreeMap<String, String> {
        let WordNormalization { lowercase, digits } = self.normalization;
        let of_words = format!(
            "{}{}{}",
            self.words.fingerprint(),
            if lowercase { ", lower-case" } else { "" },
            if digits { ", digits" } else { "" },
        );
        [
            ("words", of_words),
            ("characters", self.characters.fingerprint().to_string()),
            ("labels", self.labels.fingerprint().to_string()),
        ]
        .map(|(name, fingerprint)| (name.to_string(), fingerprint))
        .into()
    }

    /// Writes the [`FILES`](Self::FILES) into a folder, each as a whole or not at all. To write all or none, write into
    /// a new folder and rename it.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), TaggingFileError> {
        let folder = folder.as_ref();
        self.words.save(folder.join(WORDS))?;
        self.characters.save(folder.join(CHARACTERS))?;
        self.labels.save(folder.join(LABELS))?;
        let path = folder.join(NORMALIZATION);
        let mut text = serde_json::to_string_pretty(&self.normalization)
            .expect("two truth values can always be written");
        text.push('\n');
        write_atomically(&path, text.as_bytes())
            .map_err(|source| TaggingFileError::Io { path, source })
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is not what it should be.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, TaggingFileError> {
        let folder = folder.as_ref();
        let path = folder.join(NORMALIZATION);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(source) => return Err(TaggingFileError::Io { path, source }),
        };
        let normalization = serde_json::from_slice(&bytes)
            .map_err(|source| TaggingFileError::Malformed { path, source })?;
        let with_specials = |name: &str| {
            let path = folder.join(name);
            let vocabulary = Vocabulary::load(&path)?;
            let id = |special| vocabulary.special(special).map(|id| id as i32);
            let expected = (Some(Self::PADDING), Some(Self::UNKNOWN));
            if (id(Special::Padding), id(Special::Unknown)) != expected {
                return Err(TaggingFileError::Specials { path });
            }
            Ok(vocabulary)
        };
        Ok(Self {
            words: with_specials(WORDS)?,
            characters: with_specials(CHARACTERS)?,
            labels: Vocabulary::load(folder.join(LABELS))?,
            normalization,
        })
    }
}

fn known(vocabulary: &Vocabulary, token: &str) -> i32 {
    match vocabulary.id(token).map(|id| id as i32) {
        None | Some(TaggingVocabularies::PADDING) => TaggingVocabularies::UNKNOWN,
        Some(id) => id,
    }
}
