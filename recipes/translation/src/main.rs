//! Translation: train and evaluate encoder-decoders on sentences and on spelling, and translate with them.

mod config;
mod corpus;
mod evaluate;
mod export;
mod progress;
mod train;
mod trained;
mod translate;

use burn_recurrent_train::{CardArgs, ExportArgs, ModelsArgs, TrainArgs};
use clap::{Parser, Subcommand};
use config::RECIPE;
use std::process::ExitCode;

/// Train and evaluate translators of sentences and of spelling into sounds, and translate with them.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Train a translator; without CONFIG, one on the bundled German and English sentences
    #[command(after_help = RECIPE.help())]
    Train(TrainArgs),
    /// Compute how well a trained translator translates, and show where it is worst
    Evaluate(evaluate::EvaluateTranslatorArgs),
    /// Translate lines of text
    Translate(translate::TranslateArgs),
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
        Verb::Translate(args) => translate::translate(&args),
        Verb::Export(args) => export::export(&args),
        Verb::Card(args) => export::card(&args),
        Verb::Models(args) => RECIPE.list_models(&args),
    })
}
