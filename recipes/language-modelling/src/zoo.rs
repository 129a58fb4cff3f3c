//! Models by name, and `models`: which there are.

use crate::config::RECIPE;
use burn_recurrent_train::{Report, RunDirectory, print_json};
use burn_recurrent_zoo::{ModelTable, ZooError, ZooModel, resolve, zoo_models};
use clap::Args;
use std::io::Write;
use std::path::Path;

/// The arguments of `models`.
#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// Print each model as a line of JSON
    #[arg(long)]
    json: bool,
}

/// Opens the run directory or the folder of an exported model that `--model` gives, or the model of the zoo that it names.
pub fn open(model: &Path) -> Result<RunDirectory, Report> {
    let folder = resolve(model).map_err(wrong_name)?;
    Ok(RunDirectory::open_model(RECIPE.name, folder)?)
}

/// Lists the zoo's language models.
pub fn models(args: &ModelsArgs) -> Result<(), Report> {
    let models = zoo_models().map_err(wrong_name)?.into_iter();
    let models: Vec<ZooModel> = models.filter(|model| model.recipe == RECIPE.name).collect();
    if args.json {
        return models.iter().try_for_each(print_json);
    }
    match models.is_empty() {
        true => eprintln!("the zoo has no language models; `export` puts a trained one there"),
        false => write!(std::io::stdout(), "{}", ModelTable(&models))?,
    }
    Ok(())
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
