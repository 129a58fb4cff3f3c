//! A plain weighted grammar: numbered symbols, numbered tokens, rules with probabilities.

/// One place in a rule's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Item {
    Symbol(usize),
    Token(usize),
}

/// One way to rewrite a symbol; the probabilities of a symbol's rules add up to 1.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) probability: f64,
    pub(super) body: Vec<Item>,
    /// For each place of the body the label of the span that its text is.
    pub(super) labels: Vec<Option<usize>>,
    /// The translation, where the grammar is synchronous.
    pub(super) target: Option<Vec<TargetItem>>,
}

/// One place in a rule's translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TargetItem {
    /// The translation of what the body has at this place.
    Linked(usize),
    Token(String),
}

/// All rules. Symbol 0 is the start.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) file: String,
    pub(super) tokens: Vec<String>,
    /// The labels of spans, sorted.
    pub(super) labels: Vec<String>,
    pub(super) symbols: Vec<Symbol>,
}

/// A symbol, where it was written, and its rules.
#[derive(Debug, Clone)]
pub(super) struct Symbol {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) rules: Vec<Rule>,
}

impl Rules {
    /// No symbol yet; `tokens` and `labels` are sorted.
    pub(super) fn new(file: String, tokens: Vec<String>, labels: Vec<String>) -> Self {
        Self {
            file,
            tokens,
            labels,
            symbols: Vec::new(),
        }
    }

    /// Adds the next symbol and turns its rules' weights into probabilities.
    pub(super) fn push(&mut self, name: String, line: usize, mut rules: Vec<Rule>) {
        let total: f64 = rules.iter().map(|rule| rule.probability).sum();
        for rule in &mut rules {
            rule.probability /= total;
        }
        self.symbols.push(Symbol { name, line, rules });
    }

    /// The number of a token.
    pub(super) fn token(&self, token: &str) -> Option<usize> {
        self.tokens
            .binary_search_by(|known| known.as_str().cmp(token))
            .ok()
    }

    /// How often each symbol is expected in one rewriting of each symbol: sparse rows.
    pub(super) fn mean_matrix(&self) -> Vec<Vec<(usize, f64)>> {
        let row = |symbol: &Symbol| {
            let mut row: Vec<(usize, f64)> = Vec::new();
            for rule in &symbol.rules {
                for item in &rule.body {
                    if let Item::Symbol(target) = item {
                        row.push((*target, rule.probability));
                    }
                }
            }
            super::linear::merge(row)
        };
        self.symbols.iter().map(row).collect()
    }
}
