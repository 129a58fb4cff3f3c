//! Progress for people: burn-train's dashboard on a terminal, otherwise plain lines on standard error.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use crate::{EpochRecord, LossSum};

/// The display of progress. Standard output stays free in all but the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    /// The dashboard where both standard output and standard error are a terminal, lines elsewhere.
    #[default]
    Auto,
    /// A line every ten seconds and one at the end of each epoch.
    Lines,
    /// Nothing.
    Quiet,
}

impl Progress {
    pub(crate) fn is_dashboard(self) -> bool {
        self == Self::Auto && std::io::stdout().is_terminal() && std::io::stderr().is_terminal()
    }
}

const INTERVAL: Duration = Duration::from_secs(10);

/// Where training stands after a step.
pub(crate) struct Standing {
    pub(crate) epoch: usize,
    pub(crate) step: usize,
    pub(crate) steps: usize,
    pub(crate) train: LossSum,
    pub(crate) learning_rate: f64,
    pub(crate) tokens_per_second: f64,
}

/// Prints the lines.
pub(crate) struct ProgressLines {
    epochs: usize,
    quiet: bool,
    started: Instant,
    printed: Instant,
    /// Epochs, with fractions, completed when this process began.
    origin: Option<f64>,
}

impl ProgressLines {
    pub(crate) fn new(epochs: usize, quiet: bool) -> Self {
        let now = Instant::now();
        Self {
            epochs,
            quiet,
            started: now,
            printed: now,
            origin: None,
        }
    }

    pub(crate) fn say(&self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    pub(crate) fn step(&mut self, standing: &Standing) {
        let done = (standing.epoch - 1) as f64 + fraction(standing.step, standing.steps);
        // The first step also warms up caches and kernels, so the rate is taken from there on.
        let origin = *self.origin.get_or_insert_with(|| {
            self.started = Instant::now();
            done
        });
        if self.quiet || self.printed.elapsed() < INTERVAL {
            return;
        }
        self.printed = Instant::now();
        let left = (done > origin).then(|| {
            self.started.elapsed().as_secs_f64() / (done - origin) * (self.epochs as f64 - done)
        });
        eprintln!("{}", step_line(standing, self.epochs, left));
    }

    pub(crate) fn epoch(&mut self, record: &EpochRecord) {
        self.printed = Instant::now();
        self.say(&epoch_line(record, self.epochs));
    }
}

fn fraction(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        1.0
    } else {
        (part as f64 / whole as f64).min(1.0)
    }
}

fn step_line(standing: &Standing, epochs: usize, seconds_left: Option<f64>) -> String {
    let left = seconds_left.map_or_else(String::new, |seconds| {
        format!(", {} left", duration(seconds))
    });
    format!(
        "epoch {}/{epochs}, step {}/{} ({:.0}%): {:.4} nats/token, perplexity {}, learning rate {}, {:.0} tokens/s{left}",
        standing.epoch,
        standing.step,
        standing.steps,
        100.0 * fraction(standing.step, standing.steps),
        standing.train.nats_per_token(),
        figure(standing.train.perplexity()),
        rate(standing.learning_rate),
        standing.tokens_per_second,
    )
}

fn epoch_line(record: &EpochRecord, epochs: usize) -> String {
    let metrics: String = record
        .valid_metrics
        .iter()
        .map(|(name, value)| format!(", {} {value:.4}", name.trim_start_matches("valid_")))
        .collect();
    format!(
        "epoch {}/{epochs} done: training {:.4} nats/token (perplexity {}), validation {:.4} (perplexity {}{metrics}{}), learning rate {}, {:.0} tokens/s, {}",
        record.epoch,
        record.train_nats_per_token,
        figure(record.train_perplexity),
        record.valid_nats_per_token,
        figure(record.valid_perplexity),
        if record.best { ", the best so far" } else { "" },
        rate(record.learning_rate),
        record.tokens_per_second,
        duration(record.seconds),
    )
}

/// A learning rate with as many digits as it has, within reason.
fn rate(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-3 {
        format!("{value:.2e}")
    } else {
        format!("{}", (value * 1e6).round() / 1e6)
    }
}

/// A perplexity with about four significant digits.
fn figure(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.3}")
    } else if value < 1000.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// `45 s`, `12 min`, `3 h 20 min`.
fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    if seconds < 99.5 {
        format!("{seconds:.0} s")
    } else if minutes < 100 {
        format!("{minutes} min")
    } else {
        format!("{} h {} min", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_line_says_where_how_good_how_fast_and_how_long() {
        let standing = Standing {
            epoch: 3,
            step: 1200,
            steps: 4800,
            train: LossSum {
                nats: 470.0,
                tokens: 100,
            },
            learning_rate: 1.0,
            tokens_per_second: 5123.4,
        };
        assert_eq!(
            step_line(&standing, 13, Some(750.0)),
            "epoch 3/13, step 1200/4800 (25%): 4.7000 nats/token, perplexity 109.9, learning rate 1, 5123 tokens/s, 13 min left"
        );
    }

    #[test]
    fn figures_are_short() {
        assert_eq!(duration(9.6), "10 s");
        assert_eq!(duration(700.0), "12 min");
        assert_eq!(duration(12_000.0), "3 h 20 min");
        assert_eq!(rate(0.000_125), "1.25e-4");
        assert_eq!(rate(0.25), "0.25");
        assert_eq!(figure(5.251_234), "5.251");
        assert_eq!(figure(12_345.6), "12346");
    }
}
