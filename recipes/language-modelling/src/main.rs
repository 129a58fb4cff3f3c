//! Language modelling: train, evaluate, sample and score n-gram, window and recurrent language models.

mod config;
mod corpus;
mod evaluate;
mod export;
mod losses;
mod mixture;
mod sample;
mod score;
mod train;
mod trained;
mod unknown;

use burn_recurrent_train::{CardArgs, ExportArgs, ModelsArgs, TrainArgs, init_logging, main_exit};
use clap::{Parser, Subcommand};
use config::RECIPE;
use std::process::ExitCode;

/// Train, evaluate, sample and score language models.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Train a model; without CONFIG, one on the bundled stories
    #[command(after_help = RECIPE.help())]
    Train(TrainArgs),
    /// Compute a trained model's perplexity, alone or mixed with another model
    Evaluate(evaluate::EvaluateModelArgs),
    /// Let a trained model write
    Sample(sample::SampleArgs),
    /// Compute how likely a trained model finds sentences, and rank them
    Score(score::ScoreArgs),
    /// Make a folder of a trained model that can be shipped, with its card
    Export(ExportArgs),
    /// Write the card of an exported model again, with other examples and remarks
    Card(CardArgs),
    /// List the models that can be used by name
    Models(ModelsArgs),
}

fn main() -> ExitCode {
    init_logging();
    let cli = Cli::parse();
    main_exit(|| match cli.verb {
        Verb::Train(args) => train::train(&args),
        Verb::Evaluate(args) => evaluate::evaluate(&args),
        Verb::Sample(args) => sample::sample(&args),
        Verb::Score(args) => score::score(&args),
        Verb::Export(args) => export::export(&args),
        Verb::Card(args) => export::card(&args),
        Verb::Models(args) => RECIPE.list_models(&args),
    })
}
