//! Making the vocabularies of a tagger from its training sentences.

use std::collections::{HashMap, HashSet};

use super::tagging_vocabularies::TaggingVocabularies;
use super::word_normalization::WordNormalization;
use crate::special::Special;
use crate::unit::Unit;
use crate::vocabulary::{Vocabulary, VocabularyError};
use crate::vocabulary_builder::VocabularyBuilder;

/// Counts training sentences and makes [`TaggingVocabularies`] of them.
///
/// ```
/// use burn_recurrent_text::{TaggingVocabulariesBuilder, WordNormalization};
///
/// let mut builder = TaggingVocabulariesBuilder::new(WordNormalization { lowercase: true, digits: false });
/// builder.add(&["The", "cat", "sat"], &["DET", "NOUN", "VERB"]);
/// builder.add(&["the", "dog"], &["DET", "NOUN"]);
/// let vocabularies = builder.with_min_word_count(2).build()?;
/// assert_eq!(vocabularies.words.tokens(), ["<pad>", "<unk>", "the"]);
/// assert_eq!(vocabularies.labels.tokens(), ["DET", "NOUN", "VERB"]);
/// # Ok::<(), burn_recurrent_text::VocabularyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TaggingVocabulariesBuilder {
    normalization: WordNormalization,
    min_word_count: u64,
    words: HashMap<String, u64>,
    characters: HashMap<char, u64>,
    labels: HashMap<String, u64>,
    /// Words that are kept however seldom they were counted.
    kept: HashSet<String>,
}

impl TaggingVocabulariesBuilder {
    /// A builder that has counted nothing and leaves nothing out.
    pub fn new(normalization: WordNormalization) -> Self {
        Self {
            normalization,
            min_word_count: 1,
            words: HashMap::new(),
            characters: HashMap::new(),
            labels: HashMap::new(),
            kept: HashSet::new(),
        }
    }

    /// Leaves out words that were counted less often, after normalisation.
    pub fn with_min_word_count(mut self, min_count: u64) -> Self {
        self.min_word_count = min_count;
        self
    }

    /// Counts a sentence.
    ///
    /// # Panics
    ///
    /// When there are more or fewer labels than words.
    pub fn add<W: AsRef<str>, L: AsRef<str>>(&mut self, words: &[W], labels: &[L]) {
        assert_eq!(
            words.len(),
            labels.len(),
            "a sentence of {} words has {} labels",
            words.len(),
            labels.len()
        );
        for (word, label) in words.iter().zip(labels) {
            let word = word.as_ref();
            count(&mut self.words, &self.normalization.apply(word));
            for character in word.chars() {
                *self.characters.entry(character).or_default() += 1;
            }
            count(&mut self.labels, label.as_ref());
        }
    }

    /// Keeps a word however seldom it was counted, because there is a pretrained vector for it.
    pub fn keep_word(&mut self, word: &str) {
        let word = self.normalization.apply(word);
        if !self.kept.contains(word.as_ref()) {
            self.kept.insert(word.into_owned());
        }
    }

    /// How often a word was counted, after normalisation.
    pub fn word_count(&self, word: &str) -> u64 {
        let word = self.normalization.apply(word);
        self.words.get(word.as_ref()).copied().unwrap_or(0)
    }

    /// How often each word of a vocabulary was counted, by id: 0 for `<pad>`, `<unk>` and words that were kept uncounted.
    /// A training that replaces words counted once by `<unk>`, so that `<unk>` learns something, needs them.
    pub fn word_counts(&self, vocabularies: &TaggingVocabularies) -> Vec<u64> {
        let words = vocabularies.words.tokens().iter().enumerate();
        let counts = words.map(|(id, word)| match id {
            0 | 1 => 0,
            _ => self.words.get(word).copied().unwrap_or(0),
        });
        counts.collect()
    }

    /// Makes the vocabularies: ids by descending count, and by the order of their characters where counts are equal.
    ///
    /// # Errors
    ///
    /// [`VocabularyError::Empty`] when no word, character or label was counted often enough, and
    /// [`VocabularyError::WrongUnit`] when a label is empty or has white space in it.
    pub fn build(&self) -> Result<TaggingVocabularies, VocabularyError> {
        let with_specials = |unit| {
            VocabularyBuilder::new(unit)
                .with_special(Special::Padding)
                .with_special(Special::Unknown)
        };
        let mut words = with_specials(Unit::Word).with_min_count(self.min_word_count);
        for (word, &count) in &self.words {
            words.add(word, count);
        }
        for word in &self.kept {
            // Enough to be kept; their order is that of their counts all the same, but for those that lack some.
            let counted = self.words.get(word).copied().unwrap_or(0);
            words.add(word, self.min_word_count.saturating_sub(counted));
        }
        let mut characters = with_specials(Unit::Character);
        for (character, &count) in &self.characters {
            characters.add(character.encode_utf8(&mut [0; 4]), count);
        }
        let mut labels = VocabularyBuilder::new(Unit::Word);
        for (label, &count) in &self.labels {
            labels.add(label, count);
        }
        let labels: Vocabulary = labels.build()?;
        Ok(TaggingVocabularies {
            words: words.build()?,
            characters: characters.build()?,
            labels,
            normalization: self.normalization,
        })
    }
}

fn count(counts: &mut HashMap<String, u64>, token: &str) {
    match counts.get_mut(token) {
        Some(count) => *count += 1,
        None => {
            counts.insert(token.to_string(), 1);
        }
    }
}
