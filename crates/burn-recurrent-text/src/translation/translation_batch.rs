//! One padded batch of sentences and their translations.

/// Sentences of unequal lengths side by side, with their translations, filled up with padding.
///
/// Arrays are flat, a row after the other. What stands behind a row's length does not count: all ids are 0 there
/// ([`PADDING`](crate::TranslationTokenizer::PADDING)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranslationBatch {
    /// `[batch]`: the place of each row's sentence among the examples.
    pub sentences: Vec<usize>,
    /// How many rows there are.
    pub batch: usize,
    /// How many columns sources have: the length of the longest one.
    pub source_time: usize,
    /// `[batch]`: the sources' lengths, at least one each, because `<eos>` counts.
    pub source_lengths: Vec<usize>,
    /// `[batch, source_time]`: the sources' ids, each with `<eos>` behind it.
    pub sources: Vec<i32>,
    /// How many columns targets have: the length of the longest one; 0 where no targets are known.
    pub target_time: usize,
    /// `[batch]`: the targets' lengths, `<bos>` or `<eos>` counted; 0 where no targets are known.
    pub target_lengths: Vec<usize>,
    /// `[batch, target_time]`: what the decoder is given: `<bos>` and the target's ids.
    pub target_inputs: Vec<i32>,
    /// `[batch, target_time]`: what it should say: the target's ids and `<eos>`.
    pub target_outputs: Vec<i32>,
}

impl TranslationBatch {
    /// How many source tokens there are, `<eos>` counted and padding not.
    pub fn num_source_tokens(&self) -> usize {
        self.source_lengths.iter().sum()
    }

    /// How many target tokens there are to predict, `<eos>` counted and padding not.
    pub fn num_target_tokens(&self) -> usize {
        self.target_lengths.iter().sum()
    }

    /// `[batch, source_time]`: whether there is a token.
    pub fn source_mask(&self) -> Vec<bool> {
        mask(&self.source_lengths, self.source_time)
    }

    /// `[batch, target_time]`: whether there is a token.
    pub fn target_mask(&self) -> Vec<bool> {
        mask(&self.target_lengths, self.target_time)
    }
}

fn mask(lengths: &[usize], time: usize) -> Vec<bool> {
    let rows = lengths.iter();
    rows.flat_map(|&length| (0..time).map(move |step| step < length))
        .collect()
}
