//! The metrics of pronunciations: edit distance, word error and phoneme error.

use std::ops::AddAssign;

use super::references::NoReferenceError;

/// How many items must be put in, left out or replaced to make one sequence of the other (Levenshtein 1966).
pub fn edit_distance<T: PartialEq>(one: &[T], other: &[T]) -> usize {
    let one: Vec<&T> = one.iter().collect();
    let other: Vec<&T> = other.iter().collect();
    strsim::generic_levenshtein(&one, &other)
}

/// Word error and phoneme error of predicted pronunciations, with stress and without.
///
/// Where a word has several pronunciations, any of them is right, and edits are counted against the nearest one, the first
/// of several as near (Yao and Zweig 2015; Toshniwal and Livescu 2016). The phoneme error is the number of edits over the
/// number of phonemes of these nearest ones, both summed over all words, so that it can exceed one.
///
/// Without stress, the digits at the end of phonemes are taken away on both sides first: `AH0` is `AH` then.
///
/// ```
/// use burn_recurrent_text::PronunciationScore;
///
/// let mut score = PronunciationScore::default();
/// let read = [vec!["R", "EH1", "D"], vec!["R", "IY1", "D"]];
/// score.add(&["R", "IY1", "D"], &read)?;
/// score.add(&["AH1", "B", "AW1", "T"], &[["AH0", "B", "AW1", "T"]])?;
/// assert_eq!(score.with_stress.word_error(), Some(0.5));
/// assert_eq!(score.with_stress.phoneme_error(), Some(1.0 / 7.0));
/// assert_eq!(score.without_stress.word_error(), Some(0.0));
/// # Ok::<(), burn_recurrent_text::NoReferenceError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PronunciationScore {
    /// Phonemes as they are.
    pub with_stress: PronunciationCounts,
    /// Phonemes without the digits at their ends.
    pub without_stress: PronunciationCounts,
}

/// The counts that word and phoneme error are computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PronunciationCounts {
    /// How many words there are.
    pub words: u64,
    /// How many of them were given none of their pronunciations.
    pub wrong_words: u64,
    /// How many edits make the predicted pronunciations the nearest right ones.
    pub edits: u64,
    /// How many phonemes these nearest ones have.
    pub phonemes: u64,
}

impl PronunciationScore {
    /// Counts a word: the phonemes that were predicted, and the word's pronunciations.
    ///
    /// # Errors
    ///
    /// When the word has no pronunciation.
    pub fn add<P, R, L>(
        &mut self,
        predicted: &[P],
        pronunciations: &[L],
    ) -> Result<(), NoReferenceError>
    where
        P: AsRef<str>,
        R: AsRef<str>,
        L: AsRef<[R]>,
    {
        let forms = [
            (
                &mut self.with_stress,
                (|phoneme| phoneme) as fn(&str) -> &str,
            ),
            (&mut self.without_stress, without_stress),
        ];
        for (counts, form) in forms {
            let predicted: Vec<&str> = predicted.iter().map(|p| form(p.as_ref())).collect();
            let nearest = pronunciations
                .iter()
                .map(|pronunciation| {
                    let pronunciation: Vec<&str> = pronunciation
                        .as_ref()
                        .iter()
                        .map(|p| form(p.as_ref()))
                        .collect();
                    let edits = edit_distance(&predicted, &pronunciation);
                    (edits, pronunciation.len())
                })
                .min_by_key(|&(edits, _)| edits);
            let Some((edits, phonemes)) = nearest else {
                let sentence = counts.words as usize;
                return Err(NoReferenceError { sentence });
            };
            *counts += PronunciationCounts {
                words: 1,
                wrong_words: u64::from(edits > 0),
                edits: edits as u64,
                phonemes: phonemes as u64,
            };
        }
        Ok(())
    }
}

/// A phoneme without the digits at its end.
fn without_stress(phoneme: &str) -> &str {
    phoneme.trim_end_matches(|c: char| c.is_ascii_digit())
}

impl PronunciationCounts {
    /// Which part of the words was given none of their pronunciations; `None` where there is no word.
    pub fn word_error(&self) -> Option<f64> {
        (self.words > 0).then(|| self.wrong_words as f64 / self.words as f64)
    }

    /// Edits a phoneme; `None` where there is no phoneme.
    pub fn phoneme_error(&self) -> Option<f64> {
        (self.phonemes > 0).then(|| self.edits as f64 / self.phonemes as f64)
    }
}

impl AddAssign for PronunciationCounts {
    fn add_assign(&mut self, other: Self) {
        self.words += other.words;
        self.wrong_words += other.wrong_words;
        self.edits += other.edits;
        self.phonemes += other.phonemes;
    }
}

impl AddAssign for PronunciationScore {
    fn add_assign(&mut self, other: Self) {
        self.with_stress += other.with_stress;
        self.without_stress += other.without_stress;
    }
}
