//! Grammars of two languages: each derivation gives a text and its translation.

use std::path::Path;

use rand::Rng;

use super::error::{GrammarError, GrammarProblem};
use super::rules::{Item, TargetItem};
use super::{Grammar, describe_untranslated};
use crate::read::read_text;

/// A synchronous weighted context-free grammar; the format is on [the module's page](super).
///
/// The probability of a derivation is that of its pair of texts. As a derivation has one translation, the translation adds
/// nothing to the entropy: what a perfect translator knows of the other text is limited only by texts that several
/// derivations translate differently, of which a well-made grammar has none.
#[derive(Debug, Clone)]
pub struct SynchronousGrammar {
    grammar: Grammar,
}

/// A pair of texts drawn from a grammar.
#[derive(Debug, Clone, PartialEq)]
pub struct PairSample<'g> {
    /// The tokens of the text.
    pub source: Vec<&'g str>,
    /// The tokens of its translation.
    pub target: Vec<&'g str>,
    /// The natural logarithm of the probability of this derivation.
    pub log_probability: f64,
}

/// A rewritten symbol.
struct Node {
    symbol: usize,
    rule: usize,
    /// For each place of the rule's body the node of the symbol there; of a token none.
    children: Vec<Option<usize>>,
}

impl SynchronousGrammar {
    /// Parses a grammar; `name` stands for the file in messages.
    ///
    /// # Errors
    /// What is wrong, with its line: see [`GrammarProblem`].
    ///
    /// # Example
    /// ```
    /// use burn_recurrent_datasets::{SynchronousGrammar, sample_rng};
    ///
    /// let text = "Start -> Colour haus => a house that is Colour\nColour -> rotes => red";
    /// let grammar = SynchronousGrammar::parse("houses", text)?;
    /// let pair = grammar.sample(&mut sample_rng(0, 0));
    /// assert_eq!(pair.source, ["rotes", "haus"]);
    /// assert_eq!(pair.target, ["a", "house", "that", "is", "red"]);
    /// # Ok::<(), burn_recurrent_datasets::GrammarError>(())
    /// ```
    pub fn parse(name: &str, text: &str) -> Result<Self, GrammarError> {
        let grammar = Grammar::parse(name, text)?;
        let start = &grammar.rules.symbols[0];
        if let Some(rule) = start.rules.iter().find(|rule| rule.target.is_none()) {
            return Err(GrammarError::Rule {
                file: name.to_string(),
                line: start.line,
                problem: GrammarProblem::NoTranslation {
                    name: start.name.clone(),
                    used: start.line,
                    body: describe_untranslated(&grammar.rules, rule),
                },
            });
        }
        Ok(Self { grammar })
    }

    /// Reads and parses a grammar file.
    ///
    /// # Errors
    /// As [`SynchronousGrammar::parse`], and those of [`read_text`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, GrammarError> {
        let path = path.as_ref();
        Self::parse(&path.display().to_string(), &read_text(path)?)
    }

    /// The grammar of the texts without their translations, with its exact probabilities.
    pub fn source(&self) -> &Grammar {
        &self.grammar
    }

    /// The distinct tokens of translations, sorted.
    pub fn target_tokens(&self) -> Vec<&str> {
        let rules = self.grammar.rules.symbols.iter().flat_map(|s| &s.rules);
        let items = rules.flat_map(|rule| &rule.target).flatten();
        let mut tokens: Vec<&str> = items
            .filter_map(|item| match item {
                TargetItem::Token(token) => Some(token.as_str()),
                TargetItem::Linked(_) => None,
            })
            .collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }

    /// Draws a text and its translation. The text is the one that [`Grammar::sample`] draws from the same state.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> PairSample<'_> {
        let rules = &self.grammar.rules;
        let mut nodes: Vec<Node> = Vec::new();
        let mut log_probability = 0.0;
        let mut source = Vec::new();
        // What is still to be rewritten, last first: an item, and the node and place that it belongs to.
        let mut open = vec![(Item::Symbol(0), None)];
        while let Some((item, parent)) = open.pop() {
            let symbol = match item {
                Item::Token(token) => {
                    source.push(rules.tokens[token].as_str());
                    continue;
                }
                Item::Symbol(symbol) => symbol,
            };
            let chosen = self.grammar.sampler.choose(symbol, rng);
            let rule = &rules.symbols[symbol].rules[chosen];
            log_probability += rule.probability.ln();
            let node = nodes.len();
            nodes.push(Node {
                symbol,
                rule: chosen,
                children: vec![None; rule.body.len()],
            });
            if let Some((parent, place)) = parent {
                let parent: &mut Node = &mut nodes[parent];
                parent.children[place] = Some(node);
            }
            let places = rule.body.iter().enumerate().rev();
            open.extend(places.map(|(place, &item)| (item, Some((node, place)))));
        }
        PairSample {
            source,
            target: self.translate(&nodes),
            log_probability,
        }
    }

    /// The translation of a derivation, whose root is the first node.
    fn translate(&self, nodes: &[Node]) -> Vec<&str> {
        let target_of = |node: usize| {
            let Node { symbol, rule, .. } = &nodes[node];
            let rule = &self.grammar.rules.symbols[*symbol].rules[*rule];
            let target = rule.target.as_ref();
            target.expect("a symbol that is translated has translations only")
        };
        let mut text = Vec::new();
        let items = |node| target_of(node).iter().rev().map(move |item| (item, node));
        let mut open: Vec<(&TargetItem, usize)> = items(0).collect();
        while let Some((item, node)) = open.pop() {
            match item {
                TargetItem::Token(token) => text.push(token.as_str()),
                TargetItem::Linked(place) => {
                    let child = nodes[node].children[*place];
                    open.extend(items(child.expect("only symbols are linked")));
                }
            }
        }
        text
    }
}
