//! Progress on standard error: a bar on a terminal, some plain lines elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows how much of one file has arrived.
pub(super) enum Progress {
    Bar(ProgressBar),
    Lines {
        name: String,
        size: u64,
        /// The next tenth of the size that gets a line.
        next_tenth: u64,
    },
}

impl Progress {
    pub(super) fn new(name: &str, size: u64) -> Self {
        if std::io::stderr().is_terminal() {
            let style =
                ProgressStyle::with_template("{prefix} {wide_bar} {bytes}/{total_bytes} {eta}")
                    .expect("the template is valid");
            let bar = ProgressBar::new(size).with_style(style);
            bar.set_prefix(name.to_string());
            Progress::Bar(bar)
        } else {
            eprintln!("downloading {name} ({size} bytes)");
            Progress::Lines {
                name: name.to_string(),
                size,
                next_tenth: 1,
            }
        }
    }

    /// So many bytes of the file are here.
    pub(super) fn at(&mut self, bytes: u64) {
        match self {
            Progress::Bar(bar) => bar.set_position(bytes),
            Progress::Lines {
                name,
                size,
                next_tenth,
            } => {
                let tenth = (bytes * 10).checked_div(*size).unwrap_or(10).min(10);
                // The last tenth is the line of `done`, once the checksum holds.
                if tenth >= *next_tenth && tenth < 10 {
                    eprintln!("{name}: {} %", tenth * 10);
                    *next_tenth = tenth + 1;
                }
            }
        }
    }

    /// Something that the user should know while it goes on.
    pub(super) fn note(&self, message: &str) {
        match self {
            Progress::Bar(bar) => bar.println(message),
            Progress::Lines { name, .. } => eprintln!("{name}: {message}"),
        }
    }

    /// The file is complete and verified.
    pub(super) fn done(&self) {
        match self {
            Progress::Bar(bar) => bar.finish(),
            Progress::Lines { name, .. } => eprintln!("{name}: complete, checksum verified"),
        }
    }
}
