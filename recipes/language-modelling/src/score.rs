//! `score`: how likely a trained model finds sentences.

use crate::config::RECIPE;
use crate::trained;
use crate::unknown::warn_of_unknown;
use burn_recurrent_datasets::{TextLines, TextSource, open_text};
use burn_recurrent_models::score as score_tokens;
use burn_recurrent_train::{Report, default_device, print_json};
use clap::Args;
use serde::Serialize;
use std::io::{BufReader, IsTerminal, Write};
use std::path::PathBuf;

/// The arguments of `score`.
#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// The run directory of the model, or the name of one that `models` lists
    #[arg(long, value_name = "MODEL")]
    model: PathBuf,
    /// The sentences; without any, and without --file, one a line from standard input
    sentences: Vec<String>,
    /// A file with a sentence a line
    #[arg(long, conflicts_with = "sentences")]
    file: Option<PathBuf>,
    /// Print each sentence as a line of JSON, in the order given
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line {
    sentence: String,
    log_probability: f64,
    tokens: usize,
    perplexity: f64,
    /// 1 for the likeliest of all sentences.
    rank: usize,
}

pub fn score(args: &ScoreArgs) -> Result<(), Report> {
    let run = RECIPE.open_model(&args.model)?;
    let model = trained::load(&run, &default_device()?)?;
    // Of a blank line there is only the end to score, where the model has one.
    let sentences = sentences(args, model.end().is_some())?;
    if sentences.is_empty() {
        return Err(Report::usage("there is no sentence to score"));
    }

    let mut scored = Vec::with_capacity(sentences.len());
    for (number, text) in (1..).zip(sentences) {
        let sentence = model
            .sentence(&text)
            .map_err(|error| Report::usage(format!("sentence {number}: {error}")))?;
        warn_of_unknown(model.vocabulary(), &format!("sentence {number}"), &text);
        if sentence.tokens.is_empty() {
            return Err(Report::usage(format!(
                "sentence {number} is too short to score"
            )));
        }
        let score = score_tokens(model.model(), &sentence.context, &sentence.tokens);
        scored.push((text, score));
    }
    let mut order: Vec<usize> = (0..scored.len()).collect();
    order.sort_by(|left, right| {
        let likelihood = |index: &usize| scored[*index].1.log_probability;
        likelihood(right).total_cmp(&likelihood(left))
    });

    if args.json {
        let mut ranks = vec![0; order.len()];
        for (rank, index) in order.into_iter().enumerate() {
            ranks[index] = rank + 1;
        }
        for ((sentence, score), rank) in scored.into_iter().zip(ranks) {
            print_json(&Line {
                sentence,
                log_probability: score.log_probability,
                tokens: score.tokens,
                perplexity: score.perplexity(),
                rank,
            })?;
        }
    } else {
        let mut out = std::io::stdout().lock();
        writeln!(out, "log-probability  perplexity  sentence")?;
        for index in order {
            let (sentence, score) = &scored[index];
            let (nats, perplexity) = (score.log_probability, score.perplexity());
            writeln!(out, "{nats:>15.3}  {perplexity:>10.2}  {sentence}")?;
        }
    }
    Ok(())
}

fn sentences(args: &ScoreArgs, keep_blank: bool) -> Result<Vec<String>, Report> {
    if !args.sentences.is_empty() {
        return Ok(args.sentences.clone());
    }
    let (source, path): (TextSource, PathBuf) = match &args.file {
        Some(path) => (open_text(path)?, path.clone()),
        None => {
            if std::io::stdin().is_terminal() {
                eprintln!("a sentence a line, then Ctrl-D:");
            }
            (
                Box::new(BufReader::new(std::io::stdin())),
                "standard input".into(),
            )
        }
    };
    let mut lines = TextLines::new(source, path);
    let mut sentences = Vec::new();
    while let Some(line) = lines.next_line()? {
        if keep_blank || !line.trim().is_empty() {
            sentences.push(line.to_string());
        }
    }
    Ok(sentences)
}
