//! `evaluate`: how well a trained translator translates, and where it is worst.

use crate::config::{Config, RECIPE};
use crate::progress::TranslationProgress;
use crate::trained;
use crate::translate::SearchArgs;
use burn_recurrent_train::translation::{Score, ScoredSentence};
use burn_recurrent_train::{EvaluateArgs, Figures, Report, default_device, print_json};
use burn_recurrent_zoo::TrainedTranslator;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// The arguments of `evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateTranslatorArgs {
    #[command(flatten)]
    common: EvaluateArgs,
    #[command(flatten)]
    search: SearchArgs,
    /// How many of the worst sentences to show
    #[arg(long, default_value_t = 10, value_name = "N")]
    worst: usize,
}

/// The line of `evaluate --json`.
#[derive(Serialize)]
struct Line<'a> {
    model: String,
    split: String,
    sentences: usize,
    #[serde(flatten)]
    figures: Figures,
    signatures: BTreeMap<String, String>,
    sentences_per_second: f64,
    worst: Vec<&'a ScoredSentence>,
}

pub fn evaluate(args: &EvaluateTranslatorArgs) -> Result<(), Report> {
    let run = RECIPE.open_model(&args.common.model)?;
    let config: Config = run.config()?;
    let translator = trained::load(&run, &default_device()?)?;
    let translator = args.search.apply(translator, 1)?;
    let corpus = run.load_data(&config)?;
    let name = &args.common.split;
    let split = corpus.splits.get(name)?;

    let score = Score::of(config.data.task, &split.part, |lines| {
        translated(&translator, lines)
    });
    let worst = score.worst(args.worst);
    if args.common.json {
        return print_json(&Line {
            model: args.common.model.display().to_string(),
            split: name.clone(),
            sentences: score.sentences.len(),
            figures: score.figures(name),
            signatures: score.signatures(name),
            sentences_per_second: score.sentences_per_second,
            worst,
        });
    }
    let mut out = std::io::stdout().lock();
    write!(out, "{name}: {score}")?;
    if !worst.is_empty() {
        writeln!(out, "\nthe worst sentences")?;
    }
    for sentence in worst {
        writeln!(out, "{:5}  {}", sentence.place + 1, sentence.source)?;
        writeln!(out, "       is  {}", sentence.translation)?;
        for reference in &sentence.references {
            writeln!(out, "   should be  {reference}")?;
        }
    }
    Ok(())
}

/// The best translation of each line, with progress shown.
fn translated(translator: &TrainedTranslator, lines: &[&str]) -> Vec<String> {
    let progress = TranslationProgress::new(true);
    let translations = translator.translate_nbest(lines, 1, |done| progress.add(done));
    progress.finish();
    let best = translations.into_iter().filter_map(|mut n| n.pop());
    best.map(|translation| translation.text).collect()
}
