//! Tagged sentences as ids, and batches of them.

use std::collections::HashMap;

use super::tagging_batch::TaggingBatch;
use super::tagging_vocabularies::TaggingVocabularies;
use super::word_shape::WordShape;

/// Sentences as ids. Each distinct form of a word is encoded once.
#[derive(Debug, Clone)]
pub struct TaggingExamples {
    /// What is known of each distinct form.
    forms: Vec<Form>,
    sentences: Vec<Example>,
    unknown_labels: usize,
}

/// One distinct form of a word.
#[derive(Debug, Clone)]
struct Form {
    word: i32,
    shape: i32,
    characters: Vec<i32>,
}

#[derive(Debug, Clone)]
struct Example {
    forms: Vec<u32>,
    /// As many as forms, or none where nothing is known of the labels.
    targets: Vec<i32>,
}

impl TaggingExamples {
    /// The target of a token whose label training never saw. It has no place in a loss; a metric over label names counts
    /// it as an error, because no such label is ever predicted.
    pub const UNKNOWN_LABEL: i32 = -1;

    /// How many characters of a word are seen where nothing else is asked for.
    pub const DEFAULT_MAX_CHARACTERS: usize = 64;

    /// No sentence yet.
    pub fn new() -> Self {
        Self {
            forms: Vec::new(),
            sentences: Vec::new(),
            unknown_labels: 0,
        }
    }

    /// The ids of sentences, each a pair of words and labels.
    ///
    /// Of a word with more than `max_characters` characters, the first and the last half as many are seen: its beginning
    /// and its ending say most of it, and one endless word does not make a batch endless.
    ///
    /// # Panics
    ///
    /// When a sentence has more or fewer labels than words, or `max_characters` is zero.
    pub fn encode<'s, W, L>(
        vocabularies: &TaggingVocabularies,
        max_characters: usize,
        sentences: impl IntoIterator<Item = (&'s [W], &'s [L])>,
    ) -> Self
    where
        W: AsRef<str> + 's,
        L: AsRef<str> + 's,
    {
        let mut examples = Self::new();
        let mut encoder = FormEncoder::new(vocabularies, max_characters);
        for (words, labels) in sentences {
            assert_eq!(
                words.len(),
                labels.len(),
                "a sentence of {} words has {} labels",
                words.len(),
                labels.len()
            );
            let mut unknown = 0;
            let target = |label: &L| {
                vocabularies.label_id(label.as_ref()).unwrap_or_else(|| {
                    unknown += 1;
                    Self::UNKNOWN_LABEL
                })
            };
            let targets = labels.iter().map(target).collect();
            examples.unknown_labels += unknown;
            let forms = encoder.encode(words, &mut examples.forms);
            examples.sentences.push(Example { forms, targets });
        }
        examples
    }

    /// The ids of sentences whose labels are not known.
    ///
    /// # Panics
    ///
    /// When `max_characters` is zero.
    pub fn encode_words<'s, W: AsRef<str> + 's>(
        vocabularies: &TaggingVocabularies,
        max_characters: usize,
        sentences: impl IntoIterator<Item = &'s [W]>,
    ) -> Self {
        let mut examples = Self::new();
        let mut encoder = FormEncoder::new(vocabularies, max_characters);
        for words in sentences {
            let forms = encoder.encode(words, &mut examples.forms);
            let targets = Vec::new();
            examples.sentences.push(Example { forms, targets });
        }
        examples
    }

    /// How many sentences there are.
    pub fn len(&self) -> usize {
        self.sentences.len()
    }

    /// Whether there is no sentence.
    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    /// How many tokens there are in all sentences.
    pub fn num_tokens(&self) -> usize {
        self.sentences.iter().map(|s| s.forms.len()).sum()
    }

    /// How many tokens have a label that training never saw.
    pub fn num_unknown_labels(&self) -> usize {
        self.unknown_labels
    }

    /// How many tokens each sentence has.
    pub fn lengths(&self) -> Vec<usize> {
        self.sentences.iter().map(|s| s.forms.len()).collect()
    }

    /// The targets of a sentence; none where its labels are not known.
    pub fn targets(&self, sentence: usize) -> &[i32] {
        &self.sentences[sentence].targets
    }

    /// The sentences at these places as one padded batch.
    ///
    /// # Panics
    ///
    /// When there is no sentence at one of the places.
    pub fn batch(&self, sentences: &[usize]) -> TaggingBatch {
        let rows = sentences.iter().map(|&place| &self.sentences[place]);
        let lengths: Vec<usize> = rows.clone().map(|row| row.forms.len()).collect();
        let time = lengths.iter().copied().max().unwrap_or(0);
        let size = sentences.len() * time;
        let padding = TaggingVocabularies::PADDING;
        let mut batch = TaggingBatch {
            sentences: sentences.to_vec(),
            batch: sentences.len(),
            time,
            lengths,
            words: vec![padding; size],
            shapes: vec![0; size],
            targets: vec![0; size],
            forms: vec![0; size],
            characters: Vec::new(),
            character_lengths: Vec::new(),
            width: 0,
        };
        let mut distinct: HashMap<u32, i32> = HashMap::new();
        let mut order: Vec<u32> = Vec::new();
        for (row, example) in rows.enumerate() {
            let from = row * time;
            for (place, &form) in (from..).zip(&example.forms) {
                let known = &self.forms[form as usize];
                batch.words[place] = known.word;
                batch.shapes[place] = known.shape;
                batch.forms[place] = *distinct.entry(form).or_insert_with(|| {
                    order.push(form);
                    order.len() as i32 - 1
                });
            }
            batch.targets[from..from + example.targets.len()].copy_from_slice(&example.targets);
        }
        let characters = |form: u32| self.forms[form as usize].characters.as_slice();
        batch.character_lengths = order.iter().map(|&form| characters(form).len()).collect();
        batch.width = batch.character_lengths.iter().copied().max().unwrap_or(0);
        batch.characters.reserve(order.len() * batch.width);
        for (row, &form) in order.iter().enumerate() {
            batch.characters.extend_from_slice(characters(form));
            batch.characters.resize((row + 1) * batch.width, padding);
        }
        batch
    }
}

impl Default for TaggingExamples {
    fn default() -> Self {
        Self::new()
    }
}

struct FormEncoder<'v> {
    vocabularies: &'v TaggingVocabularies,
    max_characters: usize,
    known: HashMap<String, u32>,
}

impl<'v> FormEncoder<'v> {
    fn new(vocabularies: &'v TaggingVocabularies, max_characters: usize) -> Self {
        assert!(
            max_characters > 0,
            "words of {max_characters} characters, expected at least one"
        );
        Self {
            vocabularies,
            max_characters,
            known: HashMap::new(),
        }
    }

    fn encode<W: AsRef<str>>(&mut self, words: &[W], forms: &mut Vec<Form>) -> Vec<u32> {
        words
            .iter()
            .map(|word| {
                let word = word.as_ref();
                if let Some(&form) = self.known.get(word) {
                    return form;
                }
                forms.push(Form {
                    word: self.vocabularies.word_id(word),
                    shape: WordShape::of(word).id(),
                    characters: self.characters(word),
                });
                let form = forms.len() as u32 - 1;
                self.known.insert(word.to_string(), form);
                form
            })
            .collect()
    }

    fn characters(&self, word: &str) -> Vec<i32> {
        let id = |character| self.vocabularies.character_id(character);
        let mut ids: Vec<i32> = word.chars().map(id).collect();
        if ids.len() > self.max_characters {
            let ending = self.max_characters / 2;
            let beginning = self.max_characters - ending;
            ids.drain(beginning..ids.len() - ending);
        }
        ids
    }
}
