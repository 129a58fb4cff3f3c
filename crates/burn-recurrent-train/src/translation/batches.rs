//! Batches of pairs of like lengths.

use std::sync::Arc;

use burn::tensor::Device;
use burn_recurrent_text::{BudgetError, TranslationBatch, TranslationExamples};

use super::sampling_config::SamplingConfig;
use crate::sentences::{self, BatchesConfig};
use crate::{BatchIterator, Batches};

/// Pairs to train on, and how often the decoder is given its own word.
#[derive(Clone, Debug)]
pub struct TrainingPairs {
    /// The pairs.
    pub pairs: TranslationBatch,
    /// The probability with which a word that the decoder reads is one of its own.
    pub sampling: f64,
}

/// The batches of the training split: other neighbours in every epoch.
pub struct TrainBatches {
    pairs: sentences::SentenceTrainBatches<TranslationExamples>,
    sampling: SamplingConfig,
}

/// The batches of a split to compute its loss, the same in every epoch.
pub type LossBatches = sentences::SentenceLossBatches<TranslationExamples>;

impl TrainBatches {
    /// Batches of `config`'s sizes, in an order that depends on the seed and the epoch alone. A pair counts as many tokens
    /// as its longer side.
    ///
    /// # Errors
    ///
    /// When a batch has no room for a token.
    pub fn new(
        examples: &Arc<TranslationExamples>,
        config: &BatchesConfig,
        sampling: SamplingConfig,
        seed: u64,
    ) -> Result<Self, BudgetError> {
        let pairs = sentences::SentenceTrainBatches::new(examples, config, seed)?;
        Ok(Self { pairs, sampling })
    }

    /// The tokens of about the largest batch, padding included.
    pub fn most_tokens(&self) -> usize {
        self.pairs.most_tokens()
    }
}

impl Batches for TrainBatches {
    type Batch = TrainingPairs;

    fn num_batches(&self, epoch: usize) -> usize {
        self.pairs.num_batches(epoch)
    }

    fn batches<'a>(
        &'a self,
        epoch: usize,
        first: usize,
        device: &Device,
    ) -> BatchIterator<'a, TrainingPairs> {
        let sampling = self.sampling.probability(epoch);
        let pairs = self.pairs.batches(epoch, first, device);
        Box::new(pairs.map(move |pairs| pairs.map(|pairs| TrainingPairs { pairs, sampling })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_recurrent_text::{
        TranslationLimits, TranslationTokenizerConfig, TranslationTokenizers, TranslationUnit,
    };

    /// Sentences of one to nine words; the translation of each has a word more.
    fn examples() -> Arc<TranslationExamples> {
        let pairs: Vec<(String, String)> = (0..90)
            .map(|number| {
                let sentence = format!("w{number} ").repeat(number % 9 + 1);
                let translation = format!("{sentence}x");
                (sentence, translation)
            })
            .collect();
        let words = TranslationTokenizerConfig::new(TranslationUnit::Symbol);
        let tokenizers = TranslationTokenizers::train_joint(&words, &pairs).unwrap();
        let limits = TranslationLimits {
            source: 50,
            target: 50,
        };
        let pairs = pairs.iter().map(|(source, target)| (source, target));
        Arc::new(TranslationExamples::encode_for_training(
            &tokenizers,
            limits,
            pairs,
        ))
    }

    fn config() -> BatchesConfig {
        BatchesConfig {
            tokens: 40,
            sentences: 8,
            ..BatchesConfig::default()
        }
    }

    fn batches(sampling: SamplingConfig, seed: u64, epoch: usize) -> Vec<TrainingPairs> {
        let batches = TrainBatches::new(&examples(), &config(), sampling, seed).unwrap();
        let found: Vec<_> = batches
            .batches(epoch, 0, &Device::flex())
            .map(|batch| batch.unwrap())
            .collect();
        assert_eq!(found.len(), batches.num_batches(epoch));
        found
    }

    fn order(seed: u64, epoch: usize) -> Vec<Vec<usize>> {
        let batches = batches(SamplingConfig::default(), seed, epoch).into_iter();
        batches.map(|batch| batch.pairs.sentences).collect()
    }

    #[test]
    fn every_pair_is_trained_on_once_an_epoch_in_batches_of_the_size() {
        let found = batches(SamplingConfig::default(), 1, 1);
        let mut sentences: Vec<usize> = Vec::new();
        for TrainingPairs { pairs, .. } in &found {
            // Both sides with their ends; a pair counts as much as its longer side, padding too.
            let longest = pairs.source_time.max(pairs.target_time);
            assert!(pairs.batch <= 8 && pairs.batch * longest <= 40, "{pairs:?}");
            sentences.extend(&pairs.sentences);
        }
        sentences.sort_unstable();
        assert_eq!(sentences, (0..90).collect::<Vec<_>>());
        // Another order in each epoch and for each seed, and always the same one.
        assert_eq!(order(1, 1), order(1, 1));
        assert_ne!(order(1, 1), order(1, 2));
        assert_ne!(order(1, 1), order(2, 1));
    }

    #[test]
    fn a_training_goes_on_where_it_stopped() {
        let batches =
            TrainBatches::new(&examples(), &config(), SamplingConfig::default(), 1).unwrap();
        let sentences = |first: usize| -> Vec<Vec<usize>> {
            let found = batches.batches(2, first, &Device::flex());
            found.map(|batch| batch.unwrap().pairs.sentences).collect()
        };
        assert_eq!(sentences(5), sentences(0)[5..]);
    }

    #[test]
    fn the_decoder_reads_its_own_words_the_more_often_the_later_the_epoch() {
        let sampling = SamplingConfig {
            from: 0.0,
            to: 0.4,
            epochs: Some(5),
        };
        for (epoch, expected) in [(1, 0.0), (3, 0.2), (9, 0.4)] {
            for batch in batches(sampling, 1, epoch) {
                assert_eq!(batch.sampling, expected);
            }
        }
    }

    #[test]
    fn a_batch_has_room_for_a_token() {
        let config = BatchesConfig {
            tokens: 0,
            ..config()
        };
        assert!(TrainBatches::new(&examples(), &config, SamplingConfig::default(), 1).is_err());
    }
}
