//! The time that a run has taken.

use std::time::{Duration, Instant};

/// Time since the run was started, without the gaps between its processes, and since the last checkpoint.
pub(super) struct Clock {
    before: f64,
    started: Instant,
    checkpoint: Instant,
}

impl Clock {
    pub(super) fn new(seconds_before: f64) -> Self {
        let now = Instant::now();
        Self {
            before: seconds_before,
            started: now,
            checkpoint: now,
        }
    }

    /// Since the run was started.
    pub(super) fn wall_seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }

    /// Since the last checkpoint.
    pub(super) fn since_checkpoint(&self) -> Duration {
        self.checkpoint.elapsed()
    }

    /// A checkpoint was made.
    pub(super) fn checkpoint_made(&mut self) {
        self.checkpoint = Instant::now();
    }
}
