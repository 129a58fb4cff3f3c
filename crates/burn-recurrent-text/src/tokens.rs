//! Cutting a text into tokens.

use crate::unit::Unit;
use crate::white_space::word_length;

/// The byte order mark, which editors put before a text to say that it is UTF-8.
const MARK: char = '\u{feff}';

/// One token of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'t> {
    /// A word or a character.
    Text(&'t str),
    /// A byte.
    Byte(u8),
    /// The end of a line of words.
    LineEnd,
}

/// The tokens of a text in order, each with the byte offset at which it starts; [`Unit::tokens`] makes it.
#[derive(Debug, Clone)]
pub struct Tokens<'t> {
    unit: Unit,
    text: &'t str,
    offset: usize,
    /// Whether the text's end also ends a line that has begun.
    ends_last_line: bool,
    line_has_begun: bool,
}

impl Unit {
    /// Cuts a whole text into tokens. A byte order mark that a text of words or characters begins with is part of none.
    ///
    /// ```
    /// use burn_recurrent_text::{Token, Unit};
    ///
    /// let tokens: Vec<_> = Unit::Word.tokens("a  cat\n\nsat").collect();
    /// assert_eq!(
    ///     tokens,
    ///     [
    ///         (0, Token::Text("a")),
    ///         (3, Token::Text("cat")),
    ///         (6, Token::LineEnd),
    ///         (7, Token::LineEnd),
    ///         (8, Token::Text("sat")),
    ///         (11, Token::LineEnd),
    ///     ]
    /// );
    /// ```
    pub fn tokens(self, text: &str) -> Tokens<'_> {
        Tokens {
            unit: self,
            text,
            offset: match self {
                Unit::Word | Unit::Character if text.starts_with(MARK) => MARK.len_utf8(),
                _ => 0,
            },
            ends_last_line: true,
            line_has_begun: false,
        }
    }

    /// Cuts a part of a text into tokens: a line of words ends only where there is a line feed.
    pub fn fragment_tokens(self, text: &str) -> Tokens<'_> {
        Tokens {
            ends_last_line: false,
            ..self.tokens(text)
        }
    }
}

impl<'t> Tokens<'t> {
    fn take(&mut self, length: usize) -> (usize, &'t str) {
        let offset = self.offset;
        self.offset += length;
        (offset, &self.text[offset..self.offset])
    }

    fn next_word(&mut self) -> Option<(usize, Token<'t>)> {
        let rest = &self.text[self.offset..];
        let blank = rest
            .find(|c: char| c == '\n' || !c.is_whitespace())
            .unwrap_or(rest.len());
        self.line_has_begun |= blank > 0;
        self.offset += blank;
        let rest = &rest[blank..];
        if rest.is_empty() {
            let ends_line = self.ends_last_line && self.line_has_begun;
            self.line_has_begun = false;
            return ends_line.then_some((self.offset, Token::LineEnd));
        }
        if rest.starts_with('\n') {
            self.line_has_begun = false;
            let (offset, _) = self.take(1);
            return Some((offset, Token::LineEnd));
        }
        self.line_has_begun = true;
        let (offset, word) = self.take(word_length(rest));
        Some((offset, Token::Text(word)))
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (usize, Token<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        match self.unit {
            Unit::Word => self.next_word(),
            Unit::Character => {
                let next = self.text[self.offset..].chars().next()?;
                let (offset, character) = self.take(next.len_utf8());
                Some((offset, Token::Text(character)))
            }
            Unit::Byte => {
                let byte = *self.text.as_bytes().get(self.offset)?;
                self.offset += 1;
                Some((self.offset - 1, Token::Byte(byte)))
            }
        }
    }
}
