//! Sentences and their translations, and what they are encoded with.

use std::fmt;
use std::sync::Arc;

use burn_recurrent_datasets::{ParallelPart, ParallelSplits};
use burn_recurrent_text::{DroppedPairs, TranslationExamples, TranslationTokenizers};

use super::batches::{LossBatches, TrainBatches};
use super::error::TranslationError;
use super::sampling_config::SamplingConfig;
use super::tokens_config::TokensConfig;
use crate::run_data::{Checksums, RunData};
use crate::sentences::BatchesConfig;
use crate::splits::Splits;

/// The splits of a data set, and what they are encoded with.
pub struct Corpus {
    /// The tokenisers of both languages.
    pub tokenizers: Arc<TranslationTokenizers>,
    /// The pairs.
    pub splits: Splits<Split>,
    /// How many training pairs are left out, and why.
    pub dropped: DroppedPairs,
    /// The SHA-256 of each split's pairs.
    pub checksums: Checksums,
}

/// One of the splits.
pub struct Split {
    /// The pairs as they were read.
    pub part: ParallelPart,
    /// The pairs as numbers; of the training split those that are trained on.
    pub examples: Arc<TranslationExamples>,
}

impl Corpus {
    /// Learns tokenisers from the training pairs and encodes all pairs with them.
    ///
    /// # Errors
    ///
    /// When no tokeniser can be learnt, or no training pair is left.
    pub fn new(splits: ParallelSplits, tokens: &TokensConfig) -> Result<Self, TranslationError> {
        let pairs = splits.train.pairs.iter();
        let pairs: Vec<(&str, &str)> = pairs
            .map(|pair| (pair.source.as_str(), pair.target.as_str()))
            .collect();
        let tokenizers = match tokens.train(&pairs) {
            Ok(tokenizers) => Arc::new(tokenizers),
            Err(source) => {
                let path = splits.train.path.clone();
                return Err(TranslationError::Tokenizer { path, source });
            }
        };
        Self::with_tokenizers(splits, tokens, tokenizers)
    }

    /// Encodes pairs with the tokenisers that a model was trained with.
    ///
    /// # Errors
    ///
    /// When no training pair is left.
    pub fn with_tokenizers(
        splits: ParallelSplits,
        tokens: &TokensConfig,
        tokenizers: Arc<TranslationTokenizers>,
    ) -> Result<Self, TranslationError> {
        if let Some(empty) = &splits.train.empty {
            log::warn!("{empty}");
        }
        let limits = tokens.limits();
        let train =
            TranslationExamples::encode_for_training(&tokenizers, limits, texts(&splits.train));
        let dropped = train.dropped();
        if train.is_empty() {
            return Err(TranslationError::NothingLeft {
                path: splits.train.path.clone(),
                pairs: splits.train.pairs.len(),
                long: dropped.long,
                empty: dropped.empty,
                max_source: limits.source,
                max_target: limits.target,
            });
        }
        if dropped.total() > 0 {
            log::warn!(
                "{} of {} training pairs are left out: {} longer than {} source or {} target tokens, {} with an empty side",
                dropped.total(),
                splits.train.pairs.len(),
                dropped.long,
                limits.source,
                limits.target,
                dropped.empty
            );
        }
        let split = |part: ParallelPart| Split {
            examples: Arc::new(TranslationExamples::encode(&tokenizers, texts(&part))),
            part,
        };
        let splits = Splits {
            valid: split(splits.valid),
            test: splits.test.map(split),
            train: Split {
                examples: Arc::new(train),
                part: splits.train,
            },
        };
        let checksums = splits
            .iter()
            .map(|(name, split)| (name.to_string(), split.part.sha256()))
            .collect();
        Ok(Self {
            tokenizers,
            splits,
            dropped,
            checksums,
        })
    }

    /// The batches to train on: other neighbours in every epoch.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn train_batches(
        &self,
        config: &BatchesConfig,
        sampling: SamplingConfig,
        seed: u64,
    ) -> Result<TrainBatches, TranslationError> {
        let examples = &self.splits.train.examples;
        Ok(TrainBatches::new(examples, config, sampling, seed)?)
    }

    /// The batches to validate on.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn valid_batches(&self, config: &BatchesConfig) -> Result<LossBatches, TranslationError> {
        Ok(LossBatches::new(&self.splits.valid.examples, config)?)
    }
}

impl Split {
    /// The batches to compute the split's loss.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn batches(&self, config: &BatchesConfig) -> Result<LossBatches, TranslationError> {
        Ok(LossBatches::new(&self.examples, config)?)
    }
}

fn texts(part: &ParallelPart) -> impl Iterator<Item = (&str, &str)> {
    let pairs = part.pairs.iter();
    pairs.map(|pair| (pair.source.as_str(), pair.target.as_str()))
}

impl RunData for Corpus {
    type Vocabularies = Arc<TranslationTokenizers>;

    fn vocabularies(&self) -> &Arc<TranslationTokenizers> {
        &self.tokenizers
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
            let comma = if purpose == purposes[0] { "" } else { ", " };
            let (pairs, tokens) = (split.examples.len(), split.examples.num_target_tokens());
            write!(f, "{comma}{pairs} pairs ({tokens} target tokens) {purpose}")?;
        }
        let [source, target] = [&self.tokenizers.source, &self.tokenizers.target];
        match self.tokenizers.is_joint() {
            true => write!(
                f,
                "; {} {} tokens for both languages",
                source.len(),
                source.unit()
            ),
            false => write!(
                f,
                "; {} source tokens ({}), {} target tokens ({})",
                source.len(),
                source.unit(),
                target.len(),
                target.unit()
            ),
        }
    }
}
