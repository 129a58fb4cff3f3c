//! Stupid backoff (Brants et al. 2007).

use super::config::NgramConfig;
use super::trie::Trie;
use super::weights::Weights;

/// `S(w | h) = c(h w) / c(h)` if the n-gram was seen, else `alpha S(w | h')` with `h'` one token shorter.
pub(super) fn estimate(trie: &Trie, config: &NgramConfig, alpha: f64) -> Weights {
    let mut weights = Weights::default();
    for order in 1..=trie.order() {
        let level = trie.level(order);
        let mut values = vec![0.0; level.counts.len()];
        for context in 0..trie.num_nodes(order - 1) {
            let children = trie.children(order - 1, context);
            let total: f64 = level.counts[children.clone()]
                .iter()
                .map(|&c| f64::from(c))
                .sum();
            for child in children {
                let count = level.counts[child];
                values[child] = if count >= config.min_count(order) {
                    f64::from(count) / total
                } else if order > 1 {
                    alpha * weights.values[order - 2][level.suffixes[child] as usize]
                } else {
                    0.0
                };
            }
        }
        weights.values.push(values);
        if order > 1 {
            // The price is for every token that the context loses, also where nothing ever followed the context.
            weights.unseen.push(vec![alpha; trie.num_nodes(order - 1)]);
        }
    }
    weights
}
