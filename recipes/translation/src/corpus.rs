//! The pairs of a run.

use crate::config::{Config, SourceConfig};
use burn_recurrent_datasets::{
    ParallelFiles, ParallelSplits, Pronunciations, Stress, TranslationCorpus,
};
use burn_recurrent_train::translation::Corpus;
use burn_recurrent_train::{Report, RunDataConfig, VocabulariesOf};

impl RunDataConfig for Config {
    type Data = Corpus;

    fn load_data(&self, known: Option<VocabulariesOf<Self>>) -> Result<Corpus, Report> {
        let splits = load_splits(&self.data.source)?;
        Ok(match known {
            Some(tokenizers) => Corpus::with_tokenizers(splits, &self.tokens, tokenizers)?,
            None => Corpus::new(splits, &self.tokens)?,
        })
    }
}

fn load_splits(source: &SourceConfig) -> Result<ParallelSplits, Report> {
    Ok(match source {
        SourceConfig::Grammar {
            seed,
            train_sentences,
            valid_sentences,
            test_sentences,
            reversed,
        } => {
            let (train, valid, test) = (*train_sentences, *valid_sentences, *test_sentences);
            let splits = TranslationCorpus::generate(*seed, train, valid, test).splits;
            match reversed {
                true => splits.reversed(),
                false => splits,
            }
        }
        SourceConfig::Catalog { name, from, to } => ParallelSplits::from_catalog(name, from, to)?,
        SourceConfig::Pronunciations { name, stress } => {
            let stress = match stress {
                true => Stress::Marked,
                false => Stress::Dropped,
            };
            let (dictionary, shares) = Pronunciations::from_catalog(name, stress)?;
            dictionary.splits(shares)?
        }
        SourceConfig::Files { train, valid, test } => {
            let test = test.as_ref().map(|test| test.files());
            ParallelSplits::from_files(&train.files(), &valid.files(), test.as_ref())?
        }
        SourceConfig::Tsv {
            train,
            valid,
            test,
            source,
            target,
            header,
        } => {
            let files = |path: &std::path::PathBuf| ParallelFiles::Tsv {
                path: path.clone(),
                source: *source,
                target: *target,
                header: *header,
            };
            let test = test.as_ref().map(files);
            ParallelSplits::from_files(&files(train), &files(valid), test.as_ref())?
        }
    })
}
