//! A trained n-gram model and what can be asked of it.

use std::fmt;
use std::iter;

use super::config::{NgramConfig, Smoothing};
use super::error::NgramError;
use super::score::StreamScore;
use super::trie::{self, Trie};
use super::weights::Weights;
use super::{add_k, katz, kneser_ney, stupid_backoff};

/// A trained n-gram model; [`NgramConfig::train`] makes one.
///
/// A context is the tokens before the one asked about, the nearest last. Only the last `order - 1` matter, and of
/// these only what comes after the last `eos`, which stands for the start of a sentence. A context without an `eos`
/// is taken from the middle of a sentence, and the empty one says nothing.
#[derive(Clone)]
pub struct NgramModel {
    pub(super) config: NgramConfig,
    pub(super) eos: Option<u32>,
    pub(super) trie: Trie,
    weights: Weights,
}

/// A context as a node of the trie.
struct Context {
    order: usize,
    node: usize,
    /// How many tokens the model does not know this context with, so that they were left out.
    dropped: usize,
}

impl NgramConfig {
    /// Counts a stream and estimates the model.
    ///
    /// `tokens` are ids below `vocabulary_size`. With `eos` the stream is read as sentences that each end with that
    /// id (the last one need not); without, it is one endless run.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range, the stream is empty or longer than 2^31 tokens, or a token or `eos` is not
    /// below `vocabulary_size`.
    pub fn train(
        &self,
        tokens: &[u32],
        vocabulary_size: usize,
        eos: Option<u32>,
    ) -> Result<NgramModel, NgramError> {
        self.validate()?;
        let trie = Trie::count(tokens, vocabulary_size, eos, self.order)?;
        Ok(NgramModel::estimate(self.clone(), eos, trie))
    }
}

impl NgramModel {
    /// Turns counts into a model.
    pub(super) fn estimate(config: NgramConfig, eos: Option<u32>, trie: Trie) -> Self {
        let weights = match config.smoothing {
            Smoothing::AddK { k } => add_k::estimate(&trie, &config, k),
            Smoothing::StupidBackoff { alpha } => stupid_backoff::estimate(&trie, &config, alpha),
            Smoothing::Katz { threshold } => katz::estimate(&trie, &config, threshold),
            Smoothing::KneserNey => kneser_ney::estimate(&trie, &config),
        };
        Self {
            config,
            eos,
            trie,
            weights,
        }
    }

    /// The configuration that the model was trained with.
    pub fn config(&self) -> &NgramConfig {
        &self.config
    }

    /// The end-of-sentence id, or `None` for a model of one endless stream.
    pub fn eos(&self) -> Option<u32> {
        self.eos
    }

    /// How many types can be predicted.
    pub fn vocabulary_size(&self) -> usize {
        self.trie.vocabulary_size()
    }

    /// How many different n-grams were seen, by order from 1. Those of a sentence's start count from order 2.
    pub fn num_ngrams(&self) -> Vec<usize> {
        let seen = |&&count: &&u32| count > 0;
        let unigrams = &self.trie.level(1).counts[..self.vocabulary_size()];
        iter::once(unigrams.iter().filter(seen).count())
            .chain((2..=self.config.order).map(|order| self.trie.num_nodes(order)))
            .collect()
    }

    /// Probability of `token` after `context`. For stupid backoff it is a score.
    ///
    /// # Panics
    ///
    /// When an id is not below the size of the vocabulary.
    pub fn probability(&self, context: &[u32], token: u32) -> f64 {
        self.assert_known(token);
        let context = self.context(context);
        match self.config.smoothing {
            Smoothing::AddK { .. } => {
                if context.dropped > 0 {
                    return 1.0 / self.vocabulary_size() as f64;
                }
                match self.trie.child(context.order, context.node, token) {
                    Some(child) => self.weights.values[context.order][child],
                    None => self.weights.unseen[context.order - 1][context.node],
                }
            }
            Smoothing::StupidBackoff { alpha } => {
                alpha.powi(context.dropped as i32) * self.back_off(&context, token)
            }
            Smoothing::Katz { .. } | Smoothing::KneserNey => self.back_off(&context, token),
        }
    }

    /// Natural logarithm of [`probability`](Self::probability); minus infinity for a token of probability zero, which
    /// only stupid backoff has.
    ///
    /// # Panics
    ///
    /// When an id is not below the size of the vocabulary.
    pub fn log_probability(&self, context: &[u32], token: u32) -> f64 {
        self.probability(context, token).ln()
    }

    /// Probabilities of all tokens after `context`, by id. They sum to one: the scores of stupid backoff are divided by
    /// their sum, so that one can draw from them.
    ///
    /// # Panics
    ///
    /// When an id is not below the size of the vocabulary.
    pub fn distribution(&self, context: &[u32]) -> Vec<f64> {
        let context = self.context(context);
        if let Smoothing::AddK { .. } = self.config.smoothing {
            return self.add_k_all(&context);
        }
        let mut values = self
            .weights
            .back_off_all(&self.trie, context.order, context.node);
        if !self.config.smoothing.is_normalised() {
            let sum: f64 = values.iter().sum();
            let uniform = 1.0 / values.len() as f64;
            // All scores are zero where smallest counts left no unigram.
            let normalise = |value: f64| if sum > 0.0 { value / sum } else { uniform };
            values
                .iter_mut()
                .for_each(|value| *value = normalise(*value));
        }
        values
    }

    /// Cross entropy of a stream from its start: all of its tokens are predicted, the first one as the first of a
    /// sentence, or without a context if the model has no sentences.
    ///
    /// # Errors
    ///
    /// When a token is not in the vocabulary, or the model's values are no probabilities (stupid backoff).
    pub fn cross_entropy(&self, tokens: &[u32]) -> Result<StreamScore, NgramError> {
        match self.eos {
            Some(eos) => self.cross_entropy_after(&[eos], tokens),
            None => self.cross_entropy_after(&[], tokens),
        }
    }

    /// Cross entropy of `tokens` as they follow `context`. All of `tokens` and nothing of `context` is predicted.
    ///
    /// # Errors
    ///
    /// As [`cross_entropy`](Self::cross_entropy); a position is counted from the first token of `tokens`.
    ///
    /// # Panics
    ///
    /// When an id of the context is not below the size of the vocabulary.
    pub fn cross_entropy_after(
        &self,
        context: &[u32],
        tokens: &[u32],
    ) -> Result<StreamScore, NgramError> {
        if !self.config.smoothing.is_normalised() {
            return Err(NgramError::NotNormalised);
        }
        trie::check_tokens(tokens, self.vocabulary_size())?;
        let longest = self.config.order - 1;
        let context = &context[context.len().saturating_sub(longest)..];
        let stream = [context, tokens].concat();
        let nats = (context.len()..stream.len())
            .map(|i| -self.log_probability(&stream[i.saturating_sub(longest)..i], stream[i]))
            .sum();
        Ok(StreamScore {
            nats,
            tokens: tokens.len() as u64,
        })
    }

    /// The longest part of a context, up to its end, that was seen.
    fn context(&self, context: &[u32]) -> Context {
        let window = &context[context.len().saturating_sub(self.config.order - 1)..];
        window.iter().for_each(|&token| self.assert_known(token));
        let last_eos = window.iter().rposition(|&token| Some(token) == self.eos);
        let words = &window[last_eos.map_or(0, |i| i + 1)..];
        if last_eos.is_some() {
            let boundary = self.vocabulary_size() as u32;
            let ngram = iter::once(boundary).chain(words.iter().copied());
            if let Some(node) = self.trie.find(ngram) {
                return Context {
                    order: words.len() + 1,
                    node,
                    dropped: 0,
                };
            }
        }
        // The empty context is always found: it is the root.
        let found = (0..=words.len()).find_map(|start| {
            let node = self.trie.find(words[start..].iter().copied())?;
            Some((start, node))
        });
        let (start, node) = found.unwrap_or_default();
        Context {
            order: words.len() - start,
            node,
            dropped: start + usize::from(last_eos.is_some()),
        }
    }

    fn back_off(&self, context: &Context, token: u32) -> f64 {
        self.weights
            .back_off(&self.trie, context.order, context.node, token)
    }

    fn add_k_all(&self, context: &Context) -> Vec<f64> {
        let size = self.vocabulary_size();
        if context.dropped > 0 {
            return vec![1.0 / size as f64; size];
        }
        let values = &self.weights.values[context.order];
        let Some(order_below) = context.order.checked_sub(1) else {
            return values[..size].to_vec();
        };
        let mut probabilities = vec![self.weights.unseen[order_below][context.node]; size];
        let tokens = &self.trie.level(context.order + 1).tokens;
        for child in self.trie.children(context.order, context.node) {
            probabilities[tokens[child] as usize] = values[child];
        }
        probabilities
    }

    fn assert_known(&self, token: u32) {
        let size = self.vocabulary_size();
        assert!(
            (token as usize) < size,
            "token {token} is not in the vocabulary, expected an id below {size}"
        );
    }
}

/// As [`Display`](fmt::Display): nobody wants to read millions of counts.
impl fmt::Debug for NgramModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for NgramModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.num_ngrams().iter().map(usize::to_string).collect();
        write!(
            f,
            "NgramModel {{ order: {}, smoothing: {:?}, vocabulary: {}, n-grams: {} }}",
            self.config.order,
            self.config.smoothing,
            self.vocabulary_size(),
            counts.join(" + ")
        )
    }
}
