//! Words and punctuation, with marks that say where no white space was, so that they can be put together again.

use unicode_segmentation::UnicodeSegmentation;

/// Stands on the side of a word where no white space is, as in OpenNMT's tokeniser.
const JOINER: char = '\u{ffed}';
/// What becomes of a joiner that a text has itself.
const SQUARE: char = '\u{25a0}';

/// The words of a line.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    // A blank with a combining character behind it is one word to Unicode, so white space is looked at first.
    for stretch in line.split_whitespace() {
        // Whether the word before is one of letters or digits; there is none at the beginning.
        let mut last: Option<bool> = None;
        for bound in stretch.split_word_bounds() {
            let is_word = bound.contains(char::is_alphanumeric);
            let mut word = bound.replace(JOINER, SQUARE.encode_utf8(&mut [0; 4]));
            match (last, words.last_mut()) {
                (Some(false), Some(mark)) if is_word => mark.push(JOINER),
                (Some(_), Some(_)) => word.insert(0, JOINER),
                _ => {}
            }
            words.push(word);
            last = Some(is_word);
        }
    }
    words
}

/// The line that has these words.
pub(super) fn join<T: AsRef<str>>(words: &[T]) -> String {
    let mut line = String::new();
    let mut joined = true;
    for word in words {
        let word = word.as_ref();
        let (before, word) = match word.strip_prefix(JOINER) {
            Some(word) => (true, word),
            None => (false, word),
        };
        if !joined && !before {
            line.push(' ');
        }
        let (after, word) = match word.strip_suffix(JOINER) {
            Some(word) => (true, word),
            None => (false, word),
        };
        line.push_str(word);
        joined = after;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_are_at_punctuation() {
        let line = "\"Don't (ever) pay $3.50!\"";
        let words = split(line);
        #[rustfmt::skip]
        assert_eq!(
            words,
            ["\"￭", "Don't", "(￭", "ever", "￭)", "pay", "$￭", "3.50", "￭!", "￭\""]
        );
        assert_eq!(join(&words), line);
        assert_eq!(split("well-known"), ["well", "￭-￭", "known"]);
        assert_eq!(split("今天好"), ["今", "￭天", "￭好"]);
    }

    #[test]
    fn white_space_becomes_one_blank() {
        assert_eq!(join(&split("  a\t \u{a0}b  ")), "a b");
        assert!(split(" \t").is_empty());
        assert_eq!(join(&split("a￭b ￭ c")), "a■b ■ c");
    }

    #[test]
    fn words_in_any_order_make_a_line() {
        assert_eq!(join(&["￭.", "a", "b￭", "￭￭", "c", "(￭"]), ". a bc (");
    }
}
