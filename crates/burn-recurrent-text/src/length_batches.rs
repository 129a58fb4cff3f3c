//! Batches of sentences of like lengths, up to a number of tokens.

use std::cmp::Reverse;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

/// How many batches' worth of shuffled sentences are sorted by length together.
const BATCHES_PER_POOL: usize = 64;

/// A budget that no batch can keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a batch of {tokens} tokens and {sentences} sentences at most, expected at least one of each"
)]
pub struct BudgetError {
    /// The most tokens a batch may have.
    pub tokens: usize,
    /// The most sentences a batch may have.
    pub sentences: usize,
}

/// Puts sentences of like lengths into batches.
///
/// A batch costs its number of sentences times the length of its longest one, padding included, and this is `max_tokens`
/// at most. A sentence that is longer is a batch of its own. Every sentence is in one batch of an epoch exactly.
///
/// The batches of an epoch are a function of the lengths, the limits, the seed and the epoch alone, so that a run that is
/// resumed goes on with the same ones.
#[derive(Debug, Clone)]
pub struct LengthBatches {
    lengths: Vec<usize>,
    max_tokens: usize,
    max_sentences: usize,
}

impl LengthBatches {
    /// Batches of sentences that have these lengths.
    ///
    /// # Errors
    ///
    /// When `max_tokens` is zero.
    pub fn new(lengths: Vec<usize>, max_tokens: usize) -> Result<Self, BudgetError> {
        Self {
            lengths,
            max_tokens,
            max_sentences: usize::MAX,
        }
        .checked()
    }

    /// Limits the sentences of a batch too.
    ///
    /// # Errors
    ///
    /// When `max_sentences` is zero.
    pub fn with_max_sentences(mut self, max_sentences: usize) -> Result<Self, BudgetError> {
        self.max_sentences = max_sentences;
        self.checked()
    }

    fn checked(self) -> Result<Self, BudgetError> {
        if self.max_tokens == 0 || self.max_sentences == 0 {
            return Err(BudgetError {
                tokens: self.max_tokens,
                sentences: self.max_sentences,
            });
        }
        Ok(self)
    }

    /// How many sentences there are.
    pub fn num_sentences(&self) -> usize {
        self.lengths.len()
    }

    /// The batches of an epoch of training, as places of sentences, in the order of training.
    ///
    /// Sentences are shuffled, sorted by length within pools of some dozens of batches, cut into batches, and the batches
    /// shuffled: little padding, and other neighbours each epoch.
    pub fn epoch(&self, seed: u64, epoch: u64) -> Vec<Vec<usize>> {
        let mut rng = epoch_rng(seed, epoch);
        let mut order: Vec<usize> = (0..self.lengths.len()).collect();
        shuffle(&mut order, &mut rng);
        let mut batches = Vec::new();
        for pool in self.pools(&order) {
            let mut pool = pool.to_vec();
            // Stable: what is equally long stays shuffled.
            pool.sort_by_key(|&sentence| Reverse(self.lengths[sentence]));
            self.cut(&pool, &mut batches);
        }
        shuffle(&mut batches, &mut rng);
        batches
    }

    /// The tokens of the largest batch for an evaluation, padding included: about those of training's largest.
    pub fn most_tokens(&self) -> usize {
        let tokens = |batch: &Vec<usize>| {
            let longest = batch.iter().map(|sentence| self.lengths[*sentence]).max();
            batch.len().saturating_mul(longest.unwrap_or(0))
        };
        self.by_length().iter().map(tokens).max().unwrap_or(0)
    }

    /// The batches for an evaluation, longest sentences first: the least padding that there can be, and memory runs out
    /// at the first batch or never.
    pub fn by_length(&self) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.lengths.len()).collect();
        order.sort_by_key(|&sentence| Reverse(self.lengths[sentence]));
        let mut batches = Vec::new();
        self.cut(&order, &mut batches);
        batches
    }

    /// Stretches of the order that have the tokens of some dozens of batches.
    fn pools<'o>(&self, order: &'o [usize]) -> Vec<&'o [usize]> {
        let max_tokens = self.max_tokens.saturating_mul(BATCHES_PER_POOL);
        let max_sentences = self.max_sentences.saturating_mul(BATCHES_PER_POOL);
        let mut pools = Vec::new();
        let (mut begin, mut tokens) = (0, 0usize);
        for (place, &sentence) in order.iter().enumerate() {
            tokens = tokens.saturating_add(self.lengths[sentence]);
            if tokens >= max_tokens || place + 1 - begin >= max_sentences {
                pools.push(&order[begin..=place]);
                (begin, tokens) = (place + 1, 0);
            }
        }
        if begin < order.len() {
            pools.push(&order[begin..]);
        }
        pools
    }

    /// Cuts sentences, the longest first, into batches.
    fn cut(&self, sorted: &[usize], batches: &mut Vec<Vec<usize>>) {
        let mut rest = sorted;
        while let Some(&first) = rest.first() {
            let sentences = self.max_tokens / self.lengths[first].max(1);
            let (batch, after) =
                rest.split_at(sentences.clamp(1, self.max_sentences).min(rest.len()));
            batches.push(batch.to_vec());
            rest = after;
        }
    }
}

/// A generator for one epoch. The key is the seed itself, not a hash of it that a library might change.
fn epoch_rng(seed: u64, epoch: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(epoch);
    rng
}

/// Fisher-Yates, with a draw of its own: a library's shuffle may give another order in a later version.
fn shuffle<T>(items: &mut [T], rng: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        // The bias of this draw is below the number of items over 2^64.
        let draw = (u128::from(rng.next_u64()) * (last as u128 + 1)) >> 64;
        items.swap(last, draw as usize);
    }
}
