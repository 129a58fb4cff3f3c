//! `export`: a trained model as a folder that is shipped.

mod args;
mod card;
mod card_page;
mod card_text;
mod command;
mod result_file;
mod rewrite;
mod weights;

pub use args::{ExportArgs, WeightsType};
pub use card::{ModelCard, TrainedOn, TrainingFacts};
pub use card_text::{CardExample, CardText, Published};
pub use rewrite::CardArgs;

use std::path::{Path, PathBuf};
use std::{fs, io};

use burn_recurrent_files as files;
use burn_recurrent_models::ModelDescription;

use crate::Figures;
use crate::cli::Recipe;
use crate::config::RecipeConfig;
use crate::report::Report;
use crate::run_data::{RunDataConfig, SavedVocabularies, VocabulariesOf};
use crate::run_directory::{CONFIG, RunDirectory, RunDirectoryError};
use card::{CardFigures, Size};
use result_file::ResultFile;
use weights::{count_parameters, folder_size};

/// What a recipe knows of its models that [`export`](ExportArgs::export) needs.
pub trait ModelExport {
    /// The recipe's config.
    type Config: RunDataConfig;

    /// The recipe.
    const RECIPE: Recipe;

    /// What the model does, and how it is used.
    fn facts(config: &Self::Config) -> ModelFacts;

    /// Writes weights and description into a folder, with the numbers rounded; see
    /// [`RunDirectory::export_weights`] and [`RunDirectory::copy_weights`]. The vocabularies are written by who calls this.
    ///
    /// # Errors
    ///
    /// When the run's model cannot be loaded or a file not be written.
    fn write(
        run: &RunDirectory,
        config: &Self::Config,
        numbers: WeightsType,
        folder: &Path,
    ) -> Result<(), Report>;

    /// The figures of what was written, under the names that they have in `result.json`: on the test split, or where there is
    /// none on the validation split.
    ///
    /// # Errors
    ///
    /// When the model cannot be loaded or measured.
    fn measure(
        exported: &RunDirectory,
        config: &Self::Config,
        data: &<Self::Config as RunDataConfig>::Data,
    ) -> Result<Figures, Report>;

    /// What the exported model makes of some inputs, as the command prints it that [`ModelFacts::example`] says.
    ///
    /// # Errors
    ///
    /// When the model cannot be loaded, or makes nothing of an input.
    fn outputs(
        exported: &RunDirectory,
        config: &Self::Config,
        inputs: &[String],
    ) -> Result<Vec<String>, Report>;
}

/// The task of a model, for its card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFacts {
    /// What it does, in a sentence.
    pub task: String,
    /// The data set of the catalogue that it was trained on, if it was.
    pub dataset: Option<String>,
    /// Other data, in words; where it was not one of the catalogue's.
    pub data: String,
    /// The figures that it is judged by, without their split: the first that it has is its main figure.
    pub main_figures: Vec<&'static str>,
    /// The verb and its arguments that show what it does, as `tag --model NAME` with `NAME` for its name.
    pub usage: Vec<String>,
    /// The command that makes an example's output, with `NAME` for the model's name and `INPUT` for the input.
    pub example: String,
}

const DATA: &str = "data.json";

impl ExportArgs {
    /// Makes the folder of `--to` of the run `--model`: whole or not at all.
    ///
    /// # Errors
    ///
    /// When there is no ended run of the recipe, the folder is there and not empty, or anything cannot be read or written.
    pub fn export<X: ModelExport>(&self) -> Result<ModelCard, Report> {
        let run = RunDirectory::open(X::RECIPE.name, &self.model)?;
        let target = Target::new(&self.to)?;
        let config: X::Config = run.config()?;
        let result = ResultFile::read(&run)?;

        fs::create_dir_all(&target.parent).map_err(|error| self.cannot_write(error))?;
        let draft =
            files::temporary_folder(&target.parent).map_err(|error| self.cannot_write(error))?;
        let exported = RunDirectory::exported(X::RECIPE.name, draft.path());
        X::write(&run, &config, self.numbers, exported.path())?;
        let vocabularies: VocabulariesOf<X::Config> = run.load_vocabularies()?;
        vocabularies.save(exported.path())?;
        // What `evaluate` needs besides.
        let shipped_config = without_folders(run.config::<X::Config>()?);
        exported.write(CONFIG, toml::to_string(&shipped_config)?)?;
        let path = run.file(DATA);
        let data = fs::read(&path).map_err(|source| RunDirectoryError::Read { path, source })?;
        exported.write(DATA, data)?;

        let description = ModelDescription::read(exported.path())?;
        let parameters = count_parameters(&exported.file(&description.weights.file))?;
        // Counts are not rounded.
        let rounded = parameters.is_some() && self.numbers != WeightsType::F32;
        let measured = match rounded {
            true => self.measured::<X>(&run, &exported, &config)?,
            false => None,
        };
        let facts = X::facts(&config);
        let size = Size {
            bytes: folder_size(exported.path()).map_err(|error| self.cannot_write(error))?,
            parameters,
            numbers: parameters.map(|_| self.numbers),
        };
        let command = command::training_command(&X::RECIPE, &shipped_config, &target.name)?;
        let figures = CardFigures {
            main: facts.main_figures.clone(),
            run: result.figures(),
            shipped: measured,
            rounded,
        };
        let card = ModelCard::new(
            &target.name,
            X::RECIPE.name,
            facts,
            &description.kind,
            size,
            figures,
        )
        .with_training(command, &result);
        let card = self.text.on::<X>(card, &exported, &config)?;
        card.write(&exported)?;

        // Renaming onto an empty folder works on Unix; elsewhere the empty folder has to go first.
        #[cfg(not(unix))]
        let _ = fs::remove_dir(&self.to);
        fs::rename(draft.path(), &self.to).map_err(|error| self.cannot_write(error))?;
        let _ = draft.keep();
        files::sync_folder(&target.parent).map_err(|error| self.cannot_write(error))?;
        Ok(card)
    }

    /// The figures of what is shipped, where the data is at hand.
    fn measured<X: ModelExport>(
        &self,
        run: &RunDirectory,
        exported: &RunDirectory,
        config: &X::Config,
    ) -> Result<Option<Figures>, Report> {
        let data = match run.load_data(config) {
            Ok(data) => data,
            Err(report) => {
                log::warn!("what is shipped is not measured, for want of its data: {report}");
                return Ok(None);
            }
        };
        let figures = X::measure(exported, config, &data)?;
        match figures.iter().find(|(_, value)| !value.is_finite()) {
            Some((name, value)) => Err(Report::failure(format!(
                "the rounded weights have a {name} of {value}; nothing was written"
            ))
            .with_help("use another `--type`")),
            None => Ok(Some(figures)),
        }
    }

    fn cannot_write(&self, source: io::Error) -> Report {
        let path = self.to.clone();
        Report::from(RunDirectoryError::Write { path, source })
            .with_help("check that the folder may be written to and the disk has space")
    }
}

/// Where a model is exported to.
struct Target {
    parent: PathBuf,
    name: String,
}

impl Target {
    fn new(to: &Path) -> Result<Self, Report> {
        let shown = to.display();
        let name = to.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| !name.starts_with('.')) else {
            let message = format!("`{shown}` does not end in a name for the model");
            return Err(Report::usage(message).with_help("for example `--to zoo/my-model`"));
        };
        let free = match fs::read_dir(to) {
            Ok(mut entries) => entries.next().is_none(),
            Err(_) => !to.exists(),
        };
        if !free {
            let message = format!("`{shown}` exists and is not an empty folder");
            let help = "give another folder to `--to`, or remove this one first";
            return Err(Report::usage(message).with_help(help));
        }
        let parent = match to.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        Ok(Self {
            parent: parent.to_path_buf(),
            name: name.to_string(),
        })
    }
}

/// A config that says nothing of the machine that it was used on: of each path the file's name is left.
fn without_folders<C: RecipeConfig>(mut config: C) -> C {
    for path in config.paths_mut() {
        if let Some(name) = path.file_name() {
            *path = PathBuf::from(name);
        }
    }
    config
}
