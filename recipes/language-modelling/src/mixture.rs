//! `evaluate --mix`: the perplexity of two models' interpolated probabilities.

use crate::config::{Config, RECIPE};
use crate::corpus::Corpus;
use crate::trained;
use burn_recurrent_models::{LanguageModel, Mixture};
use burn_recurrent_text::Vocabulary;
use burn_recurrent_train::{
    EvaluateArgs, Figures, LossSum, Report, RunData, default_device, print_json,
};
use burn_recurrent_zoo::TrainedLanguageModel;
use serde::Serialize;
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

const VALID: &str = "valid";

/// The line of `evaluate --mix --json`.
#[derive(Serialize)]
struct Line {
    model: String,
    mix: String,
    /// How much of `model` there is in the mixture, from 0 to 1.
    weight: f64,
    weight_chosen_on: &'static str,
    /// The split asked for, and the tokens predicted in it.
    split: String,
    tokens: u64,
    /// Of the mixture `valid_perplexity` and the like, of the models `model_valid_perplexity` and `mix_valid_perplexity`.
    #[serde(flatten)]
    figures: Figures,
    tokens_per_second: f64,
}

/// Evaluates the mixture of a model and another one.
///
/// Every token is predicted from all those before it, whatever `evaluation.lanes` says.
pub fn evaluate(args: &EvaluateArgs, other: &Path) -> Result<(), Report> {
    let model = Loaded::new(&args.model)?;
    let mix = Loaded::new(other)?;
    check_vocabularies(&model, &mix)?;
    check_data(&model, &mix, &args.split)?;
    model.corpus.text.splits.get(&args.split)?;

    let started = Instant::now();
    let valid = model.and(&mix, VALID)?;
    let mixture = valid.best();
    let mut all = vec![valid.losses(VALID, mixture)];
    if args.split != VALID {
        let split = model.and(&mix, &args.split)?;
        all.push(split.losses(&args.split, mixture));
    }
    let seconds = started.elapsed().as_secs_f64();
    if !args.json {
        let (weight, rest) = (mixture.weight, 1.0 - mixture.weight);
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "weights, chosen on the validation split: {weight:.4} of {}, {rest:.4} of {}",
            model.name, mix.name
        )?;
        for losses in &all {
            losses.write(&mut out, &model.name, &mix.name)?;
        }
        return Ok(());
    }
    let tokens = |losses: &MixtureLosses| losses.mixture.tokens;
    print_json(&Line {
        model: model.name,
        mix: mix.name,
        weight: mixture.weight,
        weight_chosen_on: VALID,
        split: args.split.clone(),
        tokens: all.last().map_or(0, tokens),
        figures: all.iter().flat_map(MixtureLosses::figures).collect(),
        tokens_per_second: all.iter().map(tokens).sum::<u64>() as f64 / seconds,
    })
}

/// A model and its data.
struct Loaded {
    name: String,
    model: TrainedLanguageModel,
    corpus: Corpus,
}

impl Loaded {
    fn new(model: &Path) -> Result<Self, Report> {
        let run = RECIPE.open_model(model)?;
        let config: Config = run.config()?;
        Ok(Self {
            name: model.display().to_string(),
            model: trained::load(&run, &default_device()?)?,
            corpus: run.load_data(&config)?,
        })
    }

    fn vocabulary(&self) -> &Vocabulary {
        self.model.vocabulary()
    }

    /// What this model and another one say of a split.
    fn and(&self, mix: &Self, split: &str) -> Result<Both, Report> {
        let (context, tokens) = self.corpus.text.splits.get(split)?.split_at(1);
        let of = |loaded: &Self| loaded.model.model().log_probabilities(context, tokens);
        Ok(Both {
            model: of(self),
            mix: of(mix),
        })
    }
}

/// The natural logarithms of the probabilities that two models give the tokens of a split.
struct Both {
    model: Vec<f64>,
    mix: Vec<f64>,
}

impl Both {
    fn best(&self) -> Mixture {
        Mixture::fit(&self.model, &self.mix)
    }

    fn losses(&self, split: &str, mixture: Mixture) -> MixtureLosses {
        MixtureLosses {
            split: split.to_string(),
            mixture: loss(&mixture.log_probabilities(&self.model, &self.mix)),
            model: loss(&self.model),
            mix: loss(&self.mix),
        }
    }
}

fn loss(log_probabilities: &[f64]) -> LossSum {
    LossSum {
        nats: -log_probabilities.iter().sum::<f64>(),
        tokens: log_probabilities.len() as u64,
    }
}

/// The losses on a split of a mixture and of what it is mixed of.
struct MixtureLosses {
    split: String,
    mixture: LossSum,
    model: LossSum,
    mix: LossSum,
}

impl MixtureLosses {
    fn figures(&self) -> Vec<(String, f64)> {
        let losses = [
            ("", self.mixture),
            ("model_", self.model),
            ("mix_", self.mix),
        ];
        let figures = losses.into_iter().flat_map(|(of, loss)| {
            let name = |figure: &str| format!("{of}{}_{figure}", self.split);
            [
                (name("perplexity"), loss.perplexity()),
                (name("nats_per_token"), loss.nats_per_token()),
            ]
        });
        figures.collect()
    }

    fn write(&self, out: &mut impl Write, model: &str, mix: &str) -> Result<(), Report> {
        let names = ["the mixture", model, mix];
        for (name, loss) in names.into_iter().zip([self.mixture, self.model, self.mix]) {
            writeln!(
                out,
                "{} perplexity {:.3} of {name} ({:.4} nats a token over {} tokens)",
                self.split,
                loss.perplexity(),
                loss.nats_per_token(),
                loss.tokens
            )?;
        }
        Ok(())
    }
}

/// Refuses models whose tokens are not the same.
fn check_vocabularies(model: &Loaded, mix: &Loaded) -> Result<(), Report> {
    match difference(model.vocabulary(), mix.vocabulary()) {
        None => Ok(()),
        Some(difference) => {
            let (model, mix) = (&model.name, &mix.name);
            let message = format!(
                "`{model}` and `{mix}` have different vocabularies and cannot be mixed: {difference}"
            );
            let help = "train both with the same `[data]`";
            Err(Report::usage(message).with_help(help))
        }
    }
}

/// What is different between two vocabularies, if anything is.
fn difference(one: &Vocabulary, other: &Vocabulary) -> Option<String> {
    if one.unit() != other.unit() {
        let (one, other) = (one.unit(), other.unit());
        return Some(format!("one is of {one}s, the other of {other}s"));
    }
    if one.specials() != other.specials() {
        let (one, other) = (Listed(one), Listed(other));
        return Some(format!("the special tokens are {one}, and {other}"));
    }
    if one.len() != other.len() {
        let (one, other) = (one.len(), other.len());
        return Some(format!("one has {one} tokens, the other {other}"));
    }
    let mut pairs = (0..).zip(one.tokens().iter().zip(other.tokens()));
    let (id, (one, other)) = pairs.find(|(_, (one, other))| one != other)?;
    let id: usize = id;
    Some(format!("token {id} is {one:?}, and {other:?}"))
}

/// A vocabulary's special tokens in words.
struct Listed<'a>(&'a Vocabulary);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let specials = self.0.specials().iter();
        let names: Vec<&str> = specials.map(|special| special.token()).collect();
        match names.is_empty() {
            true => f.write_str("none"),
            false => f.write_str(&names.join(" ")),
        }
    }
}

/// Refuses models that were not validated and tested on the same text.
fn check_data(model: &Loaded, mix: &Loaded, split: &str) -> Result<(), Report> {
    for split in [VALID, split] {
        let checksum = |loaded: &Loaded| loaded.corpus.checksums().get(split).cloned();
        let (one, other) = (checksum(model), checksum(mix));
        if one != other {
            let shown = |checksum: Option<String>| match checksum {
                Some(checksum) => format!("SHA-256 {checksum}"),
                None => "none".to_string(),
            };
            let (one, other) = (shown(one), shown(other));
            let (model, mix) = (&model.name, &mix.name);
            let message =
                format!("the {split} split of `{model}` ({one}) is not that of `{mix}` ({other})");
            let help = "train both with the same `[data]`";
            return Err(Report::usage(message).with_help(help));
        }
    }
    Ok(())
}
