//! One padded batch of sentences.

/// Sentences of unequal lengths side by side, filled up with padding.
///
/// Arrays are flat, a row after the other. What stands behind a row's length does not count: word, shape, target, form
/// and character ids are 0 there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggingBatch {
    /// `[batch]`: the place of each row's sentence among the examples.
    pub sentences: Vec<usize>,
    /// How many rows there are.
    pub batch: usize,
    /// How many columns there are: the length of the longest sentence.
    pub time: usize,
    /// `[batch]`: the sentences' lengths.
    pub lengths: Vec<usize>,
    /// `[batch, time]`: word ids.
    pub words: Vec<i32>,
    /// `[batch, time]`: ids of [`WordShape`](crate::WordShape)s.
    pub shapes: Vec<i32>,
    /// `[batch, time]`: label ids, [`UNKNOWN_LABEL`](crate::TaggingExamples::UNKNOWN_LABEL) where training never saw the
    /// label; all 0 where the labels are not known.
    pub targets: Vec<i32>,
    /// `[batch, time]`: which row of `characters` has the word's characters.
    pub forms: Vec<i32>,
    /// `[distinct, width]`: the character ids of each distinct form in the batch.
    pub characters: Vec<i32>,
    /// `[distinct]`: how many characters each form has.
    pub character_lengths: Vec<usize>,
    /// The length of the longest form.
    pub width: usize,
}

impl TaggingBatch {
    /// How many distinct forms of words there are.
    pub fn distinct(&self) -> usize {
        self.character_lengths.len()
    }

    /// How many tokens there are, padding not counted.
    pub fn num_tokens(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// `[batch, time]`: whether there is a token.
    pub fn mask(&self) -> Vec<bool> {
        let rows = self.lengths.iter();
        rows.flat_map(|&length| (0..self.time).map(move |step| step < length))
            .collect()
    }
}
