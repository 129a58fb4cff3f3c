//! `score`: how likely a trained model finds sentences.

use crate::config::RECIPE;
use crate::trained;
use crate::unknown::warn_of_unknown;
use burn_recurrent_datasets::{TextLines, TextSource, open_text, read_bytes};
use burn_recurrent_models::{Likelihood, score as score_tokens};
use burn_recurrent_text::Unit;
use burn_recurrent_train::{Report, default_device, print_json};
use burn_recurrent_zoo::{LanguageModelError, Sentence, TrainedLanguageModel};
use clap::Args;
use serde::Serialize;
use std::io::{BufReader, IsTerminal, Read, Write};
use std::path::PathBuf;

const STANDARD_INPUT: &str = "standard input";

/// The arguments of `score`.
#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// The run directory of the model, or the name of one that `models` lists
    #[arg(long, value_name = "MODEL")]
    model: PathBuf,
    /// The sentences; without any, and without --file, one a line from standard input
    sentences: Vec<String>,
    /// A file with a sentence a line; for a model of bytes, of any bytes
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
    /// None where there is no token to predict, as of a blank line of a model without ends of sentences.
    perplexity: Option<f64>,
    /// 1 for the likeliest of all sentences that have a token to predict.
    rank: Option<usize>,
}

pub fn score(args: &ScoreArgs) -> Result<(), Report> {
    let run = RECIPE.open_model(&args.model)?;
    let model = trained::load(&run, &default_device()?)?;
    let sentences = sentences(args, model.vocabulary().unit())?;
    if sentences.is_empty() {
        return Err(Report::usage("there is no sentence to score"));
    }

    let mut scored = Vec::with_capacity(sentences.len());
    for (number, given) in (1..).zip(sentences) {
        let sentence = given
            .tokens(&model)
            .map_err(|error| Report::usage(format!("sentence {number}: {error}")))?;
        if let Given::Text(text) = &given {
            warn_of_unknown(model.vocabulary(), &format!("sentence {number}"), text);
        }
        let score = match sentence.tokens.is_empty() {
            true => None,
            false => Some(score_tokens(
                model.model(),
                &sentence.context,
                &sentence.tokens,
            )),
        };
        scored.push((given.shown(), score));
    }
    if scored.iter().all(|(_, score)| score.is_none()) {
        return Err(Report::usage("sentence 1 is too short to score"));
    }
    let order = likeliest_first(&scored);
    match args.json {
        true => print_lines(scored, &order),
        false => print_table(&scored, &order),
    }
}

/// The indices of the sentences that have a score, the likeliest first.
fn likeliest_first(scored: &[(String, Option<Likelihood>)]) -> Vec<usize> {
    let likelihood = |index: &usize| scored[*index].1.map_or(0.0, |score| score.log_probability);
    let mut order: Vec<usize> = (0..scored.len()).collect();
    order.retain(|index| scored[*index].1.is_some());
    order.sort_by(|left, right| likelihood(right).total_cmp(&likelihood(left)));
    order
}

fn print_lines(scored: Vec<(String, Option<Likelihood>)>, order: &[usize]) -> Result<(), Report> {
    let mut ranks = vec![None; scored.len()];
    for (rank, index) in order.iter().enumerate() {
        ranks[*index] = Some(rank + 1);
    }
    for ((sentence, score), rank) in scored.into_iter().zip(ranks) {
        print_json(&Line {
            sentence,
            log_probability: score.map_or(0.0, |score| score.log_probability),
            tokens: score.map_or(0, |score| score.tokens),
            perplexity: score.map(|score| score.perplexity()),
            rank,
        })?;
    }
    Ok(())
}

fn print_table(scored: &[(String, Option<Likelihood>)], order: &[usize]) -> Result<(), Report> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "log-probability  perplexity  sentence")?;
    for index in order {
        let (sentence, Some(score)) = &scored[*index] else {
            continue;
        };
        let (nats, perplexity) = (score.log_probability, score.perplexity());
        writeln!(out, "{nats:>15.3}  {perplexity:>10.2}  {sentence}")?;
    }
    for (sentence, _) in scored.iter().filter(|(_, score)| score.is_none()) {
        writeln!(out, "{:>15}  {:>10}  {sentence}", "-", "-")?;
    }
    Ok(())
}

/// A sentence as it was given.
enum Given {
    Text(String),
    Bytes(Vec<u8>),
}

impl Given {
    fn tokens(&self, model: &TrainedLanguageModel) -> Result<Sentence, LanguageModelError> {
        match self {
            Self::Text(text) => model.sentence(text),
            Self::Bytes(bytes) => model.sentence_of_bytes(bytes),
        }
    }

    fn shown(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

fn sentences(args: &ScoreArgs, unit: Unit) -> Result<Vec<Given>, Report> {
    if !args.sentences.is_empty() {
        let sentences = args.sentences.iter().cloned();
        return Ok(sentences.map(Given::Text).collect());
    }
    if args.file.is_none() && std::io::stdin().is_terminal() {
        eprintln!("a sentence a line, then Ctrl-D:");
    }
    match unit {
        Unit::Byte => lines_of_bytes(args),
        Unit::Character | Unit::Word => lines_of_text(args),
    }
}

/// The lines of a text; blank ones keep their place.
fn lines_of_text(args: &ScoreArgs) -> Result<Vec<Given>, Report> {
    let (source, path): (TextSource, PathBuf) = match &args.file {
        Some(path) => (open_text(path)?, path.clone()),
        None => {
            let input = BufReader::new(std::io::stdin());
            (Box::new(input), STANDARD_INPUT.into())
        }
    };
    let mut lines = TextLines::new(source, path);
    let mut sentences = Vec::new();
    while let Some(line) = lines.next_line()? {
        sentences.push(Given::Text(line.to_string()));
    }
    Ok(sentences)
}

/// What stands between line feeds, byte for byte, as a model of bytes is trained on it: a CR and a byte order mark are bytes
/// like others.
fn lines_of_bytes(args: &ScoreArgs) -> Result<Vec<Given>, Report> {
    let mut bytes = match &args.file {
        Some(path) => read_bytes(path)?,
        None => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes)?;
            bytes
        }
    };
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    // The last line feed ends a line and begins none.
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    let lines = bytes.split(|byte| *byte == b'\n');
    Ok(lines.map(|line| Given::Bytes(line.to_vec())).collect())
}
