//! `evaluate`: the perplexity of a trained model, alone or mixed with another one.

use crate::config::{Config, RECIPE};
use crate::losses::Losses;
use crate::{mixture, trained};
use burn_recurrent_train::{Figures, Report, default_device, print_json};
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

/// The arguments of `evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateModelArgs {
    #[command(flatten)]
    pub common: burn_recurrent_train::EvaluateArgs,
    /// Another model, of the same vocabulary and data: interpolate both models' probabilities of each token, with the weight
    /// that is best on the validation data
    #[arg(long, value_name = "OTHER")]
    pub mix: Option<PathBuf>,
}

/// The line of `evaluate --json`.
#[derive(Serialize)]
struct Line {
    model: String,
    /// The split asked for, and the tokens predicted in it.
    split: String,
    tokens: u64,
    #[serde(flatten)]
    figures: Figures,
    tokens_per_second: f64,
}

pub fn evaluate(args: &EvaluateModelArgs) -> Result<(), Report> {
    match &args.mix {
        Some(other) => mixture::evaluate(&args.common, other),
        None => evaluate_alone(&args.common),
    }
}

fn evaluate_alone(args: &burn_recurrent_train::EvaluateArgs) -> Result<(), Report> {
    let run = RECIPE.open_model(&args.model)?;
    let config: Config = run.config()?;
    let trained = trained::load(&run, &default_device()?)?;
    let corpus = run.load_data(&config)?;
    corpus.text.splits.get(&args.split)?;

    let started = Instant::now();
    let (split, evaluation) = (&[args.split.as_str()], &config.evaluation);
    let losses = Losses::of_model(trained.model(), &corpus, split, evaluation)?;
    let seconds = started.elapsed().as_secs_f64();
    if args.json {
        print_json(&Line {
            model: args.model.display().to_string(),
            split: args.split.clone(),
            tokens: losses.tokens(),
            figures: losses.figures(),
            tokens_per_second: losses.tokens() as f64 / seconds,
        })
    } else {
        write!(std::io::stdout(), "{losses}")?;
        Ok(())
    }
}
