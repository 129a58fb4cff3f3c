//! The white space between words.

/// The characters that keep what is on both sides of them on one line: NO-BREAK SPACE, FIGURE SPACE and NARROW NO-BREAK
/// SPACE.
const NO_BREAK: [char; 3] = ['\u{a0}', '\u{2007}', '\u{202f}'];

/// Whether a stretch of text is a no-break space.
pub(crate) fn is_no_break(text: &str) -> bool {
    let mut characters = text.chars();
    matches!((characters.next(), characters.next()), (Some(c), None) if NO_BREAK.contains(&c))
}

/// How many bytes of a text, which does not begin with white space, its first word has.
///
/// Words end at what Unicode calls white space: among it U+2028, U+0085 and the form feed, which end no line, and no-break
/// spaces. Only between two digits is a no-break space part of the word, for there it groups digits: `26 000` is one number.
pub(crate) fn word_length(text: &str) -> usize {
    let mut before = None;
    let mut characters = text.char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        if character.is_whitespace() {
            let groups = NO_BREAK.contains(&character)
                && before.is_some_and(char::is_numeric)
                && characters.peek().is_some_and(|(_, c)| c.is_numeric());
            if !groups {
                return offset;
            }
        }
        before = Some(character);
    }
    text.len()
}

/// Whether a text is one word and nothing else.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && word_length(text) == text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_break_space_groups_digits_and_parts_words() {
        for word in [
            "26\u{a0}000",
            "1\u{202f}234\u{202f}567,5",
            "x",
            "\u{feff}",
            "a\u{200b}b",
        ] {
            assert!(is_word(word), "{word:?}");
        }
        for none in [
            "",
            " ",
            "a b",
            "10\u{a0}km",
            "5\u{a0}",
            "\u{a0}5",
            "1\u{a0}\u{a0}2",
            "1 2",
            "a\u{2028}b",
            "1\u{85}2",
            "a\u{c}b",
            "a\u{3000}b",
            "a\rb",
        ] {
            assert!(!is_word(none), "{none:?}");
        }
        assert_eq!(word_length("26\u{a0}000\u{a0}km"), "26\u{a0}000".len());
    }
}
