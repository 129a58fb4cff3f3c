//! Does every text of a grammar end, and is its expected length finite?

use super::error::{GrammarError, GrammarProblem};
use super::linear;
use super::rules::{Item, Rules};

/// Refuses a grammar with a symbol that never ends or whose expected length is infinite, or with labels in one another.
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
    if let Some((symbol, inner, label)) = first_nested_label(rules) {
        let name = rules.symbols[inner].name.clone();
        let label = rules.labels[label].clone();
        return Err(error(symbol, GrammarProblem::NestedLabel { name, label }));
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

/// The first symbol with a labelled item that leads to labels itself: the symbol, the item's symbol and its label.
fn first_nested_label(rules: &Rules) -> Option<(usize, usize, usize)> {
    let mut leads = vec![false; rules.symbols.len()];
    loop {
        let mut changed = false;
        for (index, symbol) in rules.symbols.iter().enumerate() {
            let label = |item: &Item| matches!(item, Item::Symbol(target) if leads[*target]);
            let has_label = symbol
                .rules
                .iter()
                .any(|rule| rule.labels.iter().any(Option::is_some) || rule.body.iter().any(label));
            if has_label && !leads[index] {
                leads[index] = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let symbols = rules.symbols.iter().enumerate();
    symbols
        .flat_map(|(index, symbol)| symbol.rules.iter().map(move |rule| (index, rule)))
        .flat_map(|(index, rule)| {
            let places = rule.body.iter().zip(&rule.labels);
            places.map(move |(item, label)| (index, item, *label))
        })
        .find_map(|(index, item, label)| match (item, label) {
            (Item::Symbol(target), Some(label)) if leads[*target] => Some((index, *target, label)),
            _ => None,
        })
}
