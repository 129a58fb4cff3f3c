//! Trained models on the command line: what `--model` names, and `models`, which lists them.

use std::io::Write;
use std::path::Path;

use burn_recurrent_zoo::{ModelTable, ZooError, ZooModel, resolve, zoo_models};
use clap::Args;

use crate::cli::Recipe;
use crate::report::{Report, print_json};
use crate::run_directory::RunDirectory;

/// The arguments of `models`.
#[derive(Debug, Clone, Args)]
pub struct ModelsArgs {
    /// Print each model as a line of JSON
    #[arg(long)]
    pub json: bool,
}

impl Recipe {
    /// Opens the run directory or the folder of an exported model that `--model` gives, or the model of the zoo that it names.
    ///
    /// # Errors
    ///
    /// Where there is no such model, or it is another recipe's.
    pub fn open_model(&self, model: &Path) -> Result<RunDirectory, Report> {
        let folder = resolve(model).map_err(wrong_name)?;
        Ok(RunDirectory::open_model(self.name, folder)?)
    }

    /// Lists the recipe's models of the zoo on standard output.
    ///
    /// # Errors
    ///
    /// Where a model's card cannot be read, or nothing can be written.
    pub fn list_models(&self, args: &ModelsArgs) -> Result<(), Report> {
        let models = zoo_models().map_err(wrong_name)?.into_iter();
        let models: Vec<ZooModel> = models.filter(|model| model.recipe == self.name).collect();
        if args.json {
            return models.iter().try_for_each(print_json);
        }
        match models.is_empty() {
            true => eprintln!(
                "the zoo has no models of {}; `export` puts a trained one there",
                self.name
            ),
            false => write!(std::io::stdout(), "{}", ModelTable(&models))?,
        }
        Ok(())
    }
}

fn wrong_name(error: ZooError) -> Report {
    let usage = matches!(error, ZooError::NotFound { .. } | ZooError::Folder { .. });
    let report = Report::from(error);
    match usage {
        true => report
            .with_exit_code(2)
            .with_help("give a run directory, or a model that `models` lists"),
        false => report,
    }
}
