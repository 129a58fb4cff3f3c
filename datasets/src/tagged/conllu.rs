//! The ids of CoNLL-U lines: words, multi-word tokens and empty nodes.
//!
//! The format is that of <https://universaldependencies.org/format.html>. The crates that read it (`conllu` 0.8 was
//! looked at) refuse multi-word tokens and empty nodes, which English treebanks have in thousands, and their errors name
//! no line; so it is read here, as far as tagging needs it.

use super::error::SentenceProblem;

/// Checks that the ids of a sentence follow one another as the format says.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// The last word's id; 0 before the first.
    word: usize,
    /// The number behind the point of the last empty node after that word; 0 before the first.
    empty: usize,
    /// The last word of the last multi-word token.
    token_end: usize,
    begun: bool,
}

impl Ids {
    /// Whether there was a line that is no comment.
    pub(super) fn begun(&self) -> bool {
        self.begun
    }

    /// Takes the next line's id; whether the line holds a word.
    pub(super) fn next(&mut self, id: &str) -> Result<bool, SentenceProblem> {
        self.begun = true;
        let error = |expected: String| SentenceProblem::Id {
            found: id.to_string(),
            expected,
        };
        let next = self.word + 1;
        if let Some((first, last)) = id.split_once('-') {
            let range = number(first).zip(number(last));
            return match range {
                Some((first, last)) if first == next && last > first && self.token_end < first => {
                    self.token_end = last;
                    Ok(false)
                }
                _ if next <= self.token_end => Err(error(format!(
                    "the word {next}, which is inside the multi-word token that ends at {}",
                    self.token_end
                ))),
                _ => Err(error(format!(
                    "a multi-word token that begins at {next}, such as `{next}-{}`",
                    next + 1
                ))),
            };
        }
        if let Some((word, empty)) = id.split_once('.') {
            let (word, empty) = (number_or_zero(word), number(empty));
            if word != Some(self.word) || empty != Some(self.empty + 1) {
                let (word, empty) = (self.word, self.empty + 1);
                return Err(error(format!(
                    "the empty node `{word}.{empty}` or the word {next}"
                )));
            }
            self.empty += 1;
            return Ok(false);
        }
        if number(id) != Some(next) {
            return Err(error(format!(
                "the word {next}: words are numbered from 1 in each sentence; if a sentence begins here, put a blank line before it"
            )));
        }
        self.word = next;
        self.empty = 0;
        Ok(true)
    }

    /// Checks the end of a sentence.
    pub(super) fn end(&self) -> Result<(), SentenceProblem> {
        if self.token_end <= self.word {
            return Ok(());
        }
        Err(SentenceProblem::Id {
            found: "the end of the sentence".to_string(),
            expected: format!(
                "the word {}: a multi-word token goes up to {}",
                self.word + 1,
                self.token_end
            ),
        })
    }
}

/// A whole number from 1, without leading zeros.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if !digits || text.starts_with('0') {
        return None;
    }
    text.parse().ok()
}

fn number_or_zero(text: &str) -> Option<usize> {
    if text == "0" { Some(0) } else { number(text) }
}
