//! The parts of the command line that all recipes share.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::config::{ConfigError, RecipeConfig, load_config, parse_config};
use crate::progress::Progress;
use crate::report::{Report, print_json};
use crate::run_data::RunDataConfig;
use crate::run_directory::{RunDirectory, RunDirectoryError};

/// What a recipe is called, and the configs that are built into it.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    /// The name, as in `runs/<name>/` and in `run.json`.
    pub name: &'static str,
    /// Names and TOML texts; the first is the one that `train` uses when none is given.
    pub configs: &'static [(&'static str, &'static str)],
}

impl Recipe {
    /// The names of the bundled configs, to be shown under `train --help`.
    pub fn help(&self) -> String {
        format!("Bundled configs: {}", self.names().join(", "))
    }

    /// Checks that every bundled config is valid, and the same when it is written and read again: for a recipe's tests.
    ///
    /// # Errors
    ///
    /// Names the first that is not.
    pub fn check_configs<C: RecipeConfig>(&self) -> Result<(), Report> {
        for (name, text) in self.configs {
            let written = toml::to_string(&parse_config::<C>(name, text, &[])?)?;
            let again = toml::to_string(&parse_config::<C>(name, &written, &[])?)?;
            if again != written {
                let message =
                    format!("`{name}` is another config when it is written and read again");
                return Err(Report::failure(message));
            }
        }
        Ok(())
    }

    fn names(&self) -> Vec<&'static str> {
        self.configs.iter().map(|(name, _)| *name).collect()
    }
}

/// The arguments of `train`.
#[derive(Debug, Clone, Default, Args)]
pub struct TrainArgs {
    /// A TOML file, or the name of a bundled config; without it, the bundled sample
    #[arg(value_name = "CONFIG", conflicts_with = "resume")]
    pub config: Option<String>,
    /// Change a value of the config, as in `--set training.epochs=3`; may be repeated
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "resume")]
    pub set: Vec<String>,
    /// The run directory; without it, the next free one under `runs/`
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// Go on with the run in DIR, with its own config
    #[arg(long, requires = "run")]
    pub resume: bool,
    /// Print the result as one line of JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
}

impl TrainArgs {
    /// The config: a file, a bundled one, or with `--resume` the run's own, where only what is
    /// [free](RecipeConfig::free_keys) may have been edited, and unless `--quiet` is said. Its paths are absolute. Writes
    /// nothing.
    ///
    /// # Errors
    ///
    /// Where there is no such config, it is wrong, or, with `--resume`, there is no run or something fixed was edited in it.
    pub fn config<C: RecipeConfig>(&self, recipe: &Recipe) -> Result<C, Report> {
        let mut config: C = self.read_config(recipe)?;
        for path in config.paths_mut() {
            *path = std::path::absolute(&*path)?;
        }
        Ok(config)
    }

    fn read_config<C: RecipeConfig>(&self, recipe: &Recipe) -> Result<C, Report> {
        if let (true, Some(path)) = (self.resume, &self.run) {
            let (config, changed) = RunDirectory::open(recipe.name, path)?.resumed_config()?;
            if !self.quiet {
                changed.iter().for_each(|setting| eprintln!("{setting}"));
            }
            return Ok(config);
        }
        let Some(name) = &self.config else {
            let (name, text) = recipe
                .configs
                .first()
                .ok_or_else(|| Report::usage("this recipe has no bundled config; give a CONFIG"))?;
            return Ok(parse_config(name, text, &self.set)?);
        };
        let path = Path::new(name);
        if path.exists() {
            return Ok(load_config(path, &self.set)?);
        }
        match recipe.configs.iter().find(|(bundled, _)| bundled == name) {
            Some((bundled, text)) => Ok(parse_config(bundled, text, &self.set)?),
            None => Err(ConfigError::Unknown {
                name: name.clone(),
                bundled: recipe.names().into_iter().map(String::from).collect(),
            }
            .into()),
        }
    }

    /// The run directory: the new one of `--run`, the next free one under `runs/<recipe>/`, or with `--resume` the one
    /// that is there.
    ///
    /// # Errors
    ///
    /// Where the folder holds a run or anything else already, or, with `--resume`, none, or another process trains in it.
    pub fn run_directory<C: RecipeConfig>(
        &self,
        recipe: &Recipe,
        config: &C,
    ) -> Result<RunDirectory, Report> {
        Ok(match &self.run {
            Some(path) if self.resume => RunDirectory::resume(recipe.name, path)?,
            Some(path) => RunDirectory::create(recipe.name, path, config)?,
            None => {
                let base = Path::new("runs")
                    .join(recipe.name)
                    .join(self.config_name(recipe));
                RunDirectory::create_numbered(recipe.name, &base, config)?
            }
        })
    }

    /// The data: what a run that is resumed began with, or what the config says. Unless `--quiet`, it says how much there is.
    /// Writes nothing, so that whatever can be wrong with the data is said before a run is begun.
    ///
    /// # Errors
    ///
    /// Where the data is missing, damaged or not what the run began with, or the folder of a new run holds a run.
    pub fn data<C: RunDataConfig>(&self, recipe: &Recipe, config: &C) -> Result<C::Data, Report> {
        // Data may be long in coming.
        if let (Some(path), false) = (&self.run, self.resume)
            && path.join("run.json").exists()
        {
            return Err(RunDirectoryError::Exists { path: path.clone() }.into());
        }
        let known = match (&self.run, self.resume) {
            (Some(path), true) => Some(RunDirectory::open(recipe.name, path)?),
            _ => None,
        };
        let data = match known.filter(RunDirectory::has_data) {
            Some(run) => run.load_data(config)?,
            None => config.load_data(None)?,
        };
        if !self.quiet {
            eprintln!("{data}");
        }
        Ok(data)
    }

    /// The [run directory](Self::run_directory), with what is needed to know its data again.
    ///
    /// # Errors
    ///
    /// As [`run_directory`](Self::run_directory).
    pub fn begin<C: RunDataConfig>(
        &self,
        recipe: &Recipe,
        config: &C,
        data: &C::Data,
    ) -> Result<RunDirectory, Report> {
        let run = self.run_directory(recipe, config)?;
        if !run.has_data() {
            run.save_data(data)?;
        }
        Ok(run)
    }

    /// Writes `result.json`, and prints the run's result: with `--json` the result as a line on standard output, else,
    /// unless `--quiet`, `summary`, which is lines, and the folder.
    ///
    /// # Errors
    ///
    /// Where `result.json` or standard output cannot be written.
    pub fn finish(
        &self,
        run: &RunDirectory,
        result: &impl Serialize,
        summary: impl Display,
    ) -> Result<(), Report> {
        run.write_json("result.json", result)?;
        if self.json {
            print_json(result)?;
        } else if !self.quiet {
            eprint!("{summary}");
            eprintln!("all in {}", run.path().display());
        }
        Ok(())
    }

    /// How to show progress.
    pub fn progress(&self) -> Progress {
        if self.quiet {
            Progress::Quiet
        } else if self.json {
            // The dashboard draws on standard output.
            Progress::Lines
        } else {
            Progress::Auto
        }
    }

    fn config_name(&self, recipe: &Recipe) -> String {
        let default = recipe.configs.first().map_or("run", |(name, _)| name);
        let name = self.config.as_deref().unwrap_or(default);
        Path::new(name).file_stem().map_or_else(
            || "run".to_string(),
            |stem| stem.to_string_lossy().into_owned(),
        )
    }
}

/// The arguments of `evaluate`.
#[derive(Debug, Clone, Args)]
pub struct EvaluateArgs {
    /// The run directory of the model, or the name of one that `models` lists
    #[arg(long, value_name = "MODEL")]
    pub model: PathBuf,
    /// The part of the data to evaluate on
    #[arg(long, default_value = "test")]
    pub split: String,
    /// Print the result as one line of JSON on standard output
    #[arg(long)]
    pub json: bool,
}

impl EvaluateArgs {
    /// The run directory or the folder of the model, for reading.
    ///
    /// # Errors
    ///
    /// See [`Recipe::open_model`].
    pub fn run_directory(&self, recipe: &Recipe) -> Result<RunDirectory, Report> {
        recipe.open_model(&self.model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        train: TrainArgs,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        size: usize,
    }
    impl RecipeConfig for Config {}

    const RECIPE: Recipe = Recipe {
        name: "toy",
        configs: &[("sample", "size = 1"), ("large", "size = 9")],
    };

    fn size(arguments: &[&str]) -> Result<usize, Report> {
        let arguments = std::iter::once("toy").chain(arguments.iter().copied());
        let cli = Cli::try_parse_from(arguments).unwrap();
        cli.train
            .config::<Config>(&RECIPE)
            .map(|config| config.size)
    }

    #[test]
    fn a_config_is_bundled_or_a_file() {
        assert_eq!(size(&[]).unwrap(), 1);
        assert_eq!(size(&["large"]).unwrap(), 9);
        assert_eq!(
            size(&["large", "--set", "size=4", "--set", "size=5"]).unwrap(),
            5
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "size = 3").unwrap();
        assert_eq!(size(&[path.to_str().unwrap()]).unwrap(), 3);
        let report = size(&["huge"]).unwrap_err();
        assert_eq!(report.exit_code(), 2);
        assert!(report.to_string().contains("sample, large"));
    }

    #[test]
    fn resuming_takes_the_config_of_the_run_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        drop(RunDirectory::create("toy", &run, &Config { size: 6 }).unwrap());
        let run = run.to_str().unwrap();
        assert_eq!(size(&["--run", run, "--resume"]).unwrap(), 6);
        for wrong in [
            &["toy", "--resume"] as &[&str],
            &["toy", "large", "--run", run, "--resume"],
            &["toy", "--set", "size=1", "--run", run, "--resume"],
        ] {
            assert_eq!(Cli::try_parse_from(wrong).unwrap_err().exit_code(), 2);
        }
    }

    #[test]
    fn a_setting_edited_since_the_run_began_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        drop(RunDirectory::create("toy", &path, &Config { size: 6 }).unwrap());
        let arguments = ["--run", path.to_str().unwrap(), "--resume"];
        std::fs::write(path.join("config.toml"), "size = 7").unwrap();
        let report = size(&arguments).unwrap_err();
        assert_eq!(report.exit_code(), 2);
        let message = report.to_string();
        assert!(
            message.contains("`size` is 7 and was 6 when the run began"),
            "{message}"
        );
        assert!(message.contains("config.toml"), "{message}");
        // A run of an earlier version did not keep it.
        std::fs::remove_file(path.join("begun.toml")).unwrap();
        assert_eq!(size(&arguments).unwrap(), 7);
    }

    #[test]
    fn json_keeps_standard_output_clean() {
        let args = TrainArgs {
            json: true,
            ..TrainArgs::default()
        };
        assert!(!args.progress().is_dashboard());
    }
}
