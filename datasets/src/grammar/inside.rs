//! The inside algorithm: the exact probability of a text, summed over all its derivations.
//!
//! A chart over all stretches of the text, as in CKY, filled with the items of [`InsideTables`]:
//! a trie node that covers one stretch and a symbol that covers the next give the node's child
//! over both. Everything is in logarithms, so that long texts do not underflow.

use super::trie::InsideTables;

/// What covers one stretch of the text.
#[derive(Debug, Clone, Default)]
struct Cell {
    /// Trie nodes that can go on, with the logarithm of their inside weight.
    nodes: Vec<(u32, f64)>,
    /// Symbols that can continue a body, sorted, likewise.
    symbols: Vec<(u32, f64)>,
}

/// Sums of weights by item, kept as logarithms; only the touched entries cost anything.
struct Accumulator {
    value: Vec<f64>,
    touched: Vec<u32>,
}

impl Accumulator {
    fn new(size: usize) -> Self {
        Self {
            value: vec![f64::NEG_INFINITY; size],
            touched: Vec::new(),
        }
    }

    fn add(&mut self, item: u32, log_weight: f64) {
        let value = &mut self.value[item as usize];
        if *value == f64::NEG_INFINITY {
            *value = log_weight;
            self.touched.push(item);
        } else {
            *value = log_add(*value, log_weight);
        }
    }

    /// Gives every touched item with its sum to `take`, in ascending order, and starts afresh.
    fn drain(&mut self, mut take: impl FnMut(u32, f64)) {
        self.touched.sort_unstable();
        for &item in &self.touched {
            let value = std::mem::replace(&mut self.value[item as usize], f64::NEG_INFINITY);
            take(item, value);
        }
        self.touched.clear();
    }
}

/// `ln(eᵃ + eᵇ)` for finite `a` and `b`.
fn log_add(a: f64, b: f64) -> f64 {
    a.max(b) + (-(a - b).abs()).exp().ln_1p()
}

/// The natural logarithm of the probability of `tokens`; minus infinity outside the language.
pub(super) fn log_probability(tables: &InsideTables, tokens: &[usize]) -> f64 {
    let length = tokens.len();
    if length == 0 {
        return tables.log_empty;
    }
    let items = tables.implied.len();
    let mut found = Accumulator::new(items);
    let mut implied = Accumulator::new(items);
    // cells[end - 1][start]
    let mut cells: Vec<Vec<Cell>> = Vec::with_capacity(length);
    for end in 1..=length {
        let mut ending: Vec<Cell> = vec![Cell::default(); end];
        for start in (0..end).rev() {
            if start + 1 == end {
                found.add((tables.nonterminals + tokens[start]) as u32, 0.0);
            }
            for middle in start + 1..end {
                let symbols = &ending[middle].symbols;
                if symbols.is_empty() {
                    continue;
                }
                for &(node, left) in &cells[middle - 1][start].nodes {
                    advance(tables, node, symbols, |child, right| {
                        found.add(tables.symbols as u32 + child, left + right);
                    });
                }
            }
            found.drain(|item, value| {
                for &(target, weight) in &tables.implied[item as usize] {
                    implied.add(target, value + weight);
                }
            });
            if start == 0 && end == length {
                return implied.value[0];
            }
            let cell = &mut ending[start];
            implied.drain(|item, value| {
                let item = item as usize;
                if item >= tables.symbols {
                    let node = item - tables.symbols;
                    if !tables.children[node].is_empty() {
                        cell.nodes.push((node as u32, value));
                    }
                } else if tables.continues[item] {
                    cell.symbols.push((item as u32, value));
                }
            });
        }
        cells.push(ending);
    }
    unreachable!("the last cell returns")
}

/// Calls `found` for each child of `node` whose symbol is in the sorted `symbols`.
fn advance(
    tables: &InsideTables,
    node: u32,
    symbols: &[(u32, f64)],
    mut found: impl FnMut(u32, f64),
) {
    let children = &tables.children[node as usize];
    // Looking up the shorter list in the longer one: a common word begins hundreds of bodies.
    if children.len() < symbols.len() {
        for &(symbol, child) in children {
            if let Ok(at) = symbols.binary_search_by_key(&symbol, |&(symbol, _)| symbol) {
                found(child, symbols[at].1);
            }
        }
    } else {
        for &(symbol, value) in symbols {
            if let Ok(at) = children.binary_search_by_key(&symbol, |&(symbol, _)| symbol) {
                found(children[at].1, value);
            }
        }
    }
}
