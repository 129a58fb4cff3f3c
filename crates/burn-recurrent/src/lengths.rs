//! The lengths of the rows of a padded batch.

use burn::tensor::{Bool, Device, Int, Tensor};
use std::cell::OnceCell;

/// The row lengths of a padded batch, checked against the batch they belong to.
#[derive(Clone, Debug)]
pub(crate) struct Lengths {
    lengths: Vec<usize>,
    shortest: usize,
    time: usize,
    /// Built by the first layer and direction that goes step by step; the fused path needs none.
    ended: OnceCell<Vec<Option<Tensor<2, Bool>>>>,
}

impl Lengths {
    /// Checks the lengths against the input's `[batch, time]`.
    ///
    /// Returns `None` where every row fills the whole time, so that nothing needs masking.
    pub(crate) fn ragged(lengths: &[usize], batch: usize, time: usize) -> Option<Self> {
        assert!(
            lengths.len() == batch,
            "expected one length a row: the input has {batch} rows, but {} lengths were given",
            lengths.len(),
        );
        if let Some((row, length)) = lengths.iter().enumerate().find(|(_, l)| **l > time) {
            panic!("row {row} has length {length}, but the input has only {time} time steps");
        }
        let shortest = lengths.iter().copied().min().unwrap_or(time);
        (shortest < time).then(|| Self {
            lengths: lengths.to_vec(),
            shortest,
            time,
            ended: OnceCell::new(),
        })
    }

    /// The lengths, row by row.
    pub(crate) fn as_slice(&self) -> &[usize] {
        &self.lengths
    }

    /// The masks of all time steps, `[batch, 1]`, true where the row has ended; `None` for the
    /// steps at which every row is still running.
    pub(crate) fn ended_masks(&self, device: &Device) -> &[Option<Tensor<2, Bool>>] {
        self.ended.get_or_init(|| {
            (0..self.time)
                .map(|t| (t >= self.shortest).then(|| self.ended_at(t, device)))
                .collect()
        })
    }

    fn ended_at(&self, t: usize, device: &Device) -> Tensor<2, Bool> {
        let ended: Vec<bool> = self.lengths.iter().map(|length| t >= *length).collect();
        Tensor::<1, Bool>::from_data(ended.as_slice(), device).unsqueeze_dim(1)
    }

    /// The mask of the whole batch, true past the end of a row: `[batch, time, 1]`, or
    /// `[time, batch, 1]` unless `batch_first`.
    pub(crate) fn padding(&self, batch_first: bool, device: &Device) -> Tensor<3, Bool> {
        let time = self.time;
        let lengths: Vec<i64> = self.lengths.iter().map(|length| *length as i64).collect();
        let batch = lengths.len();
        let lengths = Tensor::<1, Int>::from_data(lengths.as_slice(), device)
            .reshape([batch, 1, 1])
            .expand([batch, time, 1]);
        let steps = Tensor::<1, Int>::arange(0..time as i64, device)
            .reshape([1, time, 1])
            .expand([batch, time, 1]);
        let padding = steps.greater_equal(lengths);
        match batch_first {
            true => padding,
            false => padding.swap_dims(0, 1),
        }
    }
}
