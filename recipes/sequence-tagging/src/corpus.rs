//! The sentences that a config names, as numbers.

use crate::config::{Config, SourceConfig};
use burn_recurrent_datasets::{Cache, Catalog, RequestCorpus, TaggedSplits};
use burn_recurrent_text::TaggingVocabularies;
use burn_recurrent_train::tagging::{Corpus, check_labels};
use burn_recurrent_train::{Report, RunDataConfig};
use std::sync::Arc;

impl RunDataConfig for Config {
    type Data = Corpus;

    fn load_data(&self, known: Option<Arc<TaggingVocabularies>>) -> Result<Corpus, Report> {
        let (splits, task, words) = (load_splits(self)?, self.data.task, &self.words);
        Ok(match known {
            Some(known) => Corpus::with_vocabularies(splits, task, words, known)?,
            None => Corpus::new(splits, task, words)?,
        })
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
    if config.data.train_on_valid {
        // While they still have their own files to be named in.
        check_labels(config.data.task, &splits.train)?;
        check_labels(config.data.task, &splits.valid)?;
        let sentences = splits.valid.sentences.iter().cloned();
        splits.train.sentences.extend(sentences);
    }
    Ok(splits)
}
