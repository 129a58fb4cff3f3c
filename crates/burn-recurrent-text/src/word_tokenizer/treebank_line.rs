//! What the treebanks' tokenisers share: they go from one white space to the next.

use super::contractions::cut;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;
use unicode_segmentation::UnicodeSegmentation;

/// The next token of a piece of text.
pub(super) enum Next {
    /// So many bytes, whatever is in them.
    Whole(usize),
    /// A word of so many bytes that may be a contraction.
    Word(usize),
}

/// The tokens of a line. What `whole` finds between two white spaces is one each. Of the rest, `next` gives the first token
/// of a piece that is not empty, and is told whether the line ends with that piece; `cut_more` says where a word that is no
/// other contraction is cut, in bytes.
pub(super) fn ranges(
    line: &str,
    whole: Option<&Regex>,
    next: impl Fn(&str, bool) -> Next,
    cut_more: impl Fn(&str) -> Option<usize>,
) -> Vec<Range<usize>> {
    static BETWEEN_SPACES: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\S+").expect("the pattern is well-formed"));
    let mut tokens = Vec::new();
    let add = |tokens: &mut Vec<Range<usize>>, start: usize, end: usize, is_last: bool| {
        let mut text = &line[start..end];
        while !text.is_empty() {
            let start = end - text.len();
            let first = tokens.len();
            let length = match next(text, is_last) {
                Next::Whole(length) => {
                    tokens.push(start..start + length);
                    length
                }
                Next::Word(length) => {
                    let mut rest = &text[..length];
                    while let Some(place) = cut(rest).or_else(|| cut_more(rest)) {
                        tokens.push(start + place..start + rest.len());
                        rest = &rest[..place];
                    }
                    tokens.push(start..start + rest.len());
                    // The last one came first.
                    tokens[first..].reverse();
                    length
                }
            };
            text = &text[length..];
        }
    };
    let end_of_text = line.trim_end().len();
    for piece in BETWEEN_SPACES.find_iter(line) {
        let mut start = piece.start();
        for found in whole
            .into_iter()
            .flat_map(|whole| whole.find_iter(piece.as_str()))
        {
            let found = piece.start() + found.start()..piece.start() + found.end();
            add(&mut tokens, start, found.start, false);
            start = found.end;
            tokens.push(found);
        }
        add(&mut tokens, start, piece.end(), piece.end() == end_of_text);
    }
    tokens
}

/// The length of the first character as people see it, in bytes.
pub(super) fn first_character(text: &str) -> usize {
    text.graphemes(true).next().map_or(0, str::len)
}
