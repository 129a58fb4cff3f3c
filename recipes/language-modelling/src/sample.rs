//! `sample`: let a trained model write.

use crate::config::RECIPE;
use crate::trained;
use crate::unknown::warn_of_unknown;
use burn_recurrent_models::generate;
use burn_recurrent_text::Unit;
use burn_recurrent_train::{Report, default_device, print_json};
use burn_recurrent_zoo::{LanguageModelError, Sampler, SamplerConfig, TrainedLanguageModel};
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// What `sample` does where nothing else is said, and so does the example on a model's card.
const MOST_TOKENS: usize = 200;
const SEED: u64 = 1;

/// The arguments of `sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// The run directory of the model, or the name of one that `models` lists
    #[arg(long, value_name = "MODEL")]
    model: PathBuf,
    /// What the text begins with
    #[arg(long, default_value = "", value_name = "TEXT")]
    prompt: String,
    /// The most tokens to write
    #[arg(long, default_value_t = MOST_TOKENS, value_name = "N")]
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
    #[arg(long, default_value_t = SEED, value_name = "N")]
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
    let run = RECIPE.open_model(&args.model)?;
    let model = trained::load(&run, &default_device()?)?;
    let given = args.prompt.trim_start_matches('\u{feff}');
    let prompt = model.prompt(given).map_err(|error| match error {
        LanguageModelError::NoPrompt => {
            Report::usage(error.to_string()).with_help("add a --prompt")
        }
        error => Report::usage(format!("the prompt: {error}")),
    })?;
    warn_of_unknown(model.vocabulary(), "the prompt", given);

    for number in 0..args.count {
        let seed = args.seed.wrapping_add(number);
        let sampler = Sampler::new(sampler, seed).map_err(|e| Report::usage(e.to_string()))?;
        let tokens = match args.allow_unknown {
            true => generate(
                model.model(),
                &prompt,
                args.max_tokens,
                model.end(),
                sampler,
            ),
            false => model.generate(&prompt, args.max_tokens, sampler),
        };
        if args.json {
            let tokens: Vec<u32> = tokens.collect();
            print_json(&Line {
                prompt: given.to_string(),
                text: model.decode(&tokens)?,
                tokens: tokens.len(),
                seed,
            })?;
        } else {
            write_text(&mut std::io::stdout().lock(), &model, given, tokens)?;
        }
    }
    Ok(())
}

/// What `sample` prints for this prompt where nothing else is said.
pub fn example(model: &TrainedLanguageModel, prompt: &str) -> Result<String, Report> {
    let tokens = model.prompt(prompt).map_err(|error| {
        Report::usage(format!(
            "an example needs a prompt that the model can read: {error}"
        ))
    })?;
    warn_of_unknown(model.vocabulary(), "the example", prompt);
    let sampler = Sampler::new(SamplerConfig::default(), SEED)?;
    let mut out = Vec::new();
    let tokens = model.generate(&tokens, MOST_TOKENS, sampler);
    write_text(&mut out, model, prompt, tokens)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Writes the tokens as they are drawn.
fn write_text(
    out: &mut impl Write,
    model: &TrainedLanguageModel,
    prompt: &str,
    tokens: impl Iterator<Item = u32>,
) -> Result<(), Report> {
    write!(out, "{prompt}")?;
    let mut first = prompt.is_empty();
    let vocabulary = model.vocabulary();
    for token in tokens.filter(|token| Some(*token) != model.end()) {
        match vocabulary.unit() {
            Unit::Word if first => out.write_all(vocabulary.decode(&[token])?.as_bytes())?,
            Unit::Word => write!(out, " {}", vocabulary.decode(&[token])?)?,
            Unit::Character => out.write_all(vocabulary.decode(&[token])?.as_bytes())?,
            Unit::Byte => out.write_all(&vocabulary.decode_bytes(&[token])?)?,
        }
        first = false;
        out.flush()?;
    }
    writeln!(out)?;
    Ok(())
}
