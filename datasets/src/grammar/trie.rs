//! Tables for the inside algorithm, computed once a grammar.
//!
//! All rule bodies are merged into one trie. An *item* is either a symbol (a nonterminal or a
//! token) or a node of the trie, which stands for the part of a body on its path. When an item is
//! found to cover a stretch of the text, other items cover the same stretch without any more text:
//! the first node of every body that begins with a symbol, the symbol whose body is complete, and
//! what follows when the next symbol of a body derives the empty text. These steps can form
//! cycles; [`InsideTables::implied`] holds the exact sum over all chains of them.

use std::collections::BTreeMap;

use super::linear::{self, Sparse};
use super::rules::{Item, Rules};

/// The merged bodies and the sums over steps that use no text.
#[derive(Debug, Clone)]
pub(super) struct InsideTables {
    /// For each trie node its continuations: (symbol item, child node), sorted.
    pub(super) children: Vec<Vec<(u32, u32)>>,
    /// For each item what it implies: (item, logarithm of the weight), itself included.
    pub(super) implied: Vec<Vec<(u32, f64)>>,
    /// Whether a symbol item stands anywhere but first in a body.
    pub(super) continues: Vec<bool>,
    /// Number of nonterminals: token `t` is item `nonterminals + t`.
    pub(super) nonterminals: usize,
    /// Number of symbol items: node `v` is item `symbols + v`.
    pub(super) symbols: usize,
    /// The logarithm of the probability of the empty text.
    pub(super) log_empty: f64,
}

/// The trie while it is built. Node 0 is the root, the empty path.
#[derive(Default)]
struct Trie {
    children: Vec<BTreeMap<u32, u32>>,
    /// The bodies that end here: (nonterminal, probability).
    complete: Vec<Vec<(usize, f64)>>,
}

impl Trie {
    fn add_node(&mut self) -> u32 {
        self.children.push(BTreeMap::new());
        self.complete.push(Vec::new());
        (self.children.len() - 1) as u32
    }

    fn new(rules: &Rules) -> Self {
        let nonterminals = rules.symbols.len();
        let mut trie = Trie::default();
        trie.add_node();
        for (symbol, rule) in rules
            .symbols
            .iter()
            .enumerate()
            .flat_map(|(symbol, entry)| entry.rules.iter().map(move |rule| (symbol, rule)))
        {
            let mut node = 0;
            for item in &rule.body {
                let item = match item {
                    Item::Symbol(symbol) => *symbol as u32,
                    Item::Token(token) => (nonterminals + token) as u32,
                };
                node = match trie.children[node as usize].get(&item) {
                    Some(&child) => child,
                    None => {
                        let child = trie.add_node();
                        trie.children[node as usize].insert(item, child);
                        child
                    }
                };
            }
            // The empty body is accounted for by the probabilities of the empty text.
            if node != 0 {
                trie.complete[node as usize].push((symbol, rule.probability));
            }
        }
        trie
    }
}

impl InsideTables {
    pub(super) fn new(rules: &Rules) -> Self {
        let nonterminals = rules.symbols.len();
        let symbols = nonterminals + rules.tokens.len();
        let empty = empty_probabilities(rules);
        let trie = Trie::new(rules);
        let node_item = |node: u32| symbols + node as usize;

        let mut steps: Sparse = vec![Vec::new(); symbols + trie.children.len()];
        // Nodes that are reached from the root with no text, and with which probability.
        let mut starts = vec![(0u32, 1.0)];
        let mut next = 0;
        while let Some(&(node, weight)) = starts.get(next) {
            next += 1;
            for (&symbol, &child) in &trie.children[node as usize] {
                steps[symbol as usize].push((node_item(child), weight));
                if let Some(&empty) = empty.get(symbol as usize)
                    && empty > 0.0
                {
                    starts.push((child, weight * empty));
                }
            }
        }
        for node in 1..trie.children.len() {
            let row = &mut steps[symbols + node];
            row.extend(trie.complete[node].iter().copied());
            for (&symbol, &child) in &trie.children[node] {
                if let Some(&empty) = empty.get(symbol as usize)
                    && empty > 0.0
                {
                    row.push((node_item(child), empty));
                }
            }
        }
        for row in &mut steps {
            *row = linear::merge(std::mem::take(row));
        }
        let implied = linear::star(&steps).expect("a parsed grammar has a finite expected length");

        let mut continues = vec![false; symbols];
        for children in &trie.children[1..] {
            for &symbol in children.keys() {
                continues[symbol as usize] = true;
            }
        }
        Self {
            children: trie
                .children
                .into_iter()
                .map(|children| children.into_iter().collect())
                .collect(),
            implied: implied
                .into_iter()
                .map(|row| row.into_iter().map(|(i, w)| (i as u32, w.ln())).collect())
                .collect(),
            continues,
            nonterminals,
            symbols,
            log_empty: empty[0].ln(),
        }
    }
}

/// The probability that each nonterminal derives the empty text.
///
/// The least solution of a system of polynomials, by iteration from zero: it ends after as many
/// rounds as bodies are nested where nothing recurses, and otherwise shrinks the error each round
/// by a factor below 1, because the grammar's expected length is finite.
fn empty_probabilities(rules: &Rules) -> Vec<f64> {
    let mut empty = vec![0.0; rules.symbols.len()];
    loop {
        let mut change: f64 = 0.0;
        for (index, symbol) in rules.symbols.iter().enumerate() {
            let of_rule = |rule: &super::rules::Rule| {
                let of_item = |item: &Item| match item {
                    Item::Symbol(target) => empty[*target],
                    Item::Token(_) => 0.0,
                };
                rule.probability * rule.body.iter().map(of_item).product::<f64>()
            };
            let value = symbol.rules.iter().map(of_rule).sum::<f64>();
            change = change.max(value - empty[index]);
            empty[index] = value;
        }
        if change <= f64::EPSILON / 4.0 {
            return empty;
        }
    }
}
