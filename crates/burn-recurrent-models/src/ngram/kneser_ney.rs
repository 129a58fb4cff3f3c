//! Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999).

use super::config::NgramConfig;
use super::trie::Trie;
use super::weights::Weights;

/// What an order uses when its counts of counts give no discounts: half a count, as absolute discounting often comes
/// near, once, twice and three times.
const FALLBACK: [f64; 3] = [0.5, 1.0, 1.5];

/// `p(w | h) = (a(h w) - D(a(h w))) / a(h) + gamma(h) p(w | h')`, with `a` the counts that the order uses.
pub(super) fn estimate(trie: &Trie, config: &NgramConfig) -> Weights {
    let vocabulary_size = trie.vocabulary_size();
    let uniform = 1.0 / vocabulary_size as f64;
    let mut weights = Weights::default();
    for order in 1..=trie.order() {
        let counts = used_counts(trie, order);
        let discounts = discounts(&counts).unwrap_or(FALLBACK);
        let min_count = config.min_count(order);
        // What is left of a count, before it is divided by its context's total.
        let remaining = |count: u32| match count {
            0 => 0.0,
            _ if count < min_count => 0.0,
            _ => f64::from(count) - discounts[count.min(3) as usize - 1],
        };

        let mut values = vec![0.0; counts.len()];
        let mut unseen = Vec::with_capacity(trie.num_nodes(order - 1));
        for context in 0..trie.num_nodes(order - 1) {
            let children = trie.children(order - 1, context);
            let total: f64 = counts[children.clone()].iter().map(|&c| f64::from(c)).sum();
            if total == 0.0 {
                // Nothing followed this context, so it says nothing against the shorter one.
                unseen.push(1.0);
                continue;
            }
            let removed: f64 = counts[children.clone()]
                .iter()
                .map(|&c| f64::from(c) - remaining(c))
                .sum();
            let gamma = removed / total;
            for child in children {
                let lower = match order {
                    1 => uniform,
                    _ => weights.values[order - 2][trie.suffix(order, child)],
                };
                values[child] = remaining(counts[child]) / total + gamma * lower;
            }
            unseen.push(gamma);
        }
        weights.values.push(values);
        if order > 1 {
            weights.unseen.push(unseen);
        }
    }
    weights
}

/// The counts that an order uses: at the highest order how often an n-gram was seen, below it how many different
/// tokens were seen before it, or how often it was seen if it starts a sentence.
fn used_counts(trie: &Trie, order: usize) -> Vec<u32> {
    let mut counts = trie.level(order).counts.clone();
    if order < trie.order() {
        let first_at_boundary = trie.first_at_boundary(order);
        counts[..first_at_boundary].fill(0);
        for &suffix in &trie.level(order + 1).suffixes {
            // An n-gram that starts with the boundary is nobody's suffix, so this leaves those counts alone.
            counts[suffix as usize] += 1;
        }
    }
    if order == 1 {
        counts[trie.vocabulary_size()] = 0;
    }
    counts
}

/// `D1`, `D2` and `D3+`, or `None` where the counts of counts do not give three usable ones.
fn discounts(counts: &[u32]) -> Option<[f64; 3]> {
    let mut of_counts = [0u64; 5];
    for &count in counts {
        if let Some(n) = of_counts.get_mut(count as usize) {
            *n += 1;
        }
    }
    let n = of_counts.map(|n| n as f64);
    let y = n[1] / (n[1] + 2.0 * n[2]);
    let discounts = [1, 2, 3].map(|r| r as f64 - (r + 1) as f64 * y * n[r + 1] / n[r]);
    // A discount of zero would leave nothing for unseen words. A hole in the counts of counts gives a NaN or an
    // infinity, or (n4 = 0) a discount of the whole count, which is no estimate either.
    let usable = of_counts[1..].iter().all(|&n| n > 0)
        && (1..=3).all(|r| discounts[r - 1] > 0.0 && discounts[r - 1] <= r as f64);
    usable.then_some(discounts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discounts_are_those_of_the_formula() {
        // n1 = 6, n2 = 3, n3 = 2, n4 = 1: Y = 1/2.
        let counts = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 7, 0];
        let expected = [
            1.0 - 2.0 * 0.5 * 3.0 / 6.0,
            2.0 - 3.0 * 0.5 * 2.0 / 3.0,
            3.0 - 4.0 * 0.5 / 2.0,
        ];
        assert_eq!(discounts(&counts), Some(expected));
    }

    #[test]
    fn holes_in_the_counts_of_counts_give_no_discounts() {
        assert_eq!(discounts(&[]), None);
        assert_eq!(discounts(&[5, 9]), None);
        assert_eq!(discounts(&[1, 1, 2, 2, 3]), None);
        // D2 = 2 - 3 (1/3) 4 is below zero.
        assert_eq!(discounts(&[1, 2, 3, 3, 3, 3, 4]), None);
    }
}
