//! Windows of a long stream, for truncated back-propagation through time.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The treatment of the predictions that do not fill a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remainder {
    /// They are made, in a last window that is shorter. Every prediction of the stream is made once.
    #[default]
    Keep,
    /// They are left out, as in Zaremba et al. (2014, *Recurrent Neural Network Regularization*): each of the `lanes`
    /// lanes has `tokens / lanes` tokens, of which it predicts all but the first, and only full windows count.
    Drop,
}

/// A stream that is too short for what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StreamBatchesError {
    /// No lanes or no steps.
    #[error("{lanes} lanes and {steps} steps, expected at least one of each")]
    Zero {
        /// The number of lanes.
        lanes: usize,
        /// The number of steps.
        steps: usize,
    },
    /// There are fewer predictions than lanes.
    #[error(
        "{tokens} tokens make too few predictions for {lanes} lanes, expected at least {needed} tokens"
    )]
    TooShort {
        /// The stream's length.
        tokens: usize,
        /// The number of lanes.
        lanes: usize,
        /// The shortest stream that will do.
        needed: usize,
    },
}

/// A stream of tokens cut into windows that are trained on one after the other.
///
/// `N` tokens make `N - 1` predictions, of token `i + 1` from token `i` and what came before. They are cut into `lanes`
/// contiguous lanes, whose lengths differ by one at most, and the lanes into windows of `steps` predictions. Row `l` of
/// each window goes on where row `l` of the window before it ended, so that a model carries a state for each lane from
/// window to window. With [`Remainder::Keep`], which is what [`new`](Self::new) gives, every prediction is in one window
/// exactly.
#[derive(Debug, Clone)]
pub struct StreamBatches {
    tokens: Arc<[u32]>,
    lanes: usize,
    steps: usize,
    remainder: Remainder,
}

/// The predictions of all lanes at `time` successive steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// `[lanes, time]`, a lane after the other: what is predicted from.
    pub inputs: Vec<u32>,
    /// `[lanes, time]`: what is to be predicted.
    pub targets: Vec<u32>,
    /// How many rows there are.
    pub lanes: usize,
    /// How many columns there are.
    pub time: usize,
    /// By lane, how many of its columns are predictions, from the first; the rest hold zeros and do not count. In the
    /// last window some lanes may have one less than the others, even none.
    pub lengths: Vec<usize>,
    /// Which window of the stream it is, from zero.
    pub index: usize,
}

impl Window {
    /// How many predictions there are in all lanes.
    pub fn predictions(&self) -> usize {
        self.lengths.iter().sum()
    }
}

impl StreamBatches {
    /// Cuts a stream into `lanes` lanes and windows of `steps` predictions, and leaves nothing out.
    ///
    /// # Errors
    ///
    /// When `lanes` or `steps` is zero, or there is not one prediction for each lane.
    pub fn new(
        tokens: impl Into<Arc<[u32]>>,
        lanes: usize,
        steps: usize,
    ) -> Result<Self, StreamBatchesError> {
        Self {
            tokens: tokens.into(),
            lanes,
            steps,
            remainder: Remainder::Keep,
        }
        .checked()
    }

    /// Says what happens to the predictions that do not fill a window.
    ///
    /// # Errors
    ///
    /// When with [`Remainder::Drop`] there is not one full window.
    pub fn with_remainder(mut self, remainder: Remainder) -> Result<Self, StreamBatchesError> {
        self.remainder = remainder;
        self.checked()
    }

    fn checked(self) -> Result<Self, StreamBatchesError> {
        let (lanes, steps) = (self.lanes, self.steps);
        if lanes == 0 || steps == 0 {
            return Err(StreamBatchesError::Zero { lanes, steps });
        }
        let needed = match self.remainder {
            Remainder::Keep => lanes.saturating_add(1),
            Remainder::Drop => lanes.saturating_mul(steps.saturating_add(1)),
        };
        if self.tokens.len() < needed {
            return Err(StreamBatchesError::TooShort {
                tokens: self.tokens.len(),
                lanes,
                needed,
            });
        }
        Ok(self)
    }

    /// How many rows each window has.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// How many columns each window has, the last one perhaps less.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// How many windows there are.
    #[expect(clippy::len_without_is_empty, reason = "there is always a window")]
    pub fn len(&self) -> usize {
        // No lane is longer than the first.
        self.lane(0).1.div_ceil(self.steps)
    }

    /// How many predictions there are in all windows.
    pub fn predictions(&self) -> usize {
        (0..self.lanes).map(|lane| self.lane(lane).1).sum()
    }

    /// One window.
    ///
    /// # Panics
    ///
    /// When `index` is not below [`len`](Self::len).
    pub fn window(&self, index: usize) -> Window {
        let len = self.len();
        assert!(index < len, "window {index} of a stream of {len} windows");
        let begin = index * self.steps;
        let length_here = |lane_length: usize| lane_length.saturating_sub(begin).min(self.steps);
        let time = length_here(self.lane(0).1);
        let mut window = Window {
            inputs: Vec::with_capacity(self.lanes * time),
            targets: Vec::with_capacity(self.lanes * time),
            lanes: self.lanes,
            time,
            lengths: Vec::with_capacity(self.lanes),
            index,
        };
        for lane in 0..self.lanes {
            let (start, lane_length) = self.lane(lane);
            let (from, length) = (start + begin, length_here(lane_length));
            window.lengths.push(length);
            for (row, from) in [(&mut window.inputs, from), (&mut window.targets, from + 1)] {
                row.extend_from_slice(&self.tokens[from..from + length]);
                row.resize((lane + 1) * time, 0);
            }
        }
        window
    }

    /// All windows in order.
    pub fn iter(&self) -> WindowIter<'_> {
        WindowIter {
            batches: self,
            next: 0,
        }
    }

    /// The first input of a lane, as its place in the stream, and the number of its predictions.
    fn lane(&self, lane: usize) -> (usize, usize) {
        match self.remainder {
            Remainder::Keep => {
                let predictions = self.tokens.len() - 1;
                let (each, over) = (predictions / self.lanes, predictions % self.lanes);
                (
                    lane * each + lane.min(over),
                    each + usize::from(lane < over),
                )
            }
            Remainder::Drop => {
                let each = self.tokens.len() / self.lanes;
                (lane * each, (each - 1) / self.steps * self.steps)
            }
        }
    }
}

/// The windows of a [`StreamBatches`] in order.
#[derive(Debug, Clone)]
pub struct WindowIter<'s> {
    batches: &'s StreamBatches,
    next: usize,
}

impl Iterator for WindowIter<'_> {
    type Item = Window;

    fn next(&mut self) -> Option<Window> {
        let window = (self.next < self.batches.len()).then(|| self.batches.window(self.next))?;
        self.next += 1;
        Some(window)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.batches.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for WindowIter<'_> {}

impl<'s> IntoIterator for &'s StreamBatches {
    type Item = Window;
    type IntoIter = WindowIter<'s>;

    fn into_iter(self) -> WindowIter<'s> {
        self.iter()
    }
}
