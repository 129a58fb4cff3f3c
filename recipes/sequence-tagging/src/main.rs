//! Sequence tagging: train and evaluate part-of-speech taggers, chunkers and slot fillers, and tag text with them.

mod config;
mod corpus;
mod evaluate;
mod export;
mod json;
mod tag;
mod text;
mod train;
mod trained;
mod view;

use burn_recurrent_train::{CardArgs, ExportArgs, ModelsArgs, TrainArgs};
use clap::{Parser, Subcommand};
use config::RECIPE;
use std::process::ExitCode;

/// Train and evaluate sequence taggers, and tag text with them.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Train a tagger; without CONFIG, one on the bundled requests to an assistant
    #[command(after_help = RECIPE.help())]
    Train(TrainArgs),
    /// Compute how often a trained tagger is right, and show where it is wrong
    Evaluate(evaluate::EvaluateTaggerArgs),
    /// Tag text or CoNLL columns
    Tag(tag::TagArgs),
    /// Make a folder of a trained model that can be shipped, with its card
    Export(ExportArgs),
    /// Write the card of an exported model again, with other examples and remarks
    Card(CardArgs),
    /// List the models that can be used by name
    Models(ModelsArgs),
}

fn main() -> ExitCode {
    burn_recurrent_train::init_logging();
    let cli = Cli::parse();
    burn_recurrent_train::main_exit(|| match cli.verb {
        Verb::Train(args) => train::train(&args),
        Verb::Evaluate(args) => evaluate::evaluate(&args),
        Verb::Tag(args) => tag::tag(&args),
        Verb::Export(args) => export::export(&args),
        Verb::Card(args) => export::card(&args),
        Verb::Models(args) => RECIPE.list_models(&args),
    })
}
