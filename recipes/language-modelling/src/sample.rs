//! `sample`: let a trained model write.

use crate::config::{Config, RECIPE};
use crate::corpus::{boundary, warn_of_unknown};
use crate::trained::{self, Trained};
use burn_recurrent_models::{Sampler, SamplerConfig, generate};
use burn_recurrent_text::{Special, Unit, Vocabulary};
use burn_recurrent_train::{Report, RunDirectory, default_device, print_json};
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// The arguments of `sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// The run directory of the model
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// What the text begins with
    #[arg(long, default_value = "", value_name = "TEXT")]
    prompt: String,
    /// The most tokens to write
    #[arg(long, default_value_t = 200, value_name = "N")]
    max_tokens: usize,
    /// How many texts to write
    #[arg(long, default_value_t = 1, value_name = "N")]
    count: u64,
    /// Below 1 the likely tokens become likelier; at 0 the likeliest is always taken
    #[arg(
        long,
        default_value_t = 1.0,
        allow_negative_numbers = true,
        value_name = "T"
    )]
    temperature: f64,
    /// Draw from so many of the likeliest tokens only
    #[arg(long, value_name = "K")]
    top_k: Option<usize>,
    /// Draw from the likeliest tokens that together have this probability only
    #[arg(long, allow_negative_numbers = true, value_name = "P")]
    top_p: Option<f64>,
    /// Let the model also write `<unk>`, which stands for any token that it does not know
    #[arg(long)]
    allow_unknown: bool,
    /// The same seed writes the same text
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Print each text as a line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line {
    prompt: String,
    text: String,
    tokens: usize,
    seed: u64,
}

pub fn sample(args: &SampleArgs) -> Result<(), Report> {
    let sampler = SamplerConfig {
        temperature: args.temperature,
        top_k: args.top_k,
        top_p: args.top_p,
    };
    Sampler::new(sampler, args.seed).map_err(|error| Report::usage(error.to_string()))?;
    let run = RunDirectory::open(RECIPE.name, &args.model)?;
    let config: Config = run.config()?;
    let vocabulary = trained::load_vocabulary(&run)?;
    let prompt = encode_prompt(&vocabulary, &args.prompt)?;
    let model = Trained::load(&run, &config, &vocabulary, &default_device()?)?;
    let excluded: Vec<u32> = match args.allow_unknown {
        true => Vec::new(),
        false => vocabulary.special(Special::Unknown).into_iter().collect(),
    };

    let stop = vocabulary.special(Special::EndOfSentence);
    for number in 0..args.count {
        let seed = args.seed.wrapping_add(number);
        let sampler = Sampler::new(sampler, seed).map_err(|e| Report::usage(e.to_string()))?;
        let tokens = generate(&model, &prompt, args.max_tokens, stop, sampler).without(&excluded);
        if args.json {
            let tokens: Vec<u32> = tokens.collect();
            print_json(&Line {
                prompt: args.prompt.clone(),
                text: decode(&vocabulary, &tokens, stop)?,
                tokens: tokens.len(),
                seed,
            })?;
        } else {
            write_text(&vocabulary, &args.prompt, tokens, stop)?;
        }
    }
    Ok(())
}

/// The prompt as the model reads it: after what stands before a text.
fn encode_prompt(vocabulary: &Vocabulary, prompt: &str) -> Result<Vec<u32>, Report> {
    let tokens = vocabulary
        .encode_fragment(prompt)
        .map_err(|error| Report::usage(format!("the prompt: {error}")))?;
    warn_of_unknown(vocabulary, "the prompt", prompt);
    let prompt: Vec<u32> = boundary(vocabulary).into_iter().chain(tokens).collect();
    match prompt.is_empty() {
        true => Err(Report::usage(
            "this model's vocabulary has nothing that a text could begin after; give it a --prompt",
        )),
        false => Ok(prompt),
    }
}

fn decode(vocabulary: &Vocabulary, tokens: &[u32], stop: Option<u32>) -> Result<String, Report> {
    let shown = match tokens.split_last() {
        Some((last, rest)) if Some(*last) == stop => rest,
        _ => tokens,
    };
    // Bytes may be drawn that are no text; they are shown as such.
    match vocabulary.unit() {
        Unit::Byte => Ok(String::from_utf8_lossy(&vocabulary.decode_bytes(shown)?).into_owned()),
        _ => Ok(vocabulary.decode(shown)?),
    }
}

/// Writes the tokens as they are drawn.
fn write_text(
    vocabulary: &Vocabulary,
    prompt: &str,
    tokens: impl Iterator<Item = u32>,
    stop: Option<u32>,
) -> Result<(), Report> {
    let mut out = std::io::stdout().lock();
    write!(out, "{prompt}")?;
    let mut first = prompt.is_empty();
    for token in tokens.filter(|token| Some(*token) != stop) {
        match vocabulary.unit() {
            Unit::Word if first => out.write_all(decode(vocabulary, &[token], None)?.as_bytes())?,
            Unit::Word => write!(out, " {}", decode(vocabulary, &[token], None)?)?,
            Unit::Character => out.write_all(decode(vocabulary, &[token], None)?.as_bytes())?,
            Unit::Byte => out.write_all(&vocabulary.decode_bytes(&[token])?)?,
        }
        first = false;
        out.flush()?;
    }
    writeln!(out)?;
    Ok(())
}
