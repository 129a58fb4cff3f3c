//! A model's card: `zoo.json` for programs, `README.md` for people.

use std::collections::BTreeMap;
use std::fmt;

use burn_recurrent_datasets::Catalog;
use serde::Serialize;

use super::result_file::ResultFile;
use super::{ModelFacts, WeightsType};
use crate::Figures;

/// A model's card. Displayed, it is the model's `README.md`.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// What it was trained on.
    pub data: TrainedOn,
    /// How it was trained.
    pub training: TrainingFacts,
    #[serde(skip)]
    usage: Vec<String>,
}

/// The training data of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
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
            data: TrainedOn::of(&facts),
            training: TrainingFacts::default(),
            usage: facts.usage,
            task: facts.task,
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

    fn is_rounded(&self) -> bool {
        self.weights_type
            .is_some_and(|numbers| numbers != WeightsType::F32)
    }

    /// Where the figures are from, in a sentence.
    fn about_figures(&self) -> String {
        let numbers = self.weights_type.map_or("", WeightsType::name);
        match (self.is_rounded(), self.measured_as_shipped.is_empty()) {
            (false, _) => "What is shipped is what was trained and measured.".into(),
            (true, true) => format!(
                "The figures are those of the f32 weights, before they were rounded to {numbers}: the data was not at hand \
                 when the model was exported."
            ),
            (true, false) => format!(
                "The weights were rounded to {numbers}; the figures as shipped were measured with them after that, and \
                 what has none was measured only before."
            ),
        }
    }

    fn write_figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let two = self.is_rounded() && !self.measured_as_shipped.is_empty();
        match two {
            true => writeln!(
                f,
                "| figure | as shipped | before rounding |\n| --- | ---: | ---: |"
            )?,
            false => writeln!(f, "| figure | |\n| --- | ---: |")?,
        }
        for (name, value) in &self.figures {
            let before = self
                .run_figures
                .get(name)
                .copied()
                .map_or_else(String::new, figure);
            let words = match Some(name) == self.main_figure.as_ref() {
                true => format!("**{}**", name.replace('_', " ")),
                false => name.replace('_', " "),
            };
            match (two, self.measured_as_shipped.contains(name)) {
                (true, true) => writeln!(f, "| {words} | {} | {before} |", figure(*value))?,
                (true, false) => writeln!(f, "| {words} | | {before} |")?,
                (false, _) => writeln!(f, "| {words} | {} |", figure(*value))?,
            }
        }
        for (name, signature) in &self.signatures {
            writeln!(
                f,
                "\nSignature of {}: `{signature}`",
                name.replace('_', " ")
            )?;
        }
        Ok(())
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

impl fmt::Display for ModelCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            training,
            data,
            ..
        } = self;
        writeln!(f, "# {name}\n\n{}\n\n```sh", self.task)?;
        for usage in &self.usage {
            writeln!(f, "{}", usage.replace("NAME", name))?;
        }
        writeln!(f, "```\n\n## Figures\n\n{}\n", self.about_figures())?;
        self.write_figures(f)?;

        writeln!(f, "\n## Model\n")?;
        writeln!(f, "- kind: {}", self.kind)?;
        match (self.parameters, self.weights_type) {
            (Some(parameters), Some(numbers)) => {
                writeln!(
                    f,
                    "- parameters: {}, in {}",
                    thousands(parameters),
                    numbers.name()
                )?;
            }
            _ => writeln!(f, "- counts of n-grams")?,
        }
        writeln!(
            f,
            "- size: {} bytes ({:.1} MB)",
            thousands(self.bytes),
            self.bytes as f64 / 1e6
        )?;

        writeln!(f, "\n## Data\n\n- {}", data.title)?;
        for (label, value) in [
            ("page", &data.home),
            ("licence", &data.licence),
            ("cite", &data.citation),
        ] {
            if let Some(value) = value {
                // A citation may have several lines.
                let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
                writeln!(f, "- {label}: {value}")?;
            }
        }
        for (part, sha256) in &data.sha256 {
            writeln!(f, "- SHA-256 of {part}: `{sha256}`")?;
        }

        writeln!(f, "\n## Training\n\n```sh\n{}\n```\n", training.command)?;
        writeln!(f, "- seed: {}", training.seed)?;
        if training.epochs > 0 {
            let kept = training.best_epoch;
            let kept = kept.map_or_else(String::new, |epoch| format!(", the best was {epoch}"));
            let stopped = if training.early_stopped {
                ", then stopped early"
            } else {
                ""
            };
            writeln!(f, "- epochs: {}{kept}{stopped}", training.epochs)?;
        }
        writeln!(f, "- time: {}", duration(training.wall_seconds))?;
        writeln!(f, "- device: {}", training.device)?;
        writeln!(
            f,
            "- source: version {}, git revision {}",
            training.crate_version, training.git_revision
        )
    }
}

/// A figure with four digits behind the point.
fn figure(value: f64) -> String {
    format!("{value:.4}")
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = digits.as_str();
    while rest.len() > 3 {
        let (before, last) = rest.split_at(rest.len() - 3);
        parts.push(last);
        rest = before;
    }
    parts.push(rest);
    parts.reverse();
    parts.join(",")
}

fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, _) => format!("{seconds:.1} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1234), "1,234");
        assert_eq!(thousands(1_000_007), "1,000,007");
        assert_eq!(duration(3.25), "3.2 s");
        assert_eq!(duration(75.4), "1 min 15 s");
        assert_eq!(duration(3660.0), "1 h 1 min");
    }
}
