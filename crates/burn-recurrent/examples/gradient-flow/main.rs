//! How far back the gradient reaches: the norm of the loss's gradient with respect to each earlier state of seven recurrent
//! networks, before and after training on the adding problem, and which of them learn it.
//!
//! ```sh
//! cargo run --release -p burn-recurrent --features flex --example gradient-flow -- --out docs/gradient-flow
//! ```
//!
//! It draws `length-50.svg` and `length-200.svg` and prints a table of them; `docs/gradient-flow.md` says what there is to see.

mod adding;
mod architecture;
mod cells;
mod clip;
mod flow;
mod model;
mod panel;
mod picture;
mod study;

use architecture::Architecture;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use study::{Settings, Study};

#[derive(Debug, Parser)]
#[command(max_term_width = 100)]
struct Args {
    /// The sequences' lengths, a picture each
    #[arg(long, value_delimiter = ',', default_values_t = [50, 200], value_parser = length)]
    length: Vec<usize>,
    /// Only these architectures
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Architecture>,
    /// The folder for the pictures
    #[arg(long, default_value = "docs/gradient-flow")]
    out: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

fn length(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(length) if length >= 2 => Ok(length),
        _ => Err("expected a number of at least 2".into()),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    std::fs::create_dir_all(&args.out)?;
    println!("| length | network | error | learnt after | time |");
    println!("| ---: | --- | ---: | ---: | ---: |");
    for length in args.length {
        let mut studies = Vec::new();
        for architecture in Architecture::value_variants() {
            if args.only.is_empty() || args.only.contains(architecture) {
                let study = architecture.study(length, &args.settings);
                println!("{}", row(length, &study));
                studies.push(study);
            }
        }
        let path = args.out.join(format!("length-{length}.svg"));
        std::fs::write(&path, picture::draw(length, &studies)?)?;
        eprintln!("{}", path.display());
    }
    Ok(())
}

/// A study as a row of the table.
fn row(length: usize, study: &Study) -> String {
    let learnt = match study.learnt_after() {
        Some(steps) => format!("{steps} steps"),
        None => "-".to_string(),
    };
    format!(
        "| {length} | {} | {:.4} | {learnt} | {:.0} s |",
        study.architecture.name(),
        study.error(),
        study.seconds
    )
}
