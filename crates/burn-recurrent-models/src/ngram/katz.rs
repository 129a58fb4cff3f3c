//! Katz backoff with Good-Turing discounts (Katz 1987).

use super::config::NgramConfig;
use super::trie::Trie;
use super::weights::Weights;

/// Below this a mass found as one minus a sum is summed up directly, as the difference has lost too many digits.
const SMALL_MASS: f64 = 1e-6;

/// `p(w | h) = d(c) c(h w) / c(h)` if the n-gram was seen, else `alpha(h) p(w | h')` with `h'` one token shorter.
pub(super) fn estimate(trie: &Trie, config: &NgramConfig, threshold: u32) -> Weights {
    let mut weights = Weights::default();
    for order in 1..=trie.order() {
        let counts = &trie.level(order).counts;
        // The boundary is no unigram.
        let predicted = match order {
            1 => &counts[..trie.vocabulary_size()],
            _ => &counts[..],
        };
        let ratios = good_turing(predicted, threshold);
        let min_count = config.min_count(order).max(1);
        let remaining = |count: u32| match count {
            _ if count < min_count => 0.0,
            _ => f64::from(count) * ratios.get(count as usize).copied().unwrap_or(1.0),
        };

        let mut values = vec![0.0; counts.len()];
        let mut unseen = Vec::with_capacity(trie.num_nodes(order - 1));
        for context in 0..trie.num_nodes(order - 1) {
            let children = trie.children(order - 1, context);
            let mut total: f64 = counts[children.clone()].iter().map(|&c| f64::from(c)).sum();
            let num_kept = children.clone().filter(|&c| counts[c] >= min_count).count();
            if num_kept == trie.vocabulary_size() {
                for child in children {
                    values[child] = f64::from(counts[child]) / total;
                }
                unseen.push(0.0);
                continue;
            }
            if num_kept == 0 {
                // Nothing usable followed this context: the shorter one speaks for it.
                for child in children {
                    values[child] = match order {
                        1 => 1.0 / trie.vocabulary_size() as f64,
                        _ => weights.values[order - 2][trie.suffix(order, child)],
                    };
                }
                unseen.push(1.0);
                continue;
            }
            let mut removed: f64 = counts[children.clone()]
                .iter()
                .map(|&c| f64::from(c) - remaining(c))
                .sum();
            if removed <= 0.0 {
                total += 1.0;
                removed = 1.0;
            }
            let lower = |child: usize| weights.values[order - 2][trie.suffix(order, child)];
            let share = if order == 1 {
                // All unigrams are nodes, seen or not.
                removed / total / (trie.vocabulary_size() - num_kept) as f64
            } else {
                let kept = children.clone().filter(|&c| counts[c] >= min_count);
                let mut mass = 1.0 - kept.clone().map(lower).sum::<f64>();
                if mass < SMALL_MASS {
                    let shorter = trie.suffix(order - 1, context);
                    let mut rest = weights.back_off_all(trie, order - 2, shorter);
                    kept.for_each(|c| rest[trie.level(order).tokens[c] as usize] = 0.0);
                    mass = rest.iter().sum();
                }
                removed / total / mass
            };
            for child in children {
                values[child] = match (counts[child] >= min_count, order) {
                    (true, _) => remaining(counts[child]) / total,
                    (false, 1) => share,
                    (false, _) => share * lower(child),
                };
            }
            unseen.push(share);
        }
        weights.values.push(values);
        if order > 1 {
            weights.unseen.push(unseen);
        }
    }
    weights
}

/// The discount ratios `d_r` by count, 1 for those that are not discounted; what is done
/// where the counts of counts have holes is said at [`Smoothing::Katz`](super::Smoothing::Katz).
fn good_turing(counts: &[u32], threshold: u32) -> Vec<f64> {
    let mut threshold = threshold as usize;
    // No count is above the largest, so a larger threshold would only be lowered again.
    threshold = threshold.min(counts.iter().copied().max().unwrap_or(0) as usize);
    let mut n = vec![0.0; threshold + 2];
    for &count in counts {
        if let Some(n) = n.get_mut(count as usize) {
            *n += 1.0;
        }
    }
    if n[1] == 0.0 {
        return Vec::new();
    }
    while threshold > 0 && n[threshold + 1] == 0.0 {
        threshold -= 1;
    }
    let common = (threshold + 1) as f64 * n[threshold + 1] / n[1];
    let mut ratios = vec![1.0; threshold + 1];
    for r in 1..=threshold {
        let turing = (r + 1) as f64 * n[r + 1] / (r as f64 * n[r]);
        let ratio = (turing - common) / (1.0 - common);
        if ratio > 0.0 && ratio <= 1.0 && turing <= 1.0 {
            ratios[r] = ratio;
        }
    }
    ratios
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list in which `n[r - 1]` counts are `r`.
    fn with_counts_of_counts(n: &[usize]) -> Vec<u32> {
        (1u32..).zip(n).flat_map(|(r, &n)| vec![r; n]).collect()
    }

    #[test]
    fn ratios_are_those_of_the_formula() {
        let ratios = good_turing(&with_counts_of_counts(&[20, 6, 3, 1]), 2);
        let common = 3.0 * 3.0 / 20.0;
        let ratio = |turing: f64| (turing - common) / (1.0 - common);
        assert_eq!(
            ratios,
            [1.0, ratio(2.0 * 6.0 / 20.0), ratio(3.0 * 3.0 / (2.0 * 6.0))]
        );
        // Good-Turing's own condition: what the discounts remove is what singletons weigh.
        let removed = 20.0 * (1.0 - ratios[1]) + 6.0 * 2.0 * (1.0 - ratios[2]);
        assert!((removed - 20.0).abs() < 1e-12);
    }

    #[test]
    fn no_singletons_mean_no_discounts() {
        assert!(good_turing(&with_counts_of_counts(&[0, 6, 3]), 5).is_empty());
        assert!(good_turing(&[], 5).is_empty());
    }

    #[test]
    fn the_threshold_is_lowered_past_a_hole() {
        let counts = with_counts_of_counts(&[20, 6, 3]);
        assert_eq!(good_turing(&counts, 1000), good_turing(&counts, 2));
    }

    #[test]
    fn a_ratio_out_of_range_leaves_its_count_alone() {
        // r* of 2 is 3 * 9 / 6, above 2.
        let ratios = good_turing(&with_counts_of_counts(&[40, 6, 9, 1]), 3);
        assert_eq!(ratios[2], 1.0);
        assert!(ratios[1] < 1.0);
    }
}
