//! `export`: a trained translator as a folder that is shipped.

use crate::config::{Config, RECIPE, SourceConfig};
use crate::trained;
use burn_recurrent_models::{EncoderDecoder, ModelDescription};
use burn_recurrent_train::translation::{Corpus, Score, TranslationTask};
use burn_recurrent_train::{
    CardArgs, ExportArgs, Figures, ModelExport, ModelFacts, Recipe, Report, RunDirectory,
    WeightsType, default_device,
};
use std::path::Path;

pub fn export(args: &ExportArgs) -> Result<(), Report> {
    args.export::<TranslatorExport>()?;
    eprintln!("all in {}", args.to.display());
    Ok(())
}

pub fn card(args: &CardArgs) -> Result<(), Report> {
    args.rewrite::<TranslatorExport>()?;
    Ok(())
}

struct TranslatorExport;

impl ModelExport for TranslatorExport {
    type Config = Config;
    const RECIPE: Recipe = RECIPE;

    fn facts(config: &Config) -> ModelFacts {
        let spelling = config.data.task == TranslationTask::Pronunciation;
        let (dataset, task, data, input) = match &config.data.source {
            SourceConfig::Grammar { reversed, .. } => {
                let (task, input) = match reversed {
                    false => ("German into English", "Der Mann schläft."),
                    true => ("English into German", "The man sleeps."),
                };
                (
                    None,
                    format!("Translates the simple sentences of a small grammar from {task}."),
                    "German and English sentences, written by the grammar that comes with this repository",
                    input,
                )
            }
            SourceConfig::Catalog { name, from, to } => {
                let input = match from.as_str() {
                    "de" => "Ein Hund läuft über die Wiese.",
                    "en" => "A dog runs across the meadow.",
                    _ => "...",
                };
                let task = format!(
                    "Translates sentences such as its training data's from {from} into {to}."
                );
                (Some(name.clone()), task, "", input)
            }
            SourceConfig::Pronunciations { name, stress } => {
                let stress = if *stress { "with" } else { "without" };
                let task = format!(
                    "Spells English words in the phonemes of ARPAbet, {stress} their stress."
                );
                (Some(name.clone()), task, "", "recurrent")
            }
            SourceConfig::Files { .. } | SourceConfig::Tsv { .. } => (
                None,
                "Translates lines such as its training data's.".to_string(),
                "files of one's own, of which this program knows no licence",
                "...",
            ),
        };
        ModelFacts {
            task,
            dataset,
            data: data.to_string(),
            main_figures: match (spelling, config.tokens.writes_lowercase()) {
                (true, _) => vec!["phoneme_error"],
                // A capital in a reference is an error of no such model.
                (false, true) => vec!["bleu_lowercase"],
                (false, false) => vec!["bleu"],
            },
            usage: vec![format!(
                "echo \"{input}\" | cargo run --release -p translation -- translate --model NAME"
            )],
            example: "echo INPUT | cargo run --release -p translation -- translate --model NAME"
                .to_string(),
        }
    }

    fn write(
        run: &RunDirectory,
        _: &Config,
        numbers: WeightsType,
        folder: &Path,
    ) -> Result<(), Report> {
        let device = default_device()?;
        // Says what is wrong with the run, if anything is.
        trained::load(run, &device)?;
        let description = ModelDescription::read(run.path())?;
        Ok(run.export_weights::<EncoderDecoder>(&description, numbers, &device, folder)?)
    }

    fn measure(exported: &RunDirectory, config: &Config, data: &Corpus) -> Result<Figures, Report> {
        let translator = trained::load(exported, &default_device()?)?;
        let (name, split) = data.splits.final_split();
        let score = Score::of(config.data.task, &split.part, |lines| {
            translator.translate(lines)
        });
        Ok(score.figures(name))
    }

    fn outputs(
        exported: &RunDirectory,
        _: &Config,
        inputs: &[String],
    ) -> Result<Vec<String>, Report> {
        let translator = trained::load(exported, &default_device()?)?;
        let lines = |text: &String| text.lines().map(str::to_string).collect::<Vec<_>>();
        let outputs = inputs.iter().map(|text| translator.translate(&lines(text)));
        Ok(outputs.map(|lines| lines.join("\n")).collect())
    }
}
