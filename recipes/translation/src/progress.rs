//! How far a long translation is, on standard error.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Between two lines where there is no terminal to draw a bar on.
const EVERY: Duration = Duration::from_secs(10);

/// How far a translation is: a bar on a terminal, else a line every ten seconds.
pub struct TranslationProgress {
    shown: Shown,
    started: Instant,
}

enum Shown {
    No,
    Bar(ProgressBar),
    Lines(Mutex<Lines>),
}

struct Lines {
    done: u64,
    last: Instant,
}

impl TranslationProgress {
    /// Shows progress where `shown` says so.
    pub fn new(shown: bool) -> Self {
        let started = Instant::now();
        let shown = match (shown, std::io::stderr().is_terminal()) {
            (false, _) => Shown::No,
            (true, true) => {
                let style = ProgressStyle::with_template(
                    "{spinner} {human_pos} sentences translated, {per_sec}, {elapsed}",
                );
                let bar = ProgressBar::new_spinner();
                Shown::Bar(bar.with_style(style.expect("the template is right")))
            }
            (true, false) => Shown::Lines(Mutex::new(Lines {
                done: 0,
                last: started,
            })),
        };
        Self { shown, started }
    }

    /// So many more sentences are done.
    pub fn add(&self, done: usize) {
        match &self.shown {
            Shown::No => {}
            Shown::Bar(bar) => bar.inc(done as u64),
            Shown::Lines(lines) => {
                let mut lines = lines.lock().unwrap_or_else(|error| error.into_inner());
                lines.done += done as u64;
                if lines.last.elapsed() >= EVERY {
                    lines.last = Instant::now();
                    let rate = lines.done as f64 / self.started.elapsed().as_secs_f64();
                    eprintln!("{} sentences translated, {rate:.1} a second", lines.done);
                }
            }
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}
