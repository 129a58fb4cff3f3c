//! The bundled sample for language models: short English stories from a grammar.

use std::sync::LazyLock;

use crate::grammar::{Grammar, sample_rng};
use crate::read::lines;
use crate::splits::TextSplits;

/// The story grammar, `samples/stories.grammar`.
///
/// A text is one short story of three to six sentences: lower-case words and punctuation marks,
/// each a token. No story has two derivations, so [`Grammar::entropy`] is the stories' own.
pub fn stories() -> &'static Grammar {
    static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| {
        Grammar::parse(
            "stories.grammar",
            include_str!("../samples/stories.grammar"),
        )
        .unwrap_or_else(|error| panic!("{error}"))
    });
    &GRAMMAR
}

/// Stories drawn from [`stories`], and how probable the grammar itself holds the test stories.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryCorpus {
    /// The stories, one a line, tokens with a space between them.
    pub splits: TextSplits,
    /// The grammar's score on the test stories: no model can be expected to do better.
    pub source: SourceScore,
}

/// The likelihood of a text under the grammar that wrote it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SourceScore {
    /// The exact natural logarithm of the probability of all lines together.
    pub log_probability: f64,
    /// How many tokens the lines have, line ends not counted.
    pub tokens: usize,
    /// How many lines there are.
    pub lines: usize,
}

impl SourceScore {
    /// Scores a text, one sentence a line with white space between tokens, under its grammar.
    pub fn new(grammar: &Grammar, text: &str) -> Self {
        let mut score = Self {
            log_probability: 0.0,
            tokens: 0,
            lines: 0,
        };
        for line in lines(text) {
            let tokens: Vec<&str> = line.split_whitespace().collect();
            score.log_probability += grammar.log_probability(&tokens);
            score.tokens += tokens.len();
            score.lines += 1;
        }
        score
    }

    /// Perplexity per predicted token: the tokens and one end for each line.
    pub fn perplexity(&self) -> f64 {
        (-self.log_probability / (self.tokens + self.lines) as f64).exp()
    }
}

impl StoryCorpus {
    /// Draws a corpus. The parts come from separate streams of the seed: asking for more lines of
    /// one part extends it and changes nothing else.
    ///
    /// # Panics
    /// If a part would have no line.
    ///
    /// # Example
    /// ```
    /// use burn_recurrent_datasets::StoryCorpus;
    ///
    /// let corpus = StoryCorpus::generate(1, 100, 10, 10);
    /// assert_eq!(corpus.splits.train.lines().count(), 100);
    /// assert!(corpus.source.perplexity() > 3.0);
    /// ```
    pub fn generate(seed: u64, train_lines: usize, valid_lines: usize, test_lines: usize) -> Self {
        assert!(
            train_lines > 0 && valid_lines > 0 && test_lines > 0,
            "each part of a story corpus needs at least one line, got {train_lines} train, {valid_lines} valid, {test_lines} test"
        );
        let test = draw(seed, 2, test_lines);
        Self {
            source: SourceScore::new(stories(), &test),
            splits: TextSplits {
                train: draw(seed, 0, train_lines),
                valid: draw(seed, 1, valid_lines),
                test: Some(test),
            },
        }
    }
}

fn draw(seed: u64, stream: u64, count: usize) -> String {
    let mut rng = sample_rng(seed, stream);
    let mut text = String::new();
    for _ in 0..count {
        text.push_str(&stories().sample(&mut rng).text());
        text.push('\n');
    }
    text
}
