//! Weighted context-free grammars: a readable file format, sampling, and exact probabilities.
//!
//! # The format
//!
//! ```text
//! # A comment goes on to the end of the line.
//! feature number = one many            # a feature and its values
//!
//! Sentence -> 2 * Subject[number] Verb[number] .   # twice as probable as the next line
//!           | 1 * it rains .
//! Subject[number] -> the Noun[number]
//! Noun[one]  -> dog | cat
//! Noun[many] -> dogs | cats
//! Verb[one]  -> sleeps
//! Verb[many] -> sleep
//! ```
//!
//! - The first rule's symbol is the start; it has no features.
//! - A word with a capital first letter is a symbol, every other word a token. A word in double
//!   quotes is a token whatever it looks like: `"Haus"`, `"|"`, `"*"`.
//! - Alternatives stand between bars. `3 *` before one is its weight, 1 where nothing is said;
//!   probabilities are the weights divided by their sum. `()` is the empty text.
//! - A line that begins with white space or a bar continues the rule before it.
//! - Brackets after a symbol hold features or values. A feature in the head of a rule stands for
//!   each of its values in turn, and the same value in the body. A feature that only the body
//!   names is chosen there, all values equally probable, and is the same throughout the
//!   alternative: this is how parts of a text agree. `feature hero, helper = he she` declares two
//!   features over the same values, for two independent choices in one rule.
//! - `@label` right behind a word or symbol in a body labels the text that it gives, as in
//!   `Request -> weather in City@place`; [`Sample::tags`] are these labels as BIO tags. Labelled
//!   texts do not stand in one another. A label changes no probability.
//!
//! - `table * One[*] Many[*]` defines a symbol of one text for each cell of the lines that follow it, indented:
//!   `  dog a+dog dogs` is `One[dog] -> a dog` and `Many[dog] -> dogs`; `()` is the empty text.
//!
//! # Synchronous grammars
//!
//! ```text
//! feature verb = see help
//! Clause  -> Person Verb[verb] Other[verb] nicht => Person does not Base[verb] Other
//! Person  -> "Anna" => "Anna" | er => he
//! Other[see]  -> ihn => him
//! Other[help] -> ihm => him
//! Verb[see]   -> sieht
//! Verb[help]  -> hilft
//! Base[see]   -> see
//! Base[help]  -> help
//! ```
//!
//! - Behind `=>` stands the translation of an alternative. A symbol there that the alternative has too is that very one,
//!   translated; where it has several of the name, `Noun:2` is the second. Their order is free.
//! - A symbol that is not behind `=>` gives text before it only, such as `Verb` here.
//! - A symbol that is only behind `=>`, such as `Base`, gives one text for each value of its features.
//! - So a derivation has one translation. Whether a *text* has, which is what a translator sees, is for the author to see
//!   to and for a test on samples.
//!
//! [`SynchronousGrammar`] draws pairs of texts; [`Grammar`] reads such a file too and knows the text before `=>` only.
//!
//! # Ambiguity
//!
//! [`Grammar::entropy`] is that of derivations. It is the entropy of the texts too when no text has
//! two derivations; where one has, the texts' entropy is smaller. [`Grammar::log_probability`] is
//! the text's own in any case, so a sample whose derivation is less probable than its text shows
//! an ambiguity.

mod check;
mod error;
mod expand;
mod inside;
mod linear;
mod moments;
mod rules;
mod sample;
mod synchronous;
mod syntax;
mod trie;

use std::path::Path;

use rand::Rng;

pub use error::{GrammarError, GrammarProblem};
pub use sample::{Sample, SampleSpan, sample_rng};
pub use synchronous::{PairSample, SynchronousGrammar};

use crate::read::read_text;

/// A weighted context-free grammar that is checked and ready for use.
#[derive(Debug, Clone)]
pub struct Grammar {
    rules: rules::Rules,
    sampler: sample::Sampler,
    tables: trie::InsideTables,
}

impl Grammar {
    /// Parses a grammar; `name` stands for the file in messages.
    ///
    /// # Errors
    /// What is wrong, with its line: see [`GrammarProblem`].
    ///
    /// # Example
    /// ```
    /// use burn_recurrent_datasets::Grammar;
    ///
    /// let grammar = Grammar::parse("dice", "Roll -> one | two | 2 * many")?;
    /// assert_eq!(grammar.log_probability(&["many"]), 0.5_f64.ln());
    /// # Ok::<(), burn_recurrent_datasets::GrammarError>(())
    /// ```
    pub fn parse(name: &str, text: &str) -> Result<Self, GrammarError> {
        let source = syntax::parse(name, text)?;
        let rules = expand::expand(name, &source)?;
        check::check(&rules)?;
        Ok(Self {
            sampler: sample::Sampler::new(&rules),
            tables: trie::InsideTables::new(&rules),
            rules,
        })
    }

    /// Reads and parses a grammar file.
    ///
    /// # Errors
    /// As [`Grammar::parse`], and those of [`read_text`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, GrammarError> {
        let path = path.as_ref();
        Self::parse(&path.display().to_string(), &read_text(path)?)
    }

    /// The distinct tokens, sorted.
    pub fn tokens(&self) -> &[String] {
        &self.rules.tokens
    }

    /// The labels of spans, sorted.
    pub fn labels(&self) -> &[String] {
        &self.rules.labels
    }

    /// How many rules there are once features are written out.
    pub fn num_rules(&self) -> usize {
        self.rules.symbols.iter().map(|s| s.rules.len()).sum()
    }

    /// Draws a text. The same generator state gives the same text on every platform; see
    /// [`sample_rng`].
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Sample<'_> {
        self.sampler.sample(&self.rules, rng)
    }

    /// The natural logarithm of the probability of a text, summed over all its derivations; minus
    /// infinity for a text that the grammar cannot give.
    ///
    /// The probabilities of all texts add up to 1, so the probability of ending where the text
    /// ends is a part of it. The time grows with the cube of the number of tokens.
    pub fn log_probability<S: AsRef<str>>(&self, tokens: &[S]) -> f64 {
        let numbers = tokens.iter().map(|token| self.rules.token(token.as_ref()));
        match numbers.collect::<Option<Vec<usize>>>() {
            Some(tokens) => inside::log_probability(&self.tables, &tokens),
            None => f64::NEG_INFINITY,
        }
    }

    /// The exact entropy of a derivation in nats.
    pub fn entropy(&self) -> f64 {
        moments::entropy(&self.rules)
    }

    /// The exact expected number of tokens of a text.
    pub fn expected_length(&self) -> f64 {
        moments::expected_length(&self.rules)
    }

    /// The exact expected number of times each token stands in one text, in the order of
    /// [`Grammar::tokens`].
    pub fn expected_counts(&self) -> Vec<f64> {
        moments::expected_counts(&self.rules)
    }

    /// The perplexity per predicted token of a perfect model, the end of the text counted as a
    /// token: `exp(entropy / (expected_length + 1))`. Exact where no text has two derivations.
    pub fn perplexity(&self) -> f64 {
        (self.entropy() / (self.expected_length() + 1.0)).exp()
    }
}

/// The body of a rule in words.
fn describe_untranslated(rules: &rules::Rules, rule: &rules::Rule) -> String {
    let words = rule.body.iter().map(|item| match item {
        rules::Item::Symbol(symbol) => rules.symbols[*symbol].name.as_str(),
        rules::Item::Token(token) => rules.tokens[*token].as_str(),
    });
    words.collect::<Vec<_>>().join(" ")
}
