//! Errors as a person at a terminal needs them, and the exit codes of every recipe.

use std::error::Error;
use std::fmt;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use serde::Serialize;

use crate::checkpoint::error::CheckpointError;
use crate::config::ConfigError;
use crate::device::DeviceError;
use crate::language_modelling::error::LanguageModellingError;
use crate::memory::MemoryError;
use crate::panic_message::panic_message;
use crate::run_data::error::RunDataError;
use crate::run_directory::RunDirectoryError;
use crate::splits::SplitError;
use crate::tagging::error::TaggingError;
use crate::training::error::TrainError;
use crate::translation::error::TranslationError;

const FAILURE: u8 = 1;
const USAGE: u8 = 2;

/// Why a command failed: an error with its causes, what to do about it, and the exit code.
///
/// Every error turns into one by `?`. Those of this crate bring their help and exit code along.
#[derive(Debug)]
pub struct Report {
    error: Box<dyn Error + Send + Sync>,
    help: Option<String>,
    exit_code: u8,
}

impl Report {
    /// The command was used wrongly: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            error: message.into().into(),
            help: None,
            exit_code: USAGE,
        }
    }

    /// Something else went wrong: exit code 1.
    pub fn failure(message: impl Into<String>) -> Self {
        Self {
            error: message.into().into(),
            help: None,
            exit_code: FAILURE,
        }
    }

    /// Says what to do about it.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Replaces the exit code.
    pub fn with_exit_code(mut self, exit_code: u8) -> Self {
        self.exit_code = exit_code;
        self
    }

    /// Whether the reader of a pipe is gone.
    fn is_broken_pipe(&self) -> bool {
        let error = self.error.downcast_ref::<std::io::Error>();
        error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// 2 for wrong usage or config, 1 for anything else.
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Report {
    fn from(error: E) -> Self {
        let (help, usage) = diagnose(&error);
        Self {
            help,
            exit_code: if usage { USAGE } else { FAILURE },
            error: Box::new(error),
        }
    }
}

/// The help of the first error in the chain that has any, and whether any of them is about usage.
fn diagnose(error: &(dyn Error + 'static)) -> (Option<String>, bool) {
    let mut help = None;
    let mut usage = false;
    let mut next = Some(error);
    while let Some(error) = next {
        let (own_help, own_usage) = if let Some(error) = error.downcast_ref::<ConfigError>() {
            (error.help(), true)
        } else if let Some(error) = error.downcast_ref::<RunDirectoryError>() {
            (error.help(), error.is_usage())
        } else if let Some(error) = error.downcast_ref::<CheckpointError>() {
            (error.help(), error.is_usage())
        } else if let Some(error) = error.downcast_ref::<TrainError>() {
            (error.help(), error.is_usage())
        } else if let Some(error) = error.downcast_ref::<DeviceError>() {
            (error.help(), true)
        } else if let Some(error) = error.downcast_ref::<MemoryError>() {
            (error.help(), true)
        } else if let Some(error) = error.downcast_ref::<SplitError>() {
            (error.help(), true)
        } else if let Some(error) = error.downcast_ref::<RunDataError>() {
            (error.help(), false)
        } else if let Some(error) = error.downcast_ref::<LanguageModellingError>() {
            (error.help(), false)
        } else if let Some(error) = error.downcast_ref::<TaggingError>() {
            (error.help(), error.is_usage())
        } else if let Some(error) = error.downcast_ref::<TranslationError>() {
            (error.help(), error.is_usage())
        } else {
            (None, false)
        };
        help = help.or(own_help);
        usage |= own_usage;
        next = error.source();
    }
    (help, usage)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.error)?;
        let mut cause = self.error.source();
        let mut said = self.error.to_string();
        while let Some(error) = cause {
            // Many messages end with that of their cause.
            let message = error.to_string();
            if !said.ends_with(&message) {
                write!(f, "\n  caused by: {message}")?;
                said = message;
            }
            cause = error.source();
        }
        if let Some(help) = &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

/// The body of a recipe's `main`: runs the command, prints what went wrong, and gives the exit code.
///
/// A panic, which only a bug can cause, becomes a short message too; with `RUST_BACKTRACE` set it is left as it is.
pub fn main_exit(command: impl FnOnce() -> Result<(), Report>) -> ExitCode {
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|value| value == "0") {
        panic::set_hook(Box::new(|info| {
            let message = panic_message(info.payload());
            let place = info
                .location()
                .map_or_else(String::new, |at| format!(" ({at})"));
            eprintln!(
                "error: internal error: {message}{place}\nhelp: this is a bug, please report it; \
                 RUST_BACKTRACE=1 shows where it comes from"
            );
        }));
    }
    // Nothing of what the closure touched is used afterwards.
    match panic::catch_unwind(AssertUnwindSafe(command)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough, as `head` has.
        Ok(Err(report)) if report.is_broken_pipe() => ExitCode::SUCCESS,
        Ok(Err(report)) => {
            eprintln!("{report}");
            ExitCode::from(report.exit_code)
        }
        Err(_) => ExitCode::from(FAILURE),
    }
}

/// Prints a value as one line of JSON on standard output.
///
/// # Errors
///
/// When standard output cannot be written to; a pipe whose reader is gone ends [`main_exit`] quietly.
pub fn print_json(value: &impl Serialize) -> Result<(), Report> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    // Not `println!`, which panics where the reader of a pipe is gone.
    std::io::stdout().write_all(line.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn an_error_is_printed_with_its_causes_and_the_remedy() {
        let report = Report::from(RunDirectoryError::Write {
            path: PathBuf::from("runs/a"),
            source: std::io::Error::other("disk on fire"),
        });
        let text = report.to_string();
        assert!(
            text.starts_with(
                "error: cannot write `runs/a`\n  caused by: disk on fire\nhelp: check"
            ),
            "{text}"
        );
        assert_eq!(report.exit_code(), 1);
    }

    #[test]
    fn wrong_usage_and_wrong_configs_exit_with_2() {
        let config = ConfigError::Syntax {
            argument: "x".into(),
        };
        assert_eq!(Report::from(config).exit_code(), 2);
        let run = RunDirectoryError::Exists {
            path: PathBuf::from("a"),
        };
        assert_eq!(Report::from(run).exit_code(), 2);
        assert_eq!(Report::usage("no").exit_code(), 2);
        assert_eq!(Report::from(std::io::Error::other("no")).exit_code(), 1);
    }
}
