//! Words as in the Penn Treebank.

use super::contractions::{is_apostrophe, is_clitic};
use super::treebank_line::{self, Next, first_character};
use std::ops::Range;

/// Words of which an apostrophe stands for the beginning.
const SHORTENED: [&str; 4] = ["em", "til", "tis", "twas"];

/// Where the words of a line stand in it, in bytes.
pub(super) fn ranges(line: &str) -> Vec<Range<usize>> {
    treebank_line::ranges(line, None, next, |_| None)
}

fn next(text: &str, is_last: bool) -> Next {
    match punctuation(text) {
        0 => Next::Word(word(text, is_last)),
        length => Next::Whole(length),
    }
}

/// How many bytes of punctuation that is a token of its own a text begins with.
fn punctuation(text: &str) -> usize {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return 0;
    };
    let is_double = text[first.len_utf8()..].starts_with(first);
    match first {
        '.' | '-' if is_double => text.len() - text.trim_start_matches(first).len(),
        '`' | '\'' if is_double => 2,
        ',' | ':' if characters.next().is_some_and(|c| c.is_ascii_digit()) => 0,
        ';' | '@' | '#' | '$' | '%' | '&' | '?' | '!' | ',' | ':' | '(' | ')' | '[' | ']' | '{'
        | '}' | '<' | '>' | '"' | '“' | '”' | '„' | '«' | '»' | '…' | '–' | '—' | '‘' | '`' => {
            first_character(text)
        }
        _ if is_apostrophe(first) && opens_quotation(characters.as_str()) => first_character(text),
        _ => 0,
    }
}

/// Whether an apostrophe before this text is a quotation mark.
fn opens_quotation(text: &str) -> bool {
    let letters = text.find(|c: char| !c.is_alphanumeric());
    let word = &text[..letters.unwrap_or(text.len())];
    let is_shortened = SHORTENED.iter().any(|s| s.eq_ignore_ascii_case(word));
    !is_clitic(word) && !is_shortened && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// How many bytes of text are before the next punctuation, one character at least. A full stop at the end of the line is
/// punctuation, unless it stands behind a single letter as in `U.S.`. Names such as `AT&T` and `US$` are words.
fn word(text: &str, is_last: bool) -> usize {
    let first = first_character(text);
    let ends = |at: &usize| {
        let (before, rest) = text.split_at(*at);
        // An apostrophe within a word or behind it is for the contractions.
        let is_punctuation = !rest.starts_with(is_apostrophe)
            && !joins_letters(before, rest)
            && punctuation(rest) > 0;
        is_punctuation || (is_last && is_full_stop(before, rest))
    };
    let mut places = text.char_indices().map(|(at, _)| at);
    let end = places.find(|at| *at >= first && ends(at));
    let end = end.unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let is_currency = word.len() <= 3 && word.bytes().all(|b| b.is_ascii_uppercase());
    end + usize::from(is_currency && rest.starts_with('$'))
}

/// Whether `rest` is an ampersand and a letter, and `before` ends with one.
fn joins_letters(before: &str, rest: &str) -> bool {
    before.ends_with(char::is_alphabetic)
        && rest
            .strip_prefix('&')
            .is_some_and(|rest| rest.starts_with(char::is_alphabetic))
}

/// Whether `rest` is a full stop and what closes a quotation or a bracket, and `before` no initial.
fn is_full_stop(before: &str, rest: &str) -> bool {
    let closing =
        |c: char| is_apostrophe(c) || matches!(c, '"' | '”' | '»' | ')' | ']' | '}' | '>');
    let is_initial = || {
        let letter = before.rsplit_once('.').map(|(_, letter)| letter);
        letter.is_some_and(|letter| letter.chars().count() == 1)
    };
    let behind = rest.strip_prefix('.');
    behind.is_some_and(|behind| behind.chars().all(closing)) && !is_initial()
}

#[cfg(test)]
mod tests {
    use super::super::WordTokenizer;

    fn spaced(line: &str) -> String {
        WordTokenizer::PennTreebank.words(line).join(" ")
    }

    /// What `TreebankWordTokenizer` of NLTK 3.10.4 gives, which follows the script of the treebank.
    #[test]
    fn the_script_of_the_treebank_is_followed() {
        for (line, words) in [
            (
                "I can't open it, and it's John's fault.",
                "I ca n't open it , and it 's John 's fault .",
            ),
            (
                "The well-known firm's shares fell 3.5% to $1,234.50 (a record).",
                "The well-known firm 's shares fell 3.5 % to $ 1,234.50 ( a record ) .",
            ),
            (
                "\"We cannot say,\" he said, \"what they'll do.\"",
                "\" We can not say , \" he said , \" what they 'll do . \"",
            ),
            (
                "Mr. Smith of the U.S. and/or Dr. O'Neil don't agree: they've left...",
                "Mr. Smith of the U.S. and/or Dr. O'Neil do n't agree : they 've left ...",
            ),
            (
                "The workers' pay rose 5%; the '90s weren't kind -- were they?",
                "The workers ' pay rose 5 % ; the '90s were n't kind -- were they ?",
            ),
            (
                "He's gonna go at 10:30 a.m. with his [old] plan!",
                "He 's gon na go at 10:30 a.m. with his [ old ] plan !",
            ),
            (
                "Prices: 3,000, 4:1, and e.g. 5.",
                "Prices : 3,000 , 4:1 , and e.g. 5 .",
            ),
            (
                "What's the matter?  You're   late!",
                "What 's the matter ? You 're late !",
            ),
        ] {
            assert_eq!(spaced(line), words);
        }
    }

    /// Where that script and the treebank, or the text of CoNLL-2000, differ.
    #[test]
    fn the_treebank_itself_is_followed_where_its_script_does_not() {
        for (line, words) in [
            ("AT&T paid US$5 & left.", "AT&T paid US$ 5 & left ."),
            ("he said: 'no'.", "he said : ' no ' ."),
            ("\u{2018}So.\u{2019}", "\u{2018} So . \u{2019}"),
            ("It shouldn't've.", "It should n't 've ."),
            ("made in the U.S.", "made in the U.S."),
            ("", ""),
        ] {
            assert_eq!(spaced(line), words);
        }
    }
}
