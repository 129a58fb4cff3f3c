//! Which rows are at work at which step, and where their numbers lie.

use std::ops::Range;

use crate::kind::Layout;

/// The rows of a call. Rows are numbered twice: by their place in the batch, and by their position
/// in the order of falling length, so that the rows at work at any step are the first ones.
///
/// Only real steps are stored: `start[row] + t * stride` is the index of a row's step in the
/// buffers of gates and cells ("compact"). Without lengths that is the layout of the input.
pub(crate) struct Schedule {
    pub(crate) batch: usize,
    pub(crate) time: usize,
    pub(crate) reverse: bool,
    layout: Layout,
    /// Row by position.
    pub(crate) order: Vec<usize>,
    /// Length by row.
    pub(crate) lengths: Vec<usize>,
    /// Whether some row is shorter than `time`.
    pub(crate) ragged: bool,
    start: Vec<usize>,
    stride: usize,
    /// Number of rows at work, by time.
    active: Vec<usize>,
    /// All real steps.
    pub(crate) total: usize,
}

impl Schedule {
    pub(crate) fn new(
        batch: usize,
        time: usize,
        lengths: Option<&[usize]>,
        reverse: bool,
        layout: Layout,
    ) -> Self {
        let lengths = lengths.map_or_else(|| vec![time; batch], <[usize]>::to_vec);
        assert_eq!(lengths.len(), batch, "one length for each row");
        let ragged = lengths.iter().any(|&length| length < time);
        let mut order: Vec<usize> = (0..batch).collect();
        let (start, stride) = if ragged {
            order.sort_by_key(|&row| std::cmp::Reverse(lengths[row]));
            let mut next = 0;
            let mut take = |length: &usize| {
                next += length;
                next - length
            };
            (lengths.iter().map(&mut take).collect(), 1)
        } else {
            match layout {
                Layout::BatchFirst => ((0..batch).map(|row| row * time).collect(), 1),
                Layout::TimeFirst => ((0..batch).collect(), batch),
            }
        };
        let mut active = vec![0; time];
        for &length in &lengths {
            for count in &mut active[..length] {
                *count += 1;
            }
        }
        let total = lengths.iter().sum();
        Self {
            batch,
            time,
            reverse,
            layout,
            order,
            lengths,
            ragged,
            start,
            stride,
            active,
            total,
        }
    }

    /// Copies the real steps of `[batch, time, width]` numbers, in this layout, one after the other, where some are
    /// not real.
    pub(crate) fn compacted(&self, input: &[f32], width: usize) -> Option<Vec<f32>> {
        self.ragged.then(|| {
            let mut out = vec![0.0; self.total * width];
            self.for_each(0..self.batch, |to, from, _, _| {
                out[to * width..][..width].copy_from_slice(&input[from * width..][..width]);
            });
            out
        })
    }

    /// Index of a real step among the stored ones.
    pub(crate) fn compact(&self, row: usize, t: usize) -> usize {
        self.start[row] + t * self.stride
    }

    /// Index of a step in inputs and outputs.
    pub(crate) fn full(&self, row: usize, t: usize) -> usize {
        match self.layout {
            Layout::BatchFirst => row * self.time + t,
            Layout::TimeFirst => t * self.batch + row,
        }
    }

    /// The time of the step that is computed as number `step`.
    pub(crate) fn time_of(&self, step: usize) -> usize {
        if self.reverse {
            self.time - 1 - step
        } else {
            step
        }
    }

    /// The positions among `range` that are at work at time `t`.
    pub(crate) fn active(&self, range: &Range<usize>, t: usize) -> Range<usize> {
        range.start..range.end.min(self.active[t]).max(range.start)
    }

    /// The step before `t` in the order of computation, where there is a real one.
    pub(crate) fn previous(&self, row: usize, t: usize) -> Option<usize> {
        if self.reverse {
            (t + 1 < self.lengths[row]).then_some(t + 1)
        } else {
            t.checked_sub(1)
        }
    }

    /// Whether `t` is the last step of a row in the order of computation.
    pub(crate) fn is_last(&self, row: usize, t: usize) -> bool {
        if self.reverse {
            t == 0
        } else {
            t + 1 == self.lengths[row]
        }
    }

    /// Splits the positions into `parts` neighbouring ranges of about the same number of steps.
    pub(crate) fn split(&self, parts: usize) -> Vec<Range<usize>> {
        let mut ranges = Vec::with_capacity(parts);
        let (mut position, mut steps) = (0, 0);
        for part in 1..=parts {
            let first = position;
            let goal = (self.total * part).div_ceil(parts);
            while position < self.batch && (part == parts || steps < goal) {
                steps += self.lengths[self.order[position]];
                position += 1;
            }
            ranges.push(first..position);
        }
        ranges
    }

    /// Runs of compact indices that together are the real steps of some positions in the steps
    /// `steps`, as they are computed.
    pub(crate) fn runs(&self, positions: &Range<usize>, steps: Range<usize>) -> Vec<Range<usize>> {
        let times = if self.reverse {
            self.time - steps.end..self.time - steps.start
        } else {
            steps
        };
        let mut runs: Vec<Range<usize>> = Vec::new();
        let mut add = |run: Range<usize>| match runs.last_mut() {
            Some(last) if last.end == run.start => last.end = run.end,
            _ if run.is_empty() => {}
            _ => runs.push(run),
        };
        if self.ragged || self.layout == Layout::BatchFirst {
            for &row in &self.order[positions.clone()] {
                let end = times.end.min(self.lengths[row]);
                let start = times.start.min(end);
                add(self.compact(row, start)..self.compact(row, end));
            }
        } else {
            for t in times {
                let first = positions.start + t * self.stride;
                add(first..first + positions.len());
            }
        }
        runs
    }

    /// Calls `f(compact index, full index, row, t)` for all real steps of the rows in `rows`.
    pub(crate) fn for_each(
        &self,
        rows: Range<usize>,
        mut f: impl FnMut(usize, usize, usize, usize),
    ) {
        for row in rows {
            for t in 0..self.lengths[row] {
                f(self.compact(row, t), self.full(row, t), row, t);
            }
        }
    }
}
