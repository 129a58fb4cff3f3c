//! `export`: a trained tagger as a folder that is shipped.

use crate::config::{Config, RECIPE, SourceConfig};
use crate::{tag, trained};
use burn_recurrent_models::{ModelDescription, SequenceTagger};
use burn_recurrent_text::TaggingTask;
use burn_recurrent_train::tagging::{Corpus, Score};
use burn_recurrent_train::{
    CardArgs, ExportArgs, Figures, ModelExport, ModelFacts, Recipe, Report, RunDirectory,
    WeightsType, default_device,
};
use std::path::Path;

pub fn export(args: &ExportArgs) -> Result<(), Report> {
    args.export::<TaggerExport>()?;
    eprintln!("all in {}", args.to.display());
    Ok(())
}

pub fn card(args: &CardArgs) -> Result<(), Report> {
    args.rewrite::<TaggerExport>()?;
    Ok(())
}

struct TaggerExport;

impl ModelExport for TaggerExport {
    type Config = Config;
    const RECIPE: Recipe = RECIPE;

    fn facts(config: &Config) -> ModelFacts {
        let spans = matches!(config.data.task, TaggingTask::Spans { .. });
        let requests = matches!(config.data.source, SourceConfig::Requests { .. });
        let input = match requests {
            true => "wake me at six thirty tomorrow",
            false => "The cat sat on the mat .",
        };
        let (dataset, labels, data) = match &config.data.source {
            SourceConfig::Requests { .. } => (
                None,
                "slots of requests to an assistant",
                "requests to an assistant, written by the grammar that comes with this repository",
            ),
            SourceConfig::Catalog { name, column } => {
                let labels = match (name.as_str(), column.as_deref()) {
                    ("ud-english-ewt", None | Some("upos")) => "universal parts of speech",
                    ("ud-english-ewt", Some("xpos")) => "parts of speech of the Penn Treebank",
                    ("conll2000", _) if spans => "chunks: noun phrases, verb phrases and the like",
                    _ => "labels of its training data",
                };
                (Some(name.clone()), labels, "")
            }
            SourceConfig::Files { .. } => (
                None,
                "labels of its training data",
                "files of one's own, of which this program knows no licence",
            ),
        };
        let how = match spans {
            true => "Marks the spans of words in a sentence that are",
            false => "Gives each word of a sentence a label:",
        };
        ModelFacts {
            task: format!("{how} {labels}."),
            dataset,
            data: data.to_string(),
            main_figures: if spans { vec!["f1"] } else { vec!["accuracy"] },
            usage: vec![format!(
                "echo \"{input}\" | cargo run --release -p sequence-tagging -- tag --model NAME --format terminal"
            )],
            example: "echo INPUT | cargo run --release -p sequence-tagging -- tag --model NAME --format terminal".to_string(),
        }
    }

    fn write(
        run: &RunDirectory,
        config: &Config,
        numbers: WeightsType,
        folder: &Path,
    ) -> Result<(), Report> {
        let device = default_device()?;
        // A run of an earlier version is described by this.
        trained::load(run, config, &device)?;
        let description = ModelDescription::read(run.path())?;
        Ok(run.export_weights::<SequenceTagger>(&description, numbers, &device, folder)?)
    }

    fn measure(exported: &RunDirectory, config: &Config, data: &Corpus) -> Result<Figures, Report> {
        let tagger = trained::load(exported, config, &default_device()?)?;
        let (name, split) = data.splits.final_split();
        let score = Score::of(config.data.task, split, |sentences| tagger.tag(sentences));
        Ok(score.figures(name))
    }

    fn outputs(
        exported: &RunDirectory,
        config: &Config,
        inputs: &[String],
    ) -> Result<Vec<String>, Report> {
        let tagger = trained::load(exported, config, &default_device()?)?;
        let outputs = inputs.iter().map(|text| tag::example(&tagger, text));
        outputs.collect()
    }
}
