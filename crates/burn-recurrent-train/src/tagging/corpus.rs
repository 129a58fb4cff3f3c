//! Sentences with labels as numbers, and what is known of words, characters and labels.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use burn::tensor::TensorData;
use burn_recurrent_datasets::{TaggedPart, TaggedSplits, WordVectors};
use burn_recurrent_files::sha256;
use burn_recurrent_models::SequenceTagger;
use burn_recurrent_text::{
    TaggingExamples, TaggingTask, TaggingVocabularies, TaggingVocabulariesBuilder,
};

use super::batches::{LossBatches, TrainBatches, loss_batches};
use super::check::check_labels;
use super::coverage::Coverage;
use super::error::TaggingError;
use super::words_config::WordsConfig;
use crate::run_data::{Checksums, RunData};
use crate::sentences::BatchesConfig;
use crate::splits::Splits;

/// The splits of a data set, and what they are encoded with.
pub struct Corpus {
    /// Words, characters and labels.
    pub vocabularies: Arc<TaggingVocabularies>,
    /// The sentences.
    pub splits: Splits<Split>,
    /// The pretrained vectors of the words that occur.
    pub vectors: Option<WordVectors>,
    /// The SHA-256 of each split's words and labels, and of the vectors.
    pub checksums: Checksums,
}

/// One of the splits.
pub struct Split {
    /// The sentences as they were read.
    pub part: TaggedPart,
    /// The labels of each sentence as they are written and counted.
    pub gold: Vec<Vec<String>>,
    /// The sentences as numbers.
    pub examples: Arc<TaggingExamples>,
}

impl Corpus {
    /// Encodes sentences with the words, characters and labels of the training split.
    ///
    /// # Errors
    ///
    /// When a label is none of the task, there is nothing to learn, or pretrained vectors cannot be read.
    pub fn new(
        splits: TaggedSplits,
        task: TaggingTask,
        words: &WordsConfig,
    ) -> Result<Self, TaggingError> {
        check(&splits, task)?;
        let vectors = load_vectors(words, &splits)?;
        let vocabularies = count(task, words, &splits, vectors.as_ref())?;
        let vocabularies = Arc::new(vocabularies);
        Ok(Self::encode(splits, task, words, vectors, vocabularies))
    }

    /// Encodes sentences with the vocabularies that a model was trained with.
    ///
    /// # Errors
    ///
    /// When a label is none of the task, or pretrained vectors cannot be read.
    pub fn with_vocabularies(
        splits: TaggedSplits,
        task: TaggingTask,
        words: &WordsConfig,
        vocabularies: Arc<TaggingVocabularies>,
    ) -> Result<Self, TaggingError> {
        check(&splits, task)?;
        let vectors = load_vectors(words, &splits)?;
        Ok(Self::encode(splits, task, words, vectors, vocabularies))
    }

    fn encode(
        splits: TaggedSplits,
        task: TaggingTask,
        words: &WordsConfig,
        vectors: Option<WordVectors>,
        vocabularies: Arc<TaggingVocabularies>,
    ) -> Self {
        for part in parts(&splits).skip(1) {
            for unseen in part.unseen_tags(|label| task.knows(&vocabularies.labels, label)) {
                log::warn!("{unseen}");
            }
        }
        // A vector of `<unk>` was not counted by earlier versions, which read it for a word of that name alone.
        let normalization = words.normalization();
        let unknown =
            self::words(&splits).any(|word| normalization.apply(word) == Coverage::UNKNOWN);
        let split = |part| Split::new(part, task, &vocabularies, words.max_characters);
        let splits = Splits {
            train: split(splits.train),
            valid: split(splits.valid),
            test: splits.test.map(split),
        };
        let checksums = splits
            .iter()
            .map(|(name, split)| (name, split.part.sha256()));
        let of_vectors = vectors
            .iter()
            .map(|vectors| ("vectors", checksum(vectors, unknown)));
        Self {
            checksums: checksums
                .chain(of_vectors)
                .map(|(name, checksum)| (name.to_string(), checksum))
                .collect(),
            splits,
            vectors,
            vocabularies,
        }
    }

    /// The batches to train on: other neighbours in every epoch.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn train_batches(
        &self,
        config: &BatchesConfig,
        seed: u64,
    ) -> Result<TrainBatches, TaggingError> {
        Ok(TrainBatches::new(
            &self.splits.train.examples,
            config,
            seed,
        )?)
    }

    /// The batches to validate on.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn valid_batches(&self, config: &BatchesConfig) -> Result<LossBatches, TaggingError> {
        Ok(loss_batches(&self.splits.valid.examples, config)?)
    }

    /// A model with the pretrained vectors of the words that have one, where there are such vectors. A vector of `<unk>`
    /// is that of all words that the model does not know.
    ///
    /// # Errors
    ///
    /// When they are not as wide as the model's embeddings.
    pub fn with_vectors(&self, mut model: SequenceTagger) -> Result<SequenceTagger, TaggingError> {
        let Some(vectors) = &self.vectors else {
            return Ok(model);
        };
        let [_, d_word] = model.encoder.words.weight.dims();
        if vectors.width() != d_word {
            return Err(TaggingError::VectorsWidth {
                model: d_word,
                vectors: vectors.width(),
            });
        }
        let covered = Coverage::new(vectors, &self.vocabularies);
        if covered.words == 0 {
            log::warn!(
                "{covered}: check that `words.vectors` is of this language and its words are written as in the sentences"
            );
        }
        let (rows, found): (Vec<usize>, Vec<&[f32]>) = covered.rows.into_iter().unzip();
        let found = TensorData::new(found.concat(), [rows.len(), d_word]);
        model.encoder = model.encoder.with_word_vectors(&rows, found);
        Ok(model)
    }
}

impl RunData for Corpus {
    type Vocabularies = Arc<TaggingVocabularies>;

    fn vocabularies(&self) -> &Arc<TaggingVocabularies> {
        &self.vocabularies
    }

    fn checksums(&self) -> &Checksums {
        &self.checksums
    }
}

/// The sizes, in a line.
impl fmt::Display for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let purposes = ["to train on", "to validate on", "to test on"];
        for ((_, split), purpose) in self.splits.iter().zip(purposes) {
            let (sentences, tokens) = (split.part.sentences.len(), split.part.num_words());
            let comma = if purpose == purposes[0] { "" } else { ", " };
            write!(
                f,
                "{comma}{sentences} sentences ({tokens} tokens) {purpose}"
            )?;
        }
        let known = &self.vocabularies;
        write!(
            f,
            "; {} words, {} characters, {} labels",
            known.words.len(),
            known.characters.len(),
            known.labels.len()
        )?;
        match &self.vectors {
            Some(vectors) => write!(f, "; {}", Coverage::new(vectors, known)),
            None => Ok(()),
        }
    }
}

impl Split {
    fn new(
        part: TaggedPart,
        task: TaggingTask,
        vocabularies: &TaggingVocabularies,
        max_characters: usize,
    ) -> Self {
        let learned: Vec<Vec<String>> = part
            .sentences
            .iter()
            .map(|s| task.learned(&s.tags))
            .collect();
        let pairs = part.sentences.iter().zip(&learned);
        let pairs = pairs.map(|(sentence, labels)| (sentence.words.as_slice(), labels.as_slice()));
        Self {
            examples: Arc::new(TaggingExamples::encode(vocabularies, max_characters, pairs)),
            gold: part
                .sentences
                .iter()
                .map(|s| task.written(&s.tags))
                .collect(),
            part,
        }
    }

    /// The words of each sentence.
    pub fn words(&self) -> Vec<&[String]> {
        self.part
            .sentences
            .iter()
            .map(|s| s.words.as_slice())
            .collect()
    }
}

fn parts(splits: &TaggedSplits) -> impl Iterator<Item = &TaggedPart> {
    let parts = [
        Some(&splits.train),
        Some(&splits.valid),
        splits.test.as_ref(),
    ];
    parts.into_iter().flatten()
}

fn check(splits: &TaggedSplits, task: TaggingTask) -> Result<(), TaggingError> {
    // Before the labels, which such rows may spoil.
    for odd in parts(splits).flat_map(TaggedPart::odd_rows) {
        log::warn!("{odd}");
    }
    parts(splits).try_for_each(|part| check_labels(task, part))
}

/// The vectors of the words that the splits have, as they are looked up.
fn load_vectors(
    config: &WordsConfig,
    splits: &TaggedSplits,
) -> Result<Option<WordVectors>, TaggingError> {
    let Some(path) = &config.vectors else {
        return Ok(None);
    };
    let normalization = config.normalization();
    let words: HashSet<String> = words(splits)
        .map(|word| normalization.apply(word).into_owned())
        .collect();
    let words = words.iter().map(String::as_str).chain([Coverage::UNKNOWN]);
    Ok(Some(WordVectors::read_for(path, words)?))
}

fn words(splits: &TaggedSplits) -> impl Iterator<Item = &str> {
    let sentences = parts(splits).flat_map(|part| &part.sentences);
    sentences.flat_map(|s| &s.words).map(String::as_str)
}

fn count(
    task: TaggingTask,
    config: &WordsConfig,
    splits: &TaggedSplits,
    vectors: Option<&WordVectors>,
) -> Result<TaggingVocabularies, TaggingError> {
    let normalization = config.normalization();
    let mut builder =
        TaggingVocabulariesBuilder::new(normalization).with_min_word_count(config.min_count);
    for sentence in &splits.train.sentences {
        builder.add(&sentence.words, &task.learned(&sentence.tags));
    }
    if let Some(vectors) = vectors {
        for word in words(splits) {
            if vectors.lookup(&normalization.apply(word)).is_some() {
                builder.keep_word(word);
            }
        }
    }
    let in_file = |source| TaggingError::Vocabulary {
        path: splits.train.path.clone(),
        source,
    };
    let mut vocabularies = builder.build().map_err(in_file)?;
    vocabularies.labels = task.complete(&vocabularies.labels).map_err(in_file)?;
    Ok(vocabularies)
}

/// The SHA-256 of words and vectors, that of `<unk>` among them where it is asked for.
fn checksum(vectors: &WordVectors, unknown: bool) -> String {
    let mut bytes = Vec::new();
    let words = vectors.words().iter();
    for word in words.filter(|word| unknown || *word != Coverage::UNKNOWN) {
        bytes.extend(word.as_bytes());
        bytes.push(b'\n');
        let numbers = vectors.get(word).unwrap_or_default();
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }
    sha256(&bytes)
}
