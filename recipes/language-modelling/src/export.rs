//! `export`: a trained language model as a folder that is shipped.

use crate::config::{Config, RECIPE, SourceConfig};
use crate::corpus::Corpus;
use crate::losses::Losses;
use crate::train::MEASURED;
use crate::{sample, trained};
use burn_recurrent_models::{
    ModelDescription, RecurrentLanguageModel, SavedModel, WindowLanguageModel,
};
use burn_recurrent_text::Unit;
use burn_recurrent_train::{
    CardArgs, ExportArgs, Figures, ModelExport, ModelFacts, Recipe, Report, RunDirectory,
    WeightsType, default_device,
};
use std::path::Path;

pub fn export(args: &ExportArgs) -> Result<(), Report> {
    args.export::<LanguageModelExport>()?;
    eprintln!("all in {}", args.to.display());
    Ok(())
}

pub fn card(args: &CardArgs) -> Result<(), Report> {
    args.rewrite::<LanguageModelExport>()?;
    Ok(())
}

struct LanguageModelExport;

impl ModelExport for LanguageModelExport {
    type Config = Config;
    const RECIPE: Recipe = RECIPE;

    fn facts(config: &Config) -> ModelFacts {
        let (unit, main_figures) = match config.data.unit {
            Unit::Word => ("word", vec!["perplexity"]),
            Unit::Character => ("character", vec!["nats_per_token"]),
            Unit::Byte => ("byte", vec!["nats_per_token"]),
        };
        let (dataset, like, data) = match &config.data.source {
            SourceConfig::Stories { .. } => (
                None,
                "the small stories of a grammar",
                "stories, written by the grammar that comes with this repository",
            ),
            SourceConfig::Catalog { name } => {
                let like = match name.as_str() {
                    "tiny-shakespeare" => "Shakespeare's plays",
                    "ptb" => "the Wall Street Journal of 1989",
                    _ => "its training data",
                };
                (Some(name.clone()), like, "")
            }
            SourceConfig::Files { .. } | SourceConfig::File { .. } => (
                None,
                "its training data",
                "files of one's own, of which this program knows no licence",
            ),
        };
        let command = "cargo run --release -p language-modelling --";
        ModelFacts {
            task: format!(
                "Predicts the next {unit} of text such as {like}: writes such text, and says how likely one is."
            ),
            dataset,
            data: data.to_string(),
            main_figures,
            usage: vec![
                format!("{command} sample --model NAME --prompt \"the \""),
                format!("{command} score --model NAME \"the cat is small\" \"small the is cat\""),
            ],
            example: format!("{command} sample --model NAME --prompt INPUT"),
        }
    }

    fn write(
        run: &RunDirectory,
        _: &Config,
        numbers: WeightsType,
        folder: &Path,
    ) -> Result<(), Report> {
        let device = default_device()?;
        // A run of an earlier version is described by this.
        trained::load(run, &device)?;
        let description = &ModelDescription::read(run.path())?;
        match description.kind.as_str() {
            <RecurrentLanguageModel as SavedModel>::KIND => {
                run.export_weights::<RecurrentLanguageModel>(description, numbers, &device, folder)?
            }
            <WindowLanguageModel as SavedModel>::KIND => {
                run.export_weights::<WindowLanguageModel>(description, numbers, &device, folder)?
            }
            // Counts.
            _ => run.copy_weights(description, folder)?,
        }
        Ok(())
    }

    fn measure(exported: &RunDirectory, config: &Config, data: &Corpus) -> Result<Figures, Report> {
        let trained = trained::load(exported, &default_device()?)?;
        Ok(Losses::of_model(trained.model(), data, MEASURED, &config.evaluation)?.figures())
    }

    fn outputs(
        exported: &RunDirectory,
        _: &Config,
        inputs: &[String],
    ) -> Result<Vec<String>, Report> {
        let model = trained::load(exported, &default_device()?)?;
        let outputs = inputs.iter().map(|prompt| sample::example(&model, prompt));
        outputs.collect()
    }
}
