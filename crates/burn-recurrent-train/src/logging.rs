//! Warnings on standard error, as a person reads them.

use std::io::Write;

use env_logger::{Builder, Env};
use log::{Level, Record};

/// Sends what is logged to standard error: warnings and errors, or what `RUST_LOG` asks for. To be called once, at the
/// beginning of a recipe's `main`.
///
/// A warning reads as the errors of [`main_exit`](crate::main_exit) do, `warning: ...`; what is below it has its level and
/// module, for whoever looks for a fault.
pub fn init_logging() {
    Builder::from_env(Env::default().default_filter_or("warn"))
        .format(|out, record| writeln!(out, "{}", line(record)))
        .init();
}

fn line(record: &Record<'_>) -> String {
    match record.level() {
        Level::Error => format!("error: {}", record.args()),
        Level::Warn => format!("warning: {}", record.args()),
        level => format!("[{level} {}] {}", record.target(), record.args()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_for_persons_and_the_rest_says_where_it_is_from() {
        let shown = |level| {
            let mut record = Record::builder();
            record.level(level).target("recipe::train");
            line(&record.args(format_args!("so it is")).build())
        };
        assert_eq!(shown(Level::Warn), "warning: so it is");
        assert_eq!(shown(Level::Error), "error: so it is");
        assert_eq!(shown(Level::Info), "[INFO recipe::train] so it is");
    }
}
