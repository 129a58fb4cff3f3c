//! Estimated values, beside the nodes of the trie that they belong to.

use super::trie::Trie;

/// What a smoothing makes of the counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Weights {
    /// By order from 1 and node: the value of the n-gram's last token after the others.
    pub(super) values: Vec<Vec<f64>>,
    /// By order from 1 and node, the node as a context: what a token that it has no child for gets. Smoothing that
    /// backs off multiplies the shorter context's value by it; add-k gives it as it is.
    pub(super) unseen: Vec<Vec<f64>>,
}

impl Weights {
    /// The value of `token` after a context, by backing off to shorter contexts until one has seen it.
    pub(super) fn back_off(&self, trie: &Trie, order: usize, node: usize, token: u32) -> f64 {
        let (mut order, mut node) = (order, node);
        let mut weight = 1.0;
        loop {
            if let Some(child) = trie.child(order, node, token) {
                return weight * self.values[order][child];
            }
            // The root has every token, so a context without one is not the root.
            weight *= self.unseen[order - 1][node];
            node = trie.suffix(order, node);
            order -= 1;
        }
    }

    /// The values of all tokens after a context, by backing off.
    pub(super) fn back_off_all(&self, trie: &Trie, order: usize, node: usize) -> Vec<f64> {
        // From the longest context to the shortest, then the values of each overwrite those of the one before: the
        // work is a pass over the vocabulary for each order and no search at all.
        let mut contexts = Vec::with_capacity(order);
        let (mut at, mut context) = (order, node);
        while at > 0 {
            contexts.push((at, context));
            context = trie.suffix(at, context);
            at -= 1;
        }
        let mut values = self.values[0][..trie.vocabulary_size()].to_vec();
        for (order, context) in contexts.into_iter().rev() {
            let weight = self.unseen[order - 1][context];
            values.iter_mut().for_each(|value| *value *= weight);
            for child in trie.children(order, context) {
                values[trie.level(order + 1).tokens[child] as usize] = self.values[order][child];
            }
        }
        values
    }
}
