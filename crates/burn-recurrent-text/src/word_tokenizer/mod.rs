//! Plain text as the words of a tagger.

mod contractions;
mod english_web_treebank;
mod penn_treebank;
mod treebank_line;
mod unicode;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// How a line of plain text is cut into the words of a tagger, which must be cut as those of its training data were. White
/// space always parts words and is in none but for a no-break space within a number
/// ([`Unicode`](Self::Unicode) alone); all else is in exactly one word. Words are as they stand in the text: quotation
/// marks are not rewritten.
///
/// In files and on command lines: `unicode`, `penn-treebank`, `english-web-treebank`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum WordTokenizer {
    /// At the word boundaries of Unicode (UAX #29), for any language: punctuation is words of its own, `don't` and `3.5` are one
    /// word, and so is `26\u{a0}000`, where a no-break space stands between two digits, as it is for language models.
    #[default]
    Unicode,
    /// English as in the Penn Treebank (MacIntyre's `tokenizer.sed`, 1995): `do n't`, `it 's`, `can not`; words with hyphens
    /// and slashes stay whole, as do full stops but for the one that ends the line; commas, brackets, quotation marks, `$`,
    /// `%` and `&` are apart.
    PennTreebank,
    /// English as in the English Web Treebank and its Universal Dependencies (Bies, Mott, Warner, Kulick 2012): contractions
    /// as above and without apostrophe (`do nt`), words with hyphens cut (`well - known`, but `e-mail`), addresses, `:)`,
    /// `...` and `!!!` whole.
    EnglishWebTreebank,
}

impl WordTokenizer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unicode, Self::PennTreebank, Self::EnglishWebTreebank];

    /// The name, as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unicode => "unicode",
            Self::PennTreebank => "penn-treebank",
            Self::EnglishWebTreebank => "english-web-treebank",
        }
    }

    /// The words of a line.
    ///
    /// ```
    /// use burn_recurrent_text::WordTokenizer;
    ///
    /// let words = WordTokenizer::EnglishWebTreebank.words("I can't open it :(");
    /// assert_eq!(words, ["I", "ca", "n't", "open", "it", ":("]);
    /// ```
    pub fn words(self, line: &str) -> Vec<String> {
        let ranges = self.ranges(line).into_iter();
        ranges.map(|range| line[range].to_string()).collect()
    }

    /// Where the [`words`](Self::words) of a line stand in it, in bytes.
    pub fn ranges(self, line: &str) -> Vec<Range<usize>> {
        match self {
            Self::Unicode => unicode::ranges(line),
            Self::PennTreebank => penn_treebank::ranges(line),
            Self::EnglishWebTreebank => english_web_treebank::ranges(line),
        }
    }
}

impl fmt::Display for WordTokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for WordTokenizer {
    type Err = String;

    /// The tokeniser of this name.
    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|known| known.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no way `{name}` to cut text into words; there are {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_those_of_files() {
        for tokenizer in WordTokenizer::ALL {
            assert_eq!(tokenizer.name().parse(), Ok(tokenizer));
            assert_eq!(
                serde_json::to_value(tokenizer).unwrap(),
                tokenizer.to_string()
            );
        }
        let error = "treebank".parse::<WordTokenizer>().unwrap_err();
        assert!(error.contains("`treebank`") && error.contains("penn-treebank"));
    }

    proptest! {
        /// Of what is not white space nothing is lost and nothing stands twice, whatever the text.
        #[test]
        fn everything_but_white_space_is_in_one_word(
            line in prop_oneof![
                ".*",
                "([a-z']{0,6}|[.,:;!?@$%&/<>()'\"’-]|n't|'s|\\.\\.|\\PC|[0-9]{1,3}| |\u{a0}|www\\.|[A-Z]\\.){0,20}",
            ]
        ) {
            for tokenizer in WordTokenizer::ALL {
                let mut end = 0;
                let ranges = tokenizer.ranges(&line);
                for range in ranges {
                    prop_assert!(range.start >= end && !range.is_empty());
                    prop_assert!(line[end..range.start].chars().all(char::is_whitespace));
                    let word = &line[range.clone()];
                    prop_assert!(
                        tokenizer == WordTokenizer::Unicode || !word.contains(char::is_whitespace)
                    );
                    end = range.end;
                }
                prop_assert!(line[end..].chars().all(char::is_whitespace));
            }
        }
    }
}
