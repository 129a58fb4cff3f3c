//! The context before a text's first token.

use crate::{Special, Vocabulary};

/// What stands before a text: the end of a sentence, or of a line; nothing where the vocabulary has
/// neither.
pub fn boundary(vocabulary: &Vocabulary) -> Option<u32> {
    let unknown = vocabulary.special(Special::Unknown);
    vocabulary.special(Special::EndOfSentence).or_else(|| {
        let line_end = vocabulary.encode_fragment("\n").ok()?;
        line_end
            .first()
            .copied()
            .filter(|end| Some(*end) != unknown)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Unit, VocabularyBuilder};

    #[test]
    fn a_text_begins_after_the_end_of_a_sentence_or_of_a_line() {
        let vocabulary = |unit, text: &str, specials: &[Special]| {
            let builder = specials
                .iter()
                .fold(VocabularyBuilder::new(unit), |builder, special| {
                    builder.with_special(*special)
                });
            builder.count(text).build().unwrap()
        };
        let specials = [Special::Unknown, Special::EndOfSentence];
        let words = vocabulary(Unit::Word, "the cat\n", &specials);
        assert_eq!(boundary(&words), words.special(Special::EndOfSentence));
        let lines = vocabulary(Unit::Character, "abc\n", &[Special::Unknown]);
        assert_eq!(
            boundary(&lines),
            Some(lines.encode_fragment("\n").unwrap()[0])
        );
        // The line end that is not in the vocabulary is no boundary, though it could be read as unknown.
        for specials in [&[Special::Unknown][..], &[]] {
            let no_lines = vocabulary(Unit::Character, "abc", specials);
            assert_eq!(boundary(&no_lines), None);
        }
    }
}
