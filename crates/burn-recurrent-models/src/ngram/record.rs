//! A model's counts as plain data, to store and to check when they come back.

use serde::{Deserialize, Serialize};

use super::config::NgramConfig;
use super::error::NgramError;
use super::model::NgramModel;
use super::trie::{Level, Trie, check_vocabulary};

/// All that a model is made of: its configuration and the counts. The probabilities are estimated from them again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NgramRecord {
    /// The model's configuration.
    pub config: NgramConfig,
    /// The end-of-sentence id, if the stream had sentences.
    pub eos: Option<u32>,
    /// How often each token was seen, by id; then, last, how many sentences there were (an endless stream is one).
    pub unigrams: Vec<u32>,
    /// The n-grams of orders 2, 3, ..., `config.order`.
    pub orders: Vec<OrderRecord>,
}

/// The n-grams of one order, sorted by their ids; the start of a sentence has an id above all others.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRecord {
    /// The n-grams that begin with n-gram `p` of the order below are `starts[p]..starts[p + 1]`; one entry more than
    /// the order below has n-grams.
    pub starts: Vec<u32>,
    /// Last token of each n-gram.
    pub tokens: Vec<u32>,
    /// How often each n-gram was seen.
    pub counts: Vec<u32>,
}

impl NgramModel {
    /// The model as plain data.
    pub fn to_record(&self) -> NgramRecord {
        let order_record = |order| {
            let level = self.trie.level(order);
            OrderRecord {
                starts: level.starts.clone(),
                tokens: level.tokens.clone(),
                counts: level.counts.clone(),
            }
        };
        NgramRecord {
            config: self.config.clone(),
            eos: self.eos,
            unigrams: self.trie.level(1).counts.clone(),
            orders: (2..=self.config.order).map(order_record).collect(),
        }
    }

    /// The model of a record.
    ///
    /// # Errors
    ///
    /// When the record is not one that counting a stream can give: a setting out of its range, arrays whose lengths do
    /// not fit, n-grams out of order or without the shorter n-grams they hold, counts that do not add up.
    pub fn from_record(record: NgramRecord) -> Result<Self, NgramError> {
        record.config.validate()?;
        let vocabulary_size = record.unigrams.len().saturating_sub(1);
        check_vocabulary(vocabulary_size, record.eos)?;
        let order = record.config.order;
        if record.orders.len() != order - 1 {
            return invalid(format!(
                "{} lists of n-grams, expected {} for order {order}",
                record.orders.len(),
                order - 1
            ));
        }
        let mut num_parents = record.unigrams.len();
        for (m, level) in (2..).zip(&record.orders) {
            check_arrays(level, m, num_parents, vocabulary_size)?;
            num_parents = level.tokens.len();
        }
        let levels = record.orders.into_iter().map(|level| Level {
            starts: level.starts,
            tokens: level.tokens,
            counts: level.counts,
            suffixes: Vec::new(),
        });
        let trie = Trie::link(record.unigrams, levels.collect())?;
        check_counts(&trie, record.eos)?;
        Ok(Self::estimate(record.config, record.eos, trie))
    }
}

fn invalid<T>(message: String) -> Result<T, NgramError> {
    Err(NgramError::Record(message))
}

/// Checks that an order's arrays are a sorted list of children for each n-gram of the order below.
fn check_arrays(
    level: &OrderRecord,
    order: usize,
    num_parents: usize,
    vocabulary_size: usize,
) -> Result<(), NgramError> {
    let OrderRecord {
        starts,
        tokens,
        counts,
    } = level;
    if counts.len() != tokens.len() || u32::try_from(tokens.len()).is_err() {
        return invalid(format!(
            "order {order} has {} tokens and {} counts, expected as many of one as of the other",
            tokens.len(),
            counts.len()
        ));
    }
    if starts.len() != num_parents + 1 {
        return invalid(format!(
            "order {order} has {} starts, expected {} as order {} has {num_parents} n-grams",
            starts.len(),
            num_parents + 1,
            order - 1
        ));
    }
    if starts[0] != 0 || starts[num_parents] as usize != tokens.len() || !starts.is_sorted() {
        return invalid(format!(
            "the starts of order {order} do not rise from 0 to its {} n-grams",
            tokens.len()
        ));
    }
    for (parent, range) in starts.windows(2).enumerate() {
        let siblings = &tokens[range[0] as usize..range[1] as usize];
        if !siblings.is_sorted_by(|a, b| a < b) {
            return invalid(format!(
                "the tokens of order {order} after n-gram {parent} are not in ascending order"
            ));
        }
    }
    if let Some(token) = tokens.iter().find(|&&t| t as usize >= vocabulary_size) {
        return invalid(format!(
            "order {order} holds token {token}, expected ids below {vocabulary_size}"
        ));
    }
    if counts.contains(&0) {
        return invalid(format!("order {order} holds an n-gram that was never seen"));
    }
    Ok(())
}

/// Checks that the counts are those of one stream: each occurrence of an n-gram has one token before it, or is at the
/// start of a sentence, and at most one token after it, or none if it ends a sentence.
fn check_counts(trie: &Trie, eos: Option<u32>) -> Result<(), NgramError> {
    let vocabulary_size = trie.vocabulary_size();
    if trie.level(1).counts[..vocabulary_size]
        .iter()
        .all(|&c| c == 0)
    {
        return Err(NgramError::EmptyStream);
    }
    for order in 1..trie.order() {
        let (level, longer) = (trie.level(order), trie.level(order + 1));
        let mut before = vec![0u64; level.counts.len()];
        for (&suffix, &count) in longer.suffixes.iter().zip(&longer.counts) {
            before[suffix as usize] += u64::from(count);
        }
        let num_inside = trie.first_at_boundary(order);
        for (node, &count) in level.counts.iter().enumerate() {
            let range = longer.starts[node] as usize..longer.starts[node + 1] as usize;
            let after: u64 = longer.counts[range].iter().map(|&c| u64::from(c)).sum();
            let fits_before = node >= num_inside || before[node] == u64::from(count);
            let fits_after = match eos {
                Some(eos) if level.tokens[node] == eos => after == 0,
                _ => after <= u64::from(count),
            };
            if !(fits_before && fits_after) {
                return invalid(format!(
                    "n-gram {node} of order {order} has a count of {count}, but the n-grams of order {} that end \
                     with it have {}, and those that begin with it have {after}",
                    order + 1,
                    before[node]
                ));
            }
        }
    }
    Ok(())
}
