//! A model's card: `zoo.json` for programs, `README.md` for people.

use std::collections::BTreeMap;
use std::{fs, io};

use burn_recurrent_datasets::Catalog;
use serde::{Deserialize, Serialize};

use super::result_file::ResultFile;
use super::{CardExample, ModelFacts, WeightsType};
use crate::Figures;
use crate::report::Report;
use crate::run_directory::{RunDirectory, RunDirectoryError};

/// A model's card. Displayed, it is the model's `README.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The name of the model's folder.
    pub name: String,
    /// The recipe that trained it.
    pub recipe: String,
    /// What it does, in a sentence.
    pub task: String,
    /// The kind of model, as in `model.json`.
    pub kind: String,
    /// The size of all files but the card, in bytes.
    pub bytes: u64,
    /// How many numbers were trained; none for counts of n-grams.
    pub parameters: Option<u64>,
    /// What the weights are written in; none for counts.
    pub weights_type: Option<WeightsType>,
    /// The name of the figure that it is judged by.
    pub main_figure: Option<String>,
    /// The figures: those of what is shipped, where it was measured, and those of the run.
    pub figures: Figures,
    /// Which of them are those of what is shipped; where weights were not rounded, all are.
    pub measured_as_shipped: Vec<String>,
    /// The figures of the run's own weights.
    pub run_figures: Figures,
    /// What figures depend on, such as the signature of a score.
    pub signatures: BTreeMap<String, String>,
    /// What has been published beside figures, by their names.
    #[serde(default)]
    pub published: BTreeMap<String, String>,
    /// Inputs, and what the exported model makes of them.
    #[serde(default)]
    pub examples: Vec<CardExample>,
    /// Remarks.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What it was trained on.
    pub data: TrainedOn,
    /// How it was trained.
    pub training: TrainingFacts,
    #[serde(skip)]
    pub(super) usage: Vec<String>,
    /// The command that makes an example's output.
    #[serde(skip)]
    pub(super) example: String,
}

/// The training data of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainedOn {
    /// The data set's name in the catalogue, where it is from there.
    pub name: Option<String>,
    /// The data in words.
    pub title: String,
    /// A page about it.
    pub home: Option<String>,
    /// What may be done with it.
    pub licence: Option<String>,
    /// What to cite.
    pub citation: Option<String>,
    /// The SHA-256 of its parts.
    pub sha256: BTreeMap<String, String>,
}

/// The training of a model: command, seed, epochs, time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingFacts {
    /// The one command.
    pub command: String,
    /// The seed of all randomness.
    pub seed: u64,
    /// The epochs trained; 0 where there are none, as for counts.
    pub epochs: usize,
    /// The epoch whose weights were kept for their figure.
    pub best_epoch: Option<usize>,
    /// Whether early stopping ended it.
    pub early_stopped: bool,
    /// How long it took.
    pub wall_seconds: f64,
    /// The device, in words.
    pub device: String,
    /// The version of the recipes.
    pub crate_version: String,
    /// The git revision of their source.
    pub git_revision: String,
}

/// How large a model is.
pub(super) struct Size {
    pub(super) bytes: u64,
    pub(super) parameters: Option<u64>,
    pub(super) numbers: Option<WeightsType>,
}

/// The figures of a run and of what is shipped of it.
pub(super) struct CardFigures {
    /// Those that the model is judged by, without their split.
    pub(super) main: Vec<&'static str>,
    pub(super) run: Figures,
    /// Those of what is shipped, where it was measured.
    pub(super) shipped: Option<Figures>,
    /// Whether what is shipped differs from the run's own.
    pub(super) rounded: bool,
}

impl ModelCard {
    /// The file's name.
    pub const FILE: &str = "zoo.json";

    pub(super) fn new(
        name: &str,
        recipe: &str,
        facts: ModelFacts,
        kind: &str,
        size: Size,
        figures: CardFigures,
    ) -> Self {
        let mut all = figures.run.clone();
        let shipped = match figures.rounded {
            true => figures.shipped.unwrap_or_default(),
            false => figures.run.clone(),
        };
        all.extend(shipped.clone());
        let candidates = ["test", "valid"].iter().flat_map(|split| {
            let names = figures.main.iter();
            names.map(move |name| format!("{split}_{name}"))
        });
        let main_figure = { candidates }.find(|name| all.contains_key(name));
        Self {
            name: name.to_string(),
            recipe: recipe.to_string(),
            kind: kind.to_string(),
            bytes: size.bytes,
            parameters: size.parameters,
            weights_type: size.numbers,
            main_figure,
            figures: all,
            measured_as_shipped: shipped.into_keys().collect(),
            run_figures: figures.run,
            signatures: BTreeMap::new(),
            published: BTreeMap::new(),
            examples: Vec::new(),
            notes: Vec::new(),
            data: TrainedOn::of(&facts),
            training: TrainingFacts::default(),
            usage: facts.usage,
            example: facts.example,
            task: facts.task,
        }
    }

    /// The card of an exported model.
    pub(super) fn read(exported: &RunDirectory) -> Result<Self, Report> {
        let path = exported.file(Self::FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let message = format!(
                    "`{}` is no exported model: it has no card, `{}`",
                    exported.path().display(),
                    Self::FILE
                );
                let help = "`export --model RUN --to FOLDER` makes one of a run";
                return Err(Report::usage(message).with_help(help));
            }
            Err(source) => return Err(RunDirectoryError::Read { path, source }.into()),
        };
        serde_json::from_slice(&text).map_err(|error| {
            let message = error.to_string();
            RunDirectoryError::Damaged { path, message }.into()
        })
    }

    /// Writes both forms of the card into the model's folder.
    pub(super) fn write(&self, exported: &RunDirectory) -> Result<(), RunDirectoryError> {
        exported.write_json(Self::FILE, self)?;
        exported.write("README.md", self.to_string())
    }

    /// The same card, with what the model does and how it is used said anew.
    pub(super) fn with_facts(self, facts: ModelFacts) -> Self {
        Self {
            task: facts.task,
            usage: facts.usage,
            example: facts.example,
            ..self
        }
    }

    pub(super) fn with_training(mut self, command: String, result: &ResultFile) -> Self {
        self.signatures = result.signatures.clone();
        self.data.sha256 = result.datasets.clone();
        self.training = TrainingFacts {
            command,
            seed: result.seed,
            epochs: result.epochs,
            best_epoch: result.best_epoch,
            early_stopped: result.early_stopped,
            wall_seconds: result.wall_seconds,
            device: result.device.clone(),
            crate_version: result.crate_version.clone(),
            git_revision: result.git_revision.clone(),
        };
        self
    }
}

impl TrainedOn {
    fn of(facts: &ModelFacts) -> Self {
        let catalog = Catalog::bundled();
        let dataset = facts.dataset.as_ref();
        match dataset.and_then(|name| catalog.get(name).ok()) {
            Some(dataset) => Self {
                name: Some(dataset.name.clone()),
                title: dataset.title.clone(),
                home: Some(dataset.home.clone()),
                licence: Some(dataset.licence.clone()),
                citation: Some(dataset.citation.clone()),
                sha256: BTreeMap::new(),
            },
            None => Self {
                title: facts.data.clone(),
                ..Self::default()
            },
        }
    }
}
