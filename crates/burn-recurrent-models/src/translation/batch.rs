//! A batch of sentences and their translations.

use super::SpecialTokens;
use crate::lengths::check_lengths;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// A padded batch of sentences and their translations. What stands in the padding does not matter,
/// as long as the target's vocabulary has it.
#[derive(Clone, Debug)]
pub struct EncoderDecoderBatch {
    /// The sentences, `[batch, source]`.
    pub source: Tensor<2, Int>,
    /// The number of words of each sentence.
    pub source_lengths: Vec<usize>,
    /// The translations, `[batch, target]`: each begins with the token for that and ends with the
    /// token for that.
    pub target: Tensor<2, Int>,
    /// The number of tokens of each translation, these two included.
    pub target_lengths: Vec<usize>,
}

impl EncoderDecoderBatch {
    /// A batch of these sentences and translations, with beginnings, ends and padding put where
    /// they belong.
    ///
    /// # Panics
    ///
    /// If there are more of the one than of the other.
    pub fn from_rows<R: AsRef<[u32]>>(
        source: &[R],
        target: &[R],
        tokens: SpecialTokens,
        device: &Device,
    ) -> Self {
        let target: Vec<Vec<u32>> = target
            .iter()
            .map(|row| [&[tokens.begin], row.as_ref(), &[tokens.end]].concat())
            .collect();
        let (source, source_lengths) = pad(source, tokens.padding, device);
        let (target, target_lengths) = pad(&target, tokens.padding, device);
        let batch = Self {
            source,
            source_lengths,
            target,
            target_lengths,
        };
        batch.check();
        batch
    }

    /// The number of tokens that are predicted: each translation's words and its end.
    pub fn predicted(&self) -> usize {
        self.predicted_lengths().iter().sum()
    }

    /// The number of tokens of each translation that are predicted.
    pub(super) fn predicted_lengths(&self) -> Vec<usize> {
        let lengths = self.target_lengths.iter();
        lengths.map(|length| length.saturating_sub(1)).collect()
    }

    /// What the decoder reads, `[batch, target - 1]`.
    pub(super) fn inputs(&self) -> Tensor<2, Int> {
        let [_, time] = self.target.dims();
        self.target.clone().narrow(1, 0, time - 1)
    }

    /// What it is to predict, row by row without the padding, `[predicted]`.
    pub(super) fn targets(&self) -> Tensor<1, Int> {
        let [batch, time] = self.target.dims();
        let targets = self.target.clone().narrow(1, 1, time - 1);
        let targets = targets.reshape([batch * (time - 1)]);
        match self.places() {
            Some(places) => targets.select(0, places),
            None => targets,
        }
    }

    /// What of `[batch, target - 1, width]` belongs to [`targets`](Self::targets), `[predicted,
    /// width]`.
    pub(super) fn at_targets(&self, output: Tensor<3>) -> Tensor<2> {
        let [batch, time, width] = output.dims();
        let output = output.reshape([batch * time, width]);
        match self.places() {
            Some(places) => output.select(0, places),
            None => output,
        }
    }

    /// Where there is something to predict; none where that is everywhere.
    fn places(&self) -> Option<Tensor<1, Int>> {
        let [_, time] = self.target.dims();
        let lengths = self.predicted_lengths();
        if lengths.iter().all(|length| *length == time - 1) {
            return None;
        }
        let rows = lengths.iter().enumerate();
        let places: Vec<i64> = rows
            .flat_map(|(row, length)| (0..*length).map(move |t| (row * (time - 1) + t) as i64))
            .collect();
        Some(Tensor::from_data(places.as_slice(), &self.target.device()))
    }

    pub(super) fn check(&self) {
        let ([batch, source], [rows, target]) = (self.source.dims(), self.target.dims());
        assert!(
            batch == rows,
            "there must be as many translations as sentences, but there are {batch} sentences and \
             {rows} translations"
        );
        check_lengths(&self.source_lengths, batch, source);
        check_lengths(&self.target_lengths, rows, target);
        assert!(
            target >= 2 || batch == 0,
            "a translation has at least a beginning and an end, but the target's time is {target}"
        );
    }
}

/// Rows side by side, `[rows, longest]`, and their lengths.
pub(super) fn pad<R: AsRef<[u32]>>(
    rows: &[R],
    padding: u32,
    device: &Device,
) -> (Tensor<2, Int>, Vec<usize>) {
    let lengths: Vec<usize> = rows.iter().map(|row| row.as_ref().len()).collect();
    let time = lengths.iter().max().copied().unwrap_or(0);
    let mut tokens = Vec::with_capacity(rows.len() * time);
    for row in rows {
        let row = row.as_ref();
        tokens.extend(row.iter().map(|token| i64::from(*token)));
        tokens.extend((row.len()..time).map(|_| i64::from(padding)));
    }
    let tokens = TensorData::new(tokens, [rows.len(), time]);
    (Tensor::from_data(tokens, device), lengths)
}
