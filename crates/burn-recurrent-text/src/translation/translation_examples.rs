//! Sentences and their translations as ids, and batches of them.

use serde::{Deserialize, Serialize};

use super::translation_batch::TranslationBatch;
use super::translation_tokenizer::TranslationTokenizer;
use super::translation_tokenizers::TranslationTokenizers;

/// Sentences and their translations as ids.
#[derive(Debug, Clone, Default)]
pub struct TranslationExamples {
    pairs: Vec<Pair>,
    dropped: DroppedPairs,
}

#[derive(Debug, Clone)]
struct Pair {
    /// With the mark at the end.
    source: Vec<i32>,
    /// Without marks; none where no translation is known.
    target: Option<Vec<i32>>,
}

/// The greatest lengths of training sentences, in tokens, the marks at beginning and end not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranslationLimits {
    /// The most tokens of a source.
    pub source: usize,
    /// The most tokens of a target.
    pub target: usize,
}

/// The number of training pairs that were left out, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DroppedPairs {
    /// Pairs of which one sentence has no token, whatever the other has.
    pub empty: usize,
    /// Pairs of which one sentence is too long.
    pub long: usize,
}

impl DroppedPairs {
    /// How many there are of all kinds.
    pub fn total(&self) -> usize {
        self.empty + self.long
    }
}

impl TranslationExamples {
    /// The ids of all pairs, in order, whatever their lengths: for evaluation, which leaves nothing out.
    pub fn encode<S: AsRef<str>, T: AsRef<str>>(
        tokenizers: &TranslationTokenizers,
        pairs: impl IntoIterator<Item = (S, T)>,
    ) -> Self {
        let pair = |(source, target): (S, T)| Pair {
            source: source_ids(&tokenizers.source, source.as_ref()),
            target: Some(ids(&tokenizers.target, target.as_ref())),
        };
        Self {
            pairs: pairs.into_iter().map(pair).collect(),
            dropped: DroppedPairs::default(),
        }
    }

    /// The ids of pairs to train on: without those that have an empty or a too long sentence, which are
    /// [counted](Self::dropped).
    pub fn encode_for_training<S: AsRef<str>, T: AsRef<str>>(
        tokenizers: &TranslationTokenizers,
        limits: TranslationLimits,
        pairs: impl IntoIterator<Item = (S, T)>,
    ) -> Self {
        let mut examples = Self::encode(tokenizers, pairs);
        let mut dropped = DroppedPairs::default();
        examples.pairs.retain(|pair| {
            let source = pair.source.len() - 1;
            let target = pair.target.as_ref().map_or(0, Vec::len);
            let empty = source == 0 || target == 0;
            let long = !empty && (source > limits.source || target > limits.target);
            dropped.empty += usize::from(empty);
            dropped.long += usize::from(long);
            !empty && !long
        });
        examples.dropped = dropped;
        examples
    }

    /// The ids of sentences whose translations are not known.
    pub fn encode_sources<S: AsRef<str>>(
        tokenizer: &TranslationTokenizer,
        lines: impl IntoIterator<Item = S>,
    ) -> Self {
        let pair = |line: S| Pair {
            source: source_ids(tokenizer, line.as_ref()),
            target: None,
        };
        Self {
            pairs: lines.into_iter().map(pair).collect(),
            dropped: DroppedPairs::default(),
        }
    }

    /// How many sentences there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no sentence.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// How many pairs were left out.
    pub fn dropped(&self) -> DroppedPairs {
        self.dropped
    }

    /// How many source tokens there are, each sentence's `<eos>` counted.
    pub fn num_source_tokens(&self) -> usize {
        self.pairs.iter().map(|pair| pair.source.len()).sum()
    }

    /// How many target tokens there are to predict, each sentence's `<eos>` counted.
    pub fn num_target_tokens(&self) -> usize {
        self.pairs.iter().map(Pair::target_length).sum()
    }

    /// What each sentence costs in a batch, for [`LengthBatches`](crate::LengthBatches): the length of its source or its
    /// target, whichever is longer, with `<eos>`.
    pub fn lengths(&self) -> Vec<usize> {
        let cost = |pair: &Pair| pair.source.len().max(pair.target_length());
        self.pairs.iter().map(cost).collect()
    }

    /// The ids of a sentence's source, with `<eos>` behind them.
    ///
    /// # Panics
    ///
    /// When there is no such sentence.
    pub fn source(&self, sentence: usize) -> &[i32] {
        &self.pairs[sentence].source
    }

    /// The ids of a sentence's target, without marks; none where it is not known.
    ///
    /// # Panics
    ///
    /// When there is no such sentence.
    pub fn target(&self, sentence: usize) -> Option<&[i32]> {
        self.pairs[sentence].target.as_deref()
    }

    /// The sentences at these places as one padded batch.
    ///
    /// # Panics
    ///
    /// When there is no sentence at one of the places.
    pub fn batch(&self, sentences: &[usize]) -> TranslationBatch {
        let rows = || sentences.iter().map(|&place| &self.pairs[place]);
        let source_lengths: Vec<usize> = rows().map(|pair| pair.source.len()).collect();
        let target_lengths: Vec<usize> = rows().map(Pair::target_length).collect();
        let source_time = source_lengths.iter().copied().max().unwrap_or(0);
        let target_time = target_lengths.iter().copied().max().unwrap_or(0);
        let padded =
            |time: usize| vec![TranslationTokenizer::PADDING as i32; sentences.len() * time];
        let mut batch = TranslationBatch {
            sentences: sentences.to_vec(),
            batch: sentences.len(),
            source_time,
            source_lengths,
            sources: padded(source_time),
            target_time,
            target_lengths,
            target_inputs: padded(target_time),
            target_outputs: padded(target_time),
        };
        for (row, pair) in rows().enumerate() {
            batch.sources[row * source_time..][..pair.source.len()].copy_from_slice(&pair.source);
            if let Some(target) = &pair.target {
                let length = target.len();
                let inputs = &mut batch.target_inputs[row * target_time..][..=length];
                inputs[0] = TranslationTokenizer::BEGIN as i32;
                inputs[1..].copy_from_slice(target);
                let outputs = &mut batch.target_outputs[row * target_time..][..=length];
                outputs[..length].copy_from_slice(target);
                outputs[length] = TranslationTokenizer::END as i32;
            }
        }
        batch
    }
}

impl Pair {
    /// With one mark.
    fn target_length(&self) -> usize {
        self.target.as_ref().map_or(0, |target| target.len() + 1)
    }
}

fn ids(tokenizer: &TranslationTokenizer, line: &str) -> Vec<i32> {
    let ids = tokenizer.encode(line).into_iter();
    ids.map(|id| id as i32).collect()
}

fn source_ids(tokenizer: &TranslationTokenizer, line: &str) -> Vec<i32> {
    let mut ids = ids(tokenizer, line);
    ids.push(TranslationTokenizer::END as i32);
    ids
}
