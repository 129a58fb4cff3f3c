//! Words by the rules of Unicode.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::white_space::is_no_break;

/// Where the words of a line stand in it, in bytes.
pub(super) fn ranges(line: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut parts = Vec::new();
    for (start, part) in line.split_word_bound_indices() {
        cut_at_white_space(start, part, &mut parts);
    }
    let mut parts = parts.into_iter().peekable();
    // Whether what comes next belongs to the number before it.
    let mut grouped = false;
    while let Some((start, part)) = parts.next() {
        let end = start + part.len();
        if part.chars().all(char::is_whitespace) {
            let number = line[..start].ends_with(char::is_numeric);
            let goes_on = |(_, next): &(usize, &str)| next.starts_with(char::is_numeric);
            grouped = number && is_no_break(part) && parts.peek().is_some_and(goes_on);
            continue;
        }
        match ranges.last_mut() {
            Some(last) if grouped => last.end = end,
            _ => ranges.push(start..end),
        }
        grouped = false;
    }
    ranges
}

/// Adds a part of a line, cut at each white space in it: to Unicode's rules the narrow no-break space joins what it parts.
fn cut_at_white_space<'t>(start: usize, part: &'t str, parts: &mut Vec<(usize, &'t str)>) {
    let mut from = 0;
    for (at, space) in part.match_indices(char::is_whitespace) {
        if from < at {
            parts.push((start + from, &part[from..at]));
        }
        parts.push((start + at, space));
        from = at + space.len();
    }
    if from < part.len() {
        parts.push((start + from, &part[from..]));
    }
}

#[cfg(test)]
mod tests {
    use super::super::WordTokenizer;

    fn words(line: &str) -> Vec<String> {
        WordTokenizer::Unicode.words(line)
    }

    #[test]
    fn punctuation_is_apart_and_white_space_is_nothing() {
        assert_eq!(
            words("  She said: \u{201c}don't pay $3.50!\u{201d}\t"),
            [
                "She", "said", ":", "\u{201c}", "don't", "pay", "$", "3.50", "!", "\u{201d}"
            ]
        );
        assert_eq!(words("Zürich–Köln"), ["Zürich", "–", "Köln"]);
        assert!(words(" \u{a0}\t").is_empty());
        assert_eq!(
            words("1\u{a0}226\u{202f}000,5\u{a0}km\u{a0}!\u{2028}5\u{85}6\u{c}7"),
            ["1\u{a0}226\u{202f}000,5", "km", "!", "5", "6", "7"]
        );
        assert_eq!(
            words("New\u{202f}York 10\u{202f}km a_b\u{202f}c 1\u{a0}\u{a0}2"),
            ["New", "York", "10", "km", "a_b", "c", "1", "2"]
        );
    }
}
