//! Does every text of a grammar end, and is its expected length finite?

use super::error::{GrammarError, GrammarProblem};
use super::linear;
use super::rules::{Item, Rules};

/// Refuses a grammar with a symbol that never ends or whose expected length is infinite.
pub(super) fn check(rules: &Rules) -> Result<(), GrammarError> {
    let error = |symbol: usize, problem| GrammarError::Rule {
        file: rules.file.clone(),
        line: rules.symbols[symbol].line,
        problem,
    };
    if let Some(symbol) = first_without_end(rules) {
        let name = rules.symbols[symbol].name.clone();
        return Err(error(symbol, GrammarProblem::NeverEnds(name)));
    }
    // The expected number of rewritings is finite exactly when this system has a solution.
    let ones = vec![1.0; rules.symbols.len()];
    linear::solve(&rules.mean_matrix(), &ones)
        .map(|_| ())
        .map_err(|mut cycle| {
            cycle.sort_unstable();
            let mut names: Vec<String> = cycle
                .iter()
                .take(6)
                .map(|&symbol| format!("`{}`", rules.symbols[symbol].name))
                .collect();
            if cycle.len() > names.len() {
                names.push(format!("and {} more", cycle.len() - names.len()));
            }
            let symbols = names.join(", ");
            error(cycle[0], GrammarProblem::Diverges { symbols })
        })
}

/// The first symbol from which no finite text can be derived.
fn first_without_end(rules: &Rules) -> Option<usize> {
    let mut ends = vec![false; rules.symbols.len()];
    loop {
        let mut changed = false;
        for (index, symbol) in rules.symbols.iter().enumerate() {
            let finite = |item: &Item| match item {
                Item::Symbol(target) => ends[*target],
                Item::Token(_) => true,
            };
            if !ends[index] && symbol.rules.iter().any(|rule| rule.body.iter().all(finite)) {
                ends[index] = true;
                changed = true;
            }
        }
        if !changed {
            return ends.iter().position(|ends| !ends);
        }
    }
}
