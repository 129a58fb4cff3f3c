//! Plain text as words.

use unicode_segmentation::UnicodeSegmentation;

/// The words of a line of text for a tagger: what stands between the word boundaries of Unicode (UAX #29), white space
/// left out. Punctuation is words of its own, `don't` and `3.5` are one word.
///
/// ```
/// assert_eq!(burn_recurrent_text::words("Wake me at 6.30!"), ["Wake", "me", "at", "6.30", "!"]);
/// ```
pub fn words(line: &str) -> Vec<String> {
    line.split_word_bounds()
        .filter(|word| !word.chars().all(char::is_whitespace))
        .map(str::to_string)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
