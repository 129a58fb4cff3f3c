//! Errors of a grammar, with place and remedy.

use thiserror::Error;

use crate::ReadError;

/// Why a grammar could not be used.
#[derive(Debug, Error)]
pub enum GrammarError {
    /// The file could not be read as text.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file was read, and something in it is wrong.
    #[error("{file}, line {line}: {problem}")]
    Rule {
        /// The file, or the name the text was parsed under.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        problem: GrammarProblem,
    },
}

impl GrammarError {
    /// What is wrong inside the grammar; `None` where the file could not even be read.
    pub fn problem(&self) -> Option<&GrammarProblem> {
        match self {
            GrammarError::Read(_) => None,
            GrammarError::Rule { problem, .. } => Some(problem),
        }
    }

    /// The line the problem is on, counted from 1; `None` where the file could not be read.
    pub fn line(&self) -> Option<usize> {
        match self {
            GrammarError::Read(_) => None,
            GrammarError::Rule { line, .. } => Some(*line),
        }
    }
}

/// What is wrong with a grammar, with the remedy in its message.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum GrammarProblem {
    /// The text is not in the grammar format.
    #[error("{0}")]
    Syntax(String),
    /// No rule at all.
    #[error("there is no rule; write at least one, such as `Start -> hello`")]
    NoRule,
    /// The start symbol carries features, so no value for them is known.
    #[error(
        "the first rule is the start and its symbol `{0}` cannot have features; put a rule without brackets first"
    )]
    StartHasFeatures(String),
    /// A name in brackets is neither a feature nor a value of one.
    #[error("`{name}` is neither a feature nor a value of one; {known}")]
    UnknownFeature {
        /// The name in brackets.
        name: String,
        /// The features that are declared, in words.
        known: String,
    },
    /// A feature or value name that is declared twice, or as both.
    #[error("`{0}` is declared before, as a feature or a value; give it another name")]
    FeatureClash(String),
    /// A feature that no rule uses.
    #[error("the feature `{0}` is never used; remove it")]
    UnusedFeature(String),
    /// A symbol that no rule defines.
    #[error("the symbol `{name}` is not defined; {hint}")]
    UndefinedSymbol {
        /// The symbol with its features.
        name: String,
        /// What is defined that comes near, or how to define it.
        hint: String,
    },
    /// A rule that cannot be reached from the start symbol.
    #[error(
        "no sentence can use `{name}`: nothing that starts at `{start}` leads to it; use it or remove it"
    )]
    UnreachableSymbol {
        /// The symbol as written in the rule.
        name: String,
        /// The start symbol.
        start: String,
    },
    /// A symbol that two rules define.
    #[error("`{name}` is defined before, on line {first}; put all its alternatives into one rule")]
    DuplicateDefinition {
        /// The symbol with its features.
        name: String,
        /// The line of the first definition.
        first: usize,
    },
    /// The same alternative twice in one symbol.
    #[error(
        "`{name}` has the alternative `{body}` twice; keep one and give it the sum of the weights"
    )]
    DuplicateAlternative {
        /// The symbol with its features.
        name: String,
        /// The alternative.
        body: String,
    },
    /// A weight that is zero, negative or not a finite number.
    #[error(
        "the weight {0} is not a positive finite number; remove the alternative or give it a positive weight"
    )]
    Weight(String),
    /// A symbol that is to be translated and has an alternative without a translation.
    #[error(
        "`{name}` is translated on line {used}, and its alternative `{body}` has no translation; add `=>` and what it is in the other language"
    )]
    NoTranslation {
        /// The symbol with its features.
        name: String,
        /// The line of a rule that translates it.
        used: usize,
        /// The alternative.
        body: String,
    },
    /// A symbol that only a translation has, and that would leave the translation open.
    #[error(
        "`{name}` stands only behind `=>`, where it must give one text, and has {alternatives}; give it one alternative without `=>`"
    )]
    OpenTranslation {
        /// The symbol with its features.
        name: String,
        /// What it has instead, in words.
        alternatives: String,
    },
    /// A labelled span inside another.
    #[error(
        "`{name}` is labelled `{label}` and leads to labels itself; spans cannot stand in one another, so remove one label"
    )]
    NestedLabel {
        /// The symbol.
        name: String,
        /// The outer label.
        label: String,
    },
    /// A symbol from which no finite text can be derived.
    #[error(
        "`{0}` never ends: each of its alternatives leads back to itself; add one that does not"
    )]
    NeverEnds(String),
    /// Recursion so probable that the expected length of the text is infinite.
    #[error(
        "{symbols} lead back to themselves so often that the expected length is infinite; lower the weights of the alternatives that recurse"
    )]
    Diverges {
        /// The symbols of the cycle.
        symbols: String,
    },
}
