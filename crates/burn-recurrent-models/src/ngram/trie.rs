//! Counts of all n-grams of a stream, as a trie in sorted arrays.
//!
//! Order `m` holds its m-grams sorted by their first `m - 1` tokens, then by the last, so those with the same
//! beginning lie side by side: they are the children of one node of order `m - 1`. A node is its position in its
//! order's arrays. Order 1 holds every token of the vocabulary, seen or not, and after them the boundary, so that there
//! a node is a token id. Order 0 is the root, one node, for the empty context.

use std::ops::Range;

use super::error::NgramError;

/// The longest stream that can be counted: positions, with a boundary before each sentence, must fit 32 bits.
pub(super) const MAX_TOKENS: usize = 1 << 31;
/// The largest vocabulary: the boundary's id is the size of the vocabulary and must be a `u32`.
pub(super) const MAX_VOCABULARY: usize = u32::MAX as usize;

/// The m-grams of one order.
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    /// The children of node `p` of the order below are `starts[p]..starts[p + 1]`.
    pub(super) starts: Vec<u32>,
    /// Last token of each m-gram.
    pub(super) tokens: Vec<u32>,
    /// How often each m-gram was seen.
    pub(super) counts: Vec<u32>,
    /// For each m-gram, the node in the order below of the m-gram without its first token.
    pub(super) suffixes: Vec<u32>,
}

/// All n-grams up to some order.
#[derive(Debug, Clone)]
pub(super) struct Trie {
    levels: Vec<Level>,
}

impl Trie {
    /// Counts the n-grams of orders 1 to `order`, none of which crosses from one sentence to the next.
    pub(super) fn count(
        tokens: &[u32],
        vocabulary_size: usize,
        eos: Option<u32>,
        order: usize,
    ) -> Result<Self, NgramError> {
        check_vocabulary(vocabulary_size, eos)?;
        if tokens.is_empty() {
            return Err(NgramError::EmptyStream);
        }
        if tokens.len() > MAX_TOKENS {
            return Err(NgramError::StreamTooLong {
                tokens: tokens.len(),
                limit: MAX_TOKENS,
            });
        }
        check_tokens(tokens, vocabulary_size)?;

        let boundary = vocabulary_size as u32;
        let stream = with_boundaries(tokens, boundary, eos);
        let mut unigrams = vec![0; vocabulary_size + 1];
        for &token in &stream {
            unigrams[token as usize] += 1;
        }

        // The node of the m-gram that starts at each position, for the positions that have one.
        let mut nodes: Vec<(u64, u32)> = (0..stream.len())
            .map(|i| (u64::from(stream[i]), i as u32))
            .collect();
        let mut orders = Vec::new();
        let mut num_parents = unigrams.len();
        for m in 2..=order {
            let level = extend(&mut nodes, &stream, m, boundary, num_parents);
            num_parents = level.tokens.len();
            orders.push(level);
        }
        Self::link(unigrams, orders)
    }

    /// Adds the suffix links to counted levels; `orders` starts at order 2.
    ///
    /// # Errors
    ///
    /// When an n-gram is there without the n-gram that it ends with.
    pub(super) fn link(unigrams: Vec<u32>, orders: Vec<Level>) -> Result<Self, NgramError> {
        let num_unigrams = unigrams.len() as u32;
        let mut trie = Self {
            levels: vec![Level {
                starts: vec![0, num_unigrams],
                tokens: (0..num_unigrams).collect(),
                counts: unigrams,
                suffixes: vec![0; num_unigrams as usize],
            }],
        };
        for (m, mut level) in (2..).zip(orders) {
            let mut suffixes = Vec::with_capacity(level.tokens.len());
            for parent in 0..trie.num_nodes(m - 1) {
                let suffix = trie.suffix(m - 1, parent);
                for node in level.starts[parent]..level.starts[parent + 1] {
                    let token = level.tokens[node as usize];
                    let found = trie.child(m - 2, suffix, token).ok_or_else(|| {
                        NgramError::Record(format!(
                            "n-gram {node} of order {m} ends with an n-gram that order {} lacks",
                            m - 1
                        ))
                    })?;
                    suffixes.push(found as u32);
                }
            }
            level.suffixes = suffixes;
            trie.levels.push(level);
        }
        Ok(trie)
    }

    /// The longest n-gram's length.
    pub(super) fn order(&self) -> usize {
        self.levels.len()
    }

    /// How many types can be predicted; also the id of the boundary, which cannot.
    pub(super) fn vocabulary_size(&self) -> usize {
        self.levels[0].tokens.len() - 1
    }

    /// The arrays of one order, from 1.
    pub(super) fn level(&self, order: usize) -> &Level {
        &self.levels[order - 1]
    }

    /// How many n-grams of an order there are; the root is order 0's only one.
    pub(super) fn num_nodes(&self, order: usize) -> usize {
        if order == 0 {
            1
        } else {
            self.level(order).tokens.len()
        }
    }

    /// The node of an order that is `node` without its first token, in the order below.
    pub(super) fn suffix(&self, order: usize, node: usize) -> usize {
        self.level(order).suffixes[node] as usize
    }

    /// The nodes of order `order + 1` that are `node` and one token more. The root's leave out the boundary, so that
    /// these are always tokens that can be predicted.
    pub(super) fn children(&self, order: usize, node: usize) -> Range<usize> {
        if order == 0 {
            return 0..self.vocabulary_size();
        }
        match self.levels.get(order) {
            Some(level) => level.starts[node] as usize..level.starts[node + 1] as usize,
            None => 0..0,
        }
    }

    /// The node of order `order + 1` that is `node` and `token`.
    pub(super) fn child(&self, order: usize, node: usize, token: u32) -> Option<usize> {
        if order == 0 {
            return Some(token as usize);
        }
        let range = self.children(order, node);
        let siblings = self.levels.get(order)?.tokens.get(range.clone())?;
        siblings.binary_search(&token).ok().map(|i| range.start + i)
    }

    /// The node of an n-gram, in the order of its length.
    pub(super) fn find(&self, ngram: impl IntoIterator<Item = u32>) -> Option<usize> {
        let mut node = 0;
        for (order, token) in ngram.into_iter().enumerate() {
            node = self.child(order, node, token)?;
        }
        Some(node)
    }

    /// The nodes of an order that begin with the boundary: the last ones, as its id is the largest.
    pub(super) fn first_at_boundary(&self, order: usize) -> usize {
        (2..=order).fold(self.vocabulary_size(), |node, m| {
            self.level(m).starts[node] as usize
        })
    }
}

/// Refuses a vocabulary that ids do not fit.
pub(super) fn check_vocabulary(size: usize, eos: Option<u32>) -> Result<(), NgramError> {
    // Strictly below, so that the arrays, which hold the boundary too, also have 32-bit lengths.
    if size == 0 || size >= MAX_VOCABULARY {
        return Err(NgramError::VocabularySize {
            size,
            limit: MAX_VOCABULARY - 1,
        });
    }
    match eos {
        Some(eos) if eos as usize >= size => Err(NgramError::EndOfSentence {
            eos,
            vocabulary_size: size,
        }),
        _ => Ok(()),
    }
}

/// Refuses a stream with an id that is not in the vocabulary.
pub(super) fn check_tokens(tokens: &[u32], vocabulary_size: usize) -> Result<(), NgramError> {
    match tokens.iter().position(|&t| t as usize >= vocabulary_size) {
        Some(position) => Err(NgramError::OutOfVocabulary {
            token: tokens[position],
            position,
            vocabulary_size,
        }),
        None => Ok(()),
    }
}

/// The stream with a boundary before each sentence. An endless stream has one at its start, so that every token has
/// something before it, which continuation counts rest on.
fn with_boundaries(tokens: &[u32], boundary: u32, eos: Option<u32>) -> Vec<u32> {
    let mut stream = Vec::with_capacity(tokens.len() + tokens.len() / 8 + 1);
    let mut at_start = true;
    for &token in tokens {
        if at_start {
            stream.push(boundary);
        }
        stream.push(token);
        at_start = Some(token) == eos;
    }
    stream
}

/// Makes order `m` from the `nodes` of order `m - 1`, and leaves in `nodes` those of order `m`.
fn extend(
    nodes: &mut Vec<(u64, u32)>,
    stream: &[u32],
    m: usize,
    boundary: u32,
    num_parents: usize,
) -> Level {
    // A node and its next token in one integer sort in the trie's order.
    let mut last = 0;
    nodes.retain_mut(|(key, position)| {
        let next = *position as usize + m - 1;
        match stream.get(next) {
            Some(&token) if token != boundary => {
                *key = *key << 32 | u64::from(token);
                true
            }
            _ => false,
        }
    });
    nodes.sort_unstable();

    let mut level = Level::default();
    level.starts.reserve(num_parents + 1);
    let mut previous = None;
    for (key, _) in nodes.iter_mut() {
        if previous != Some(*key) {
            previous = Some(*key);
            let parent = (*key >> 32) as usize;
            while level.starts.len() <= parent {
                level.starts.push(level.tokens.len() as u32);
            }
            level.tokens.push(*key as u32);
            level.counts.push(0);
            last = level.tokens.len() - 1;
        }
        level.counts[last] += 1;
        *key = last as u64;
    }
    level
        .starts
        .resize(num_parents + 1, level.tokens.len() as u32);
    level
}
