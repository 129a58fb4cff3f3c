//! `evaluate`: how often a trained tagger is right, and where it is wrong.

use crate::config::{Config, RECIPE};
use crate::trained;
use burn_recurrent_text::{Confusion, TokenPlace};
use burn_recurrent_train::tagging::{LabelScore, LabelTable, Score, Split};
use burn_recurrent_train::{EvaluateArgs, Figures, Report, default_device, print_json};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// The words shown on each side of an example.
const CONTEXT: usize = 5;

/// The arguments of `evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateTaggerArgs {
    #[command(flatten)]
    common: EvaluateArgs,
    /// How many of the most frequent confusions to show
    #[arg(long, default_value_t = 10, value_name = "N")]
    confusions: usize,
    /// How many examples of each
    #[arg(long, default_value_t = 3, value_name = "N")]
    examples: usize,
}

/// The line of `evaluate --json`.
#[derive(Serialize)]
struct Line {
    model: String,
    split: String,
    sentences: usize,
    tokens: u64,
    #[serde(flatten)]
    figures: Figures,
    labels: BTreeMap<String, LabelScore>,
    confusions: Vec<ConfusionLine>,
    tokens_per_second: f64,
}

#[derive(Serialize)]
struct ConfusionLine {
    gold: String,
    predicted: String,
    count: u64,
    examples: Vec<String>,
}

pub fn evaluate(args: &EvaluateTaggerArgs) -> Result<(), Report> {
    let run = RECIPE.open_model(&args.common.model)?;
    let config: Config = run.config()?;
    let tagger = trained::load(&run, &config, &default_device()?)?;
    let corpus = run.load_data(&config)?;
    let name = &args.common.split;
    let split = corpus.splits.get(name)?;

    let score = Score::of(config.data.task, split, |sentences| tagger.tag(sentences));
    let confusions = score.confusions.worst(args.confusions);
    let examples = |confusion: &Confusion<'_>| -> Vec<String> {
        let places = confusion.examples.iter().take(args.examples);
        places.map(|place| in_context(split, *place)).collect()
    };
    if args.common.json {
        return print_json(&Line {
            model: args.common.model.display().to_string(),
            split: name.clone(),
            sentences: split.gold.len(),
            tokens: score.confusions.tokens(),
            figures: score.figures(name),
            labels: score.labels(),
            confusions: confusions
                .iter()
                .map(|confusion| ConfusionLine {
                    gold: confusion.gold.to_string(),
                    predicted: confusion.predicted.to_string(),
                    count: confusion.count,
                    examples: examples(confusion),
                })
                .collect(),
            tokens_per_second: score.tokens_per_second,
        });
    }
    let mut out = std::io::stdout().lock();
    write!(out, "{name}: {score}")?;
    write!(out, "\n{}", LabelTable(&score.labels()))?;
    if !confusions.is_empty() {
        writeln!(out, "\nmost frequent confusions")?;
    }
    for confusion in &confusions {
        let Confusion {
            gold,
            predicted,
            count,
            ..
        } = confusion;
        writeln!(out, "{count:6}  {gold} taken for {predicted}")?;
        for example in examples(confusion) {
            writeln!(out, "        {example}")?;
        }
    }
    Ok(())
}

/// A word among its neighbours, with its line where it is from a file.
fn in_context(split: &Split, place: TokenPlace) -> String {
    let sentence = &split.part.sentences[place.sentence];
    let words = &sentence.words;
    let from = place.position.saturating_sub(CONTEXT);
    let to = (place.position + CONTEXT + 1).min(words.len());
    let mut parts = Vec::new();
    parts.extend((from > 0).then(|| "…".to_string()));
    for (position, word) in words.iter().enumerate().take(to).skip(from) {
        let word = shortened(word);
        parts.push(match position == place.position {
            true => format!("[{word}]"),
            false => word,
        });
    }
    parts.extend((to < words.len()).then(|| "…".to_string()));
    match sentence.line(place.position) {
        0 => parts.join(" "),
        line => format!("line {line}: {}", parts.join(" ")),
    }
}

/// A word that does not fill the screen.
fn shortened(word: &str) -> String {
    match word.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_string(),
    }
}
