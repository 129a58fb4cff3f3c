//! The config of this recipe: one file for each of its tables.

mod data;
mod model;
mod split;

pub use data::{DataConfig, SourceConfig};
pub use model::ModelConfig;

use burn_recurrent_train::tagging::{BatchesConfig, Score, WordsConfig};
use burn_recurrent_train::{
    InvalidValue, KeepWeights, Recipe, RecipeConfig, ScheduleConfig, TrainingConfig,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The recipe and its bundled configs.
pub const RECIPE: Recipe = Recipe {
    name: "sequence-tagging",
    configs: &[
        ("sample", include_str!("../../configs/sample.toml")),
        ("ewt-upos", include_str!("../../configs/ewt-upos.toml")),
        ("ewt-xpos", include_str!("../../configs/ewt-xpos.toml")),
        (
            "conll2000-chunks",
            include_str!("../../configs/conll2000-chunks.toml"),
        ),
    ],
};

/// A config.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The sentences and their labels.
    pub data: DataConfig,
    /// What of a word the model knows.
    #[serde(default)]
    pub words: WordsConfig,
    /// The model.
    pub model: ModelConfig,
    /// How many tokens at a time.
    #[serde(default)]
    pub batches: BatchesConfig,
    /// How to train.
    pub training: TrainingConfig,
}

impl Config {
    /// What was trained on cannot choose the weights, the learning rate or the end.
    fn check_train_on_valid(&self) -> Result<(), InvalidValue> {
        let training = &self.training;
        let chosen = match &training.schedule {
            ScheduleConfig::Plateau { .. } => Some("`training.schedule` a plateau"),
            _ if training.keep_weights == KeepWeights::Best => Some("`training.keep_weights` best"),
            _ if training.early_stopping.is_some() => Some("`training.early_stopping`"),
            _ => None,
        };
        match chosen {
            Some(chosen) if self.data.train_on_valid => Err(InvalidValue::new(
                "data.train_on_valid",
                format!(
                    "leaves no validation sentences to choose by, and {chosen} does so; train with \
                     `training.keep_weights = \"last\"`, a number of epochs that was chosen before, and no early stopping"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The figures that are computed on the validation data after each epoch.
    pub fn valid_metrics(&self) -> &'static [&'static str] {
        Score::valid_metrics(self.data.task)
    }
}

impl RecipeConfig for Config {
    fn validate(&self) -> Result<(), InvalidValue> {
        self.data.validate().map_err(|e| e.within("data"))?;
        self.words.validate().map_err(|e| e.within("words"))?;
        self.model.validate().map_err(|e| e.within("model"))?;
        self.batches.validate().map_err(|e| e.within("batches"))?;
        self.check_train_on_valid()?;
        self.training
            .validate_with(self.valid_metrics())
            .map_err(|e| e.within("training"))
    }

    fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        let vectors = self.words.vectors.as_mut();
        self.data
            .source
            .paths_mut()
            .into_iter()
            .chain(vectors)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_recurrent_train::parse_config;

    /// The sizes that the data decide are in no config file, and the encoder's options stand beside the others.
    #[test]
    fn what_the_data_decide_is_not_written() {
        for (name, text) in RECIPE.configs {
            let config: Config = parse_config(name, text, &[]).unwrap();
            let table = toml::Table::try_from(&config).unwrap();
            let model = table["model"].as_table().unwrap();
            for key in ["d_word", "d_hidden", "d_shape", "cell", "output"] {
                assert!(model.contains_key(key), "{key}");
            }
            for key in ["vocabulary_size", "shapes", "unknown_word", "encoder"] {
                assert!(!model.contains_key(key), "{key}");
            }
        }
    }

    #[test]
    fn every_bundled_config_is_valid_and_survives_being_written() {
        RECIPE.check_configs::<Config>().unwrap();
    }

    #[test]
    fn what_is_not_known_is_named_with_its_place() {
        let text = RECIPE.configs[0].1;
        for (known, unknown, messages) in [
            ("d_hidden = 96", "d_hiden = 96", ["`d_hiden`", "`d_hidden`"]),
            ("d_shape = 8", "d_shape = \"8\"", ["string", "d_shape"]),
            ("kind = \"crf\"", "kind = \"crv\"", ["crv", "softmax"]),
        ] {
            assert!(text.contains(known));
            let text = text.replace(known, unknown);
            let result: Result<Config, _> = parse_config("c.toml", &text, &[]);
            let error = result.unwrap_err().to_string();
            let line = text.lines().position(|line| line.contains(unknown));
            let place = format!("c.toml:{}:", line.unwrap() + 1);
            assert!(error.contains(&place), "no {place} in {error}");
            for message in messages {
                assert!(error.contains(message), "{error}");
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_named_by_its_key() {
        let error = |set: &str| {
            let (name, text) = RECIPE.configs[0];
            let result: Result<Config, _> = parse_config(name, text, &[set.to_string()]);
            result.unwrap_err().to_string()
        };
        for (set, message) in [
            ("batches.tokens=0", "`batches.tokens` must be at least 1"),
            (
                "model.dropout_input=1.0",
                "`model.dropout_input` must be at least 0",
            ),
            ("model.d_hidden=0", "`model.d_hidden` must be at least 1"),
            ("model.cells=3", "cells"),
            ("model.d_shape=0", "`model.d_shape` must be at least 1"),
            (
                "model.characters={kind=\"cnn\", d_embedding=0, num_filters=1, width=1}",
                "`model.characters.d_embedding` must be at least 1",
            ),
            (
                "model.vocabulary_size=9",
                "`model.vocabulary_size` is decided by the data",
            ),
            (
                "model.shapes={vocabulary_size=1, d_embedding=1}",
                "a width, which is `d_shape`",
            ),
            ("words.lower=true", "lower"),
            (
                "data.train_on_valid=true",
                "`training.keep_weights` best does so",
            ),
            ("words.min_count=0", "`words.min_count` must be at least 1"),
            (
                "training.monitor={metric=\"valid_bleu\", direction=\"maximize\"}",
                "`training.monitor.metric` must be one of valid_nats_per_token, valid_f1, valid_accuracy",
            ),
        ] {
            let error = error(set);
            assert!(error.contains(message), "{set}: {error}");
        }
    }
}
