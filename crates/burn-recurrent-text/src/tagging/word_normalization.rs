//! The normalisation of words before look-up.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The normalisation of a word before it is looked up. Shapes and characters still see the word as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordNormalization {
    /// Letters become lower-case.
    pub lowercase: bool,
    /// Each digit from `0` to `9` becomes `0`, so that all years are one word (Collobert et al. 2011, section 4.1, do so too).
    pub digits: bool,
}

impl WordNormalization {
    /// The word as it is looked up. White space inside a word, as CoNLL-U has it, becomes `_`, which is how word2vec
    /// writes phrases.
    ///
    /// ```
    /// use burn_recurrent_text::WordNormalization;
    ///
    /// let normalization = WordNormalization { lowercase: true, digits: true };
    /// assert_eq!(normalization.apply("Boeing-747"), "boeing-000");
    /// assert_eq!(WordNormalization::default().apply("1 000"), "1_000");
    /// ```
    pub fn apply<'w>(&self, word: &'w str) -> Cow<'w, str> {
        let mut word = Cow::Borrowed(word);
        if self.lowercase && word.contains(char::is_uppercase) {
            word = Cow::Owned(word.to_lowercase());
        }
        if self.digits && word.contains(|c: char| c.is_ascii_digit()) {
            word = Cow::Owned(word.replace(|c: char| c.is_ascii_digit(), "0"));
        }
        if word.contains(char::is_whitespace) {
            word = Cow::Owned(word.replace(char::is_whitespace, "_"));
        }
        word
    }
}
