//! The coverage of a vocabulary by pretrained vectors.

use std::fmt;

use burn_recurrent_datasets::WordVectors;
use burn_recurrent_text::TaggingVocabularies;

/// Which words of the vocabulary have a pretrained vector.
///
/// Displayed, it says how many.
pub(super) struct Coverage<'v> {
    /// The row of each such word, or of unknown words, and its vector.
    pub(super) rows: Vec<(usize, &'v [f32])>,
    /// How many words they are of, unknown ones not counted.
    pub(super) words: usize,
    /// How many words there are.
    known: usize,
    unknown: bool,
}

impl<'v> Coverage<'v> {
    /// The word whose vector is that of unknown words.
    pub(super) const UNKNOWN: &'static str = "<unk>";

    pub(super) fn new(vectors: &'v WordVectors, vocabularies: &TaggingVocabularies) -> Self {
        let unknown = TaggingVocabularies::UNKNOWN as usize;
        // What comes before it stands for padding.
        let tokens = vocabularies.words.tokens().iter().enumerate().skip(unknown);
        let rows: Vec<_> = tokens
            .filter_map(|(row, word)| Some((row, vectors.lookup(word)?)))
            .collect();
        let of_unknown = rows.iter().any(|(row, _)| *row == unknown);
        Self {
            words: rows.len() - usize::from(of_unknown),
            known: vocabularies.words.len() - unknown - 1,
            unknown: of_unknown,
            rows,
        }
    }
}

impl fmt::Display for Coverage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vectors for {} of {} words", self.words, self.known)?;
        match self.unknown {
            true => write!(f, " and for unknown ones (`{}`)", Self::UNKNOWN),
            false => write!(f, ", none for unknown ones (no `{}`)", Self::UNKNOWN),
        }
    }
}
