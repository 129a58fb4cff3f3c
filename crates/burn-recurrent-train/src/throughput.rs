//! Throughput: tokens a second.

use std::time::{Duration, Instant};

/// Counts tokens over the time spent in training steps, and only there.
#[derive(Debug, Default, Clone)]
pub struct Throughput {
    busy: Duration,
    tokens: u64,
    started: Option<Instant>,
}

impl Throughput {
    /// Goes on from an earlier count.
    pub fn resume(seconds: f64, tokens: u64) -> Self {
        Self {
            busy: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
            tokens,
            started: None,
        }
    }

    /// Starts the clock, unless it runs.
    pub fn start(&mut self) {
        self.started.get_or_insert_with(Instant::now);
    }

    /// Stops the clock: what follows is not training.
    pub fn pause(&mut self) {
        if let Some(started) = self.started.take() {
            self.busy += started.elapsed();
        }
    }

    /// Counts the tokens of a step.
    pub fn add(&mut self, tokens: u64) {
        self.tokens += tokens;
    }

    /// The tokens counted.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The time counted.
    pub fn seconds(&self) -> f64 {
        let running = self
            .started
            .map_or(Duration::ZERO, |started| started.elapsed());
        (self.busy + running).as_secs_f64()
    }

    /// Tokens a second; 0 before any time has passed.
    pub fn tokens_per_second(&self) -> f64 {
        let seconds = self.seconds();
        if seconds > 0.0 {
            self.tokens as f64 / seconds
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_time_between_start_and_pause_counts() {
        let mut meter = Throughput::resume(2.0, 100);
        assert_eq!(meter.tokens_per_second(), 50.0);
        meter.add(100);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(meter.tokens_per_second(), 100.0);
        meter.start();
        std::thread::sleep(Duration::from_millis(20));
        meter.pause();
        let seconds = meter.seconds();
        assert!(seconds >= 2.02);
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(meter.seconds(), seconds);
    }
}
