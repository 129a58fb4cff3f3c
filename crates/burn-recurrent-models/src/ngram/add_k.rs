//! Add-k smoothing.

use super::config::NgramConfig;
use super::trie::Trie;
use super::weights::Weights;

/// `p(w | h) = (c(h w) + k) / (c(h) + k V)` at every order, as a sentence's first words have shorter contexts.
pub(super) fn estimate(trie: &Trie, config: &NgramConfig, k: f64) -> Weights {
    let added = k * trie.vocabulary_size() as f64;
    let mut weights = Weights::default();
    for order in 1..=trie.order() {
        let min_count = config.min_count(order);
        let kept = |count: u32| {
            if count < min_count {
                0.0
            } else {
                f64::from(count)
            }
        };
        let counts = &trie.level(order).counts;
        let mut values = vec![0.0; counts.len()];
        let mut unseen = Vec::with_capacity(trie.num_nodes(order - 1));
        for context in 0..trie.num_nodes(order - 1) {
            let children = trie.children(order - 1, context);
            let total: f64 = counts[children.clone()].iter().map(|&c| kept(c)).sum();
            for child in children {
                values[child] = (kept(counts[child]) + k) / (total + added);
            }
            unseen.push(k / (total + added));
        }
        weights.values.push(values);
        if order > 1 {
            weights.unseen.push(unseen);
        }
    }
    weights
}
