//! The sentences of a run, and what is known of words, characters and labels.

use crate::config::{Config, SourceConfig, WordsConfig};
use crate::labels::check;
use burn_recurrent_datasets::{
    Cache, Catalog, RequestCorpus, TaggedPart, TaggedSplits, WordVectors, sha256_hex,
};
use burn_recurrent_text::{
    TaggingExamples, TaggingTask, TaggingVocabularies, TaggingVocabulariesBuilder,
};
use burn_recurrent_train::Report;
use std::collections::HashSet;
use std::sync::Arc;

/// The three splits, and what they are encoded with.
pub struct Corpus {
    pub vocabularies: Arc<TaggingVocabularies>,
    pub train: Split,
    pub valid: Split,
    pub test: Option<Split>,
    /// The pretrained vectors of the words that occur.
    pub vectors: Option<WordVectors>,
    /// The SHA-256 of each split's words and labels, and of the vectors.
    pub checksums: Vec<(&'static str, String)>,
}

/// One of the splits.
pub struct Split {
    pub part: TaggedPart,
    /// The labels of each sentence as they are written and counted.
    pub gold: Vec<Vec<String>>,
    /// The sentences as numbers.
    pub examples: Arc<TaggingExamples>,
}

impl Corpus {
    /// Loads the sentences, and counts words, characters and labels in the training split.
    pub fn load(config: &Config) -> Result<Self, Report> {
        let splits = load_splits(config)?;
        let vectors = load_vectors(&config.words, &splits)?;
        let vocabularies = count(config, &splits, vectors.as_ref())?;
        Self::encode(config, splits, vectors, Arc::new(vocabularies))
    }

    /// Loads the sentences for a model that was trained with these vocabularies.
    pub fn load_for(config: &Config, known: Arc<TaggingVocabularies>) -> Result<Self, Report> {
        let splits = load_splits(config)?;
        let vectors = load_vectors(&config.words, &splits)?;
        Self::encode(config, splits, vectors, known)
    }

    fn encode(
        config: &Config,
        splits: TaggedSplits,
        vectors: Option<WordVectors>,
        vocabularies: Arc<TaggingVocabularies>,
    ) -> Result<Self, Report> {
        let task = config.data.task;
        for part in [Some(&splits.valid), splits.test.as_ref()]
            .into_iter()
            .flatten()
        {
            for unseen in part.unseen_tags(|label| task.knows(&vocabularies.labels, label)) {
                log::warn!("{unseen}");
            }
        }
        let mut checksums = vec![
            ("train", splits.train.sha256()),
            ("valid", splits.valid.sha256()),
        ];
        checksums.extend(splits.test.as_ref().map(|test| ("test", test.sha256())));
        checksums.extend(
            vectors
                .as_ref()
                .map(|vectors| ("vectors", checksum(vectors))),
        );
        let split = |part| Split::new(part, task, &vocabularies, config.words.max_characters);
        Ok(Self {
            train: split(splits.train),
            valid: split(splits.valid),
            test: splits.test.map(split),
            vectors,
            checksums,
            vocabularies,
        })
    }

    /// A split by its name.
    pub fn split(&self, name: &str) -> Result<&Split, Report> {
        match name {
            "train" => Ok(&self.train),
            "valid" => Ok(&self.valid),
            "test" => self.test.as_ref().ok_or_else(|| {
                Report::usage("this data has no test split")
                    .with_help("evaluate on the validation split with `--split valid`")
            }),
            other => Err(Report::usage(format!("there is no split `{other}`"))
                .with_help("the splits are train, valid and test")),
        }
    }

    /// The split that a result is measured on, and its name.
    pub fn final_split(&self) -> (&'static str, &Split) {
        match &self.test {
            Some(test) => ("test", test),
            None => ("valid", &self.valid),
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

fn load_splits(config: &Config) -> Result<TaggedSplits, Report> {
    let mut splits = match &config.data.source {
        SourceConfig::Requests {
            seed,
            train_sentences,
            valid_sentences,
            test_sentences,
        } => {
            let (train, valid, test) = (*train_sentences, *valid_sentences, *test_sentences);
            RequestCorpus::generate(*seed, train, valid, test).splits
        }
        SourceConfig::Catalog { name, column } => {
            let catalog = Catalog::bundled();
            TaggedSplits::from_dataset(catalog.get(name)?, column.as_deref(), &Cache::from_env()?)?
        }
        SourceConfig::Files {
            train,
            valid,
            test,
            format,
        } => TaggedSplits::from_files(train, valid.as_ref(), test.as_ref(), &format.resolve()?)?,
    };
    let parts = [
        Some(&splits.train),
        Some(&splits.valid),
        splits.test.as_ref(),
    ];
    for part in parts.into_iter().flatten() {
        check(config.data.task, part)?;
    }
    if config.data.train_on_valid {
        let sentences = splits.valid.sentences.iter().cloned();
        splits.train.sentences.extend(sentences);
    }
    Ok(splits)
}

/// The vectors of the words that the splits have, as they are looked up.
fn load_vectors(
    config: &WordsConfig,
    splits: &TaggedSplits,
) -> Result<Option<WordVectors>, Report> {
    let Some(path) = &config.vectors else {
        return Ok(None);
    };
    let normalization = config.normalization();
    let words: HashSet<String> = words(splits)
        .map(|word| normalization.apply(word).into_owned())
        .collect();
    Ok(Some(WordVectors::read_for(
        path,
        words.iter().map(String::as_str),
    )?))
}

fn words(splits: &TaggedSplits) -> impl Iterator<Item = &str> {
    let parts = [
        Some(&splits.train),
        Some(&splits.valid),
        splits.test.as_ref(),
    ];
    let sentences = parts.into_iter().flatten().flat_map(|part| &part.sentences);
    sentences.flat_map(|s| &s.words).map(String::as_str)
}

fn count(
    config: &Config,
    splits: &TaggedSplits,
    vectors: Option<&WordVectors>,
) -> Result<TaggingVocabularies, Report> {
    let normalization = config.words.normalization();
    let mut builder =
        TaggingVocabulariesBuilder::new(normalization).with_min_word_count(config.words.min_count);
    for sentence in &splits.train.sentences {
        builder.add(&sentence.words, &config.data.task.learned(&sentence.tags));
    }
    if let Some(vectors) = vectors {
        for word in words(splits) {
            if vectors.lookup(&normalization.apply(word)).is_some() {
                builder.keep_word(word);
            }
        }
    }
    let mut vocabularies = builder
        .build()
        .map_err(|error| Report::failure(format!("{}: {error}", splits.train.path.display())))?;
    vocabularies.labels = config.data.task.complete(&vocabularies.labels)?;
    Ok(vocabularies)
}

fn checksum(vectors: &WordVectors) -> String {
    let mut bytes = Vec::new();
    for word in vectors.words() {
        bytes.extend(word.as_bytes());
        bytes.push(b'\n');
        let numbers = vectors.get(word).unwrap_or_default();
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }
    sha256_hex(&bytes)
}
