//! Exact expectations over all texts of a grammar: length, entropy, token counts.
//!
//! Each is the solution of a linear system over the symbols: what a symbol gives is what its own
//! rewriting gives plus what the symbols in the bodies give, weighted by the rules' probabilities.

use super::linear::{self, Sparse};
use super::rules::{Item, Rules};

const CHECKED: &str = "a parsed grammar has a finite expected length";

/// The expected number of tokens of a text.
pub(super) fn expected_length(rules: &Rules) -> f64 {
    from_own(rules, |probability, body| {
        let tokens = body.iter().filter(|item| matches!(item, Item::Token(_)));
        probability * tokens.count() as f64
    })
}

/// The entropy of a derivation in nats.
pub(super) fn entropy(rules: &Rules) -> f64 {
    from_own(rules, |probability, _| -probability * probability.ln())
}

/// How often each token is expected in one text.
pub(super) fn expected_counts(rules: &Rules) -> Vec<f64> {
    // The expected visits of each symbol solve the transposed system.
    let mut transposed: Sparse = vec![Vec::new(); rules.symbols.len()];
    for (row, entries) in rules.mean_matrix().into_iter().enumerate() {
        for (column, value) in entries {
            transposed[column].push((row, value));
        }
    }
    let mut start = vec![0.0; rules.symbols.len()];
    start[0] = 1.0;
    let visits = linear::solve(&transposed, &start).expect(CHECKED);
    let mut counts = vec![0.0; rules.tokens.len()];
    for (symbol, visits) in rules.symbols.iter().zip(visits) {
        for rule in &symbol.rules {
            for item in &rule.body {
                if let Item::Token(token) = item {
                    counts[*token] += visits * rule.probability;
                }
            }
        }
    }
    counts
}

/// The start symbol's expectation of a quantity that each rewriting adds to.
fn from_own(rules: &Rules, own: impl Fn(f64, &[Item]) -> f64) -> f64 {
    let own: Vec<f64> = rules
        .symbols
        .iter()
        .map(|symbol| {
            let rules = symbol.rules.iter();
            rules.map(|rule| own(rule.probability, &rule.body)).sum()
        })
        .collect();
    linear::solve(&rules.mean_matrix(), &own).expect(CHECKED)[0]
}
