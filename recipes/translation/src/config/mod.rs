//! The config of this recipe: one file for each of its tables.

mod data;
mod model;
mod search;

pub use data::{DataConfig, SourceConfig};
pub use model::ModelConfig;
pub use search::SearchConfig;

use burn_recurrent_train::translation::{BatchesConfig, SamplingConfig, Score, TokensConfig};
use burn_recurrent_train::{InvalidValue, Recipe, RecipeConfig, TrainingConfig};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

macro_rules! bundled {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../configs/", $name, ".toml")))),*]
    };
}

/// The recipe and its bundled configs.
pub const RECIPE: Recipe = Recipe {
    name: "translation",
    configs: bundled![
        "sample",
        "multi30k-de-en",
        "multi30k-en-de",
        "cmudict-g2p",
        "ablation-plain",
        "ablation-reversed",
        "ablation-three-input",
        "ablation-deep",
        "ablation-bidirectional",
        "ablation-attention",
        "ablation-subwords",
    ],
};

/// A config.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The pairs.
    pub data: DataConfig,
    /// What a token is.
    pub tokens: TokensConfig,
    /// The model.
    pub model: ModelConfig,
    /// How many tokens at a time.
    #[serde(default)]
    pub batches: BatchesConfig,
    /// How often the decoder reads its own words in training.
    #[serde(default)]
    pub sampling: SamplingConfig,
    /// How translations are searched for when the model is tested and used; validation after an epoch is greedy.
    #[serde(default)]
    pub search: SearchConfig,
    /// How to train.
    pub training: TrainingConfig,
}

impl Config {
    /// The figures that are computed on the validation data after each epoch.
    pub fn valid_metrics(&self) -> &'static [&'static str] {
        Score::valid_metrics(self.data.task)
    }
}

impl RecipeConfig for Config {
    fn validate(&self) -> Result<(), InvalidValue> {
        self.data.validate().map_err(|e| e.within("data"))?;
        self.tokens.validate().map_err(|e| e.within("tokens"))?;
        self.model.validate().map_err(|e| e.within("model"))?;
        self.batches.validate().map_err(|e| e.within("batches"))?;
        self.sampling.validate().map_err(|e| e.within("sampling"))?;
        search::validate(&self.search).map_err(|e| e.within("search"))?;
        let joint = self.tokens.both.is_some();
        self.model.check_uses(joint, &self.search)?;
        self.training
            .validate_with(self.valid_metrics())
            .map_err(|e| e.within("training"))
    }

    fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        self.data.source.paths_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_recurrent_train::parse_config;

    /// Each of the ablation configs is the one before it with one thing more, and all have the same budget.
    #[test]
    fn the_ablation_configs_have_one_budget() {
        let budget = |name: &str| {
            let (_, text) = RECIPE.configs.iter().find(|(n, _)| *n == name).unwrap();
            let config: Config = parse_config(name, text, &[]).unwrap();
            let table = toml::Table::try_from(&config).unwrap();
            ["data", "batches", "search", "training"].map(|key| table[key].clone())
        };
        let plain = budget("ablation-plain");
        for (name, _) in RECIPE.configs {
            if name.starts_with("ablation-") {
                assert_eq!(budget(name), plain, "{name}");
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
            (
                "d_hidden = 192",
                "d_hiden = 192",
                ["`d_hiden`", "`d_hidden`"],
            ),
            (
                "d_hidden = 192",
                "d_hidden = \"192\"",
                ["string", "d_hidden"],
            ),
            (
                "source = { unit = \"word\" }",
                "source = { unit = \"wort\" }",
                ["wort", "symbol"],
            ),
            (
                "kind = \"grammar\"",
                "kind = \"grammer\"",
                ["grammer", "pronunciations"],
            ),
        ] {
            assert!(text.contains(known), "{known}");
            let text = text.replacen(known, unknown, 1);
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

    /// The sizes that the data decide are in no config file.
    #[test]
    fn what_the_data_decide_is_not_written() {
        for (name, text) in RECIPE.configs {
            let config: Config = parse_config(name, text, &[]).unwrap();
            let table = toml::Table::try_from(&config).unwrap();
            let model = table["model"].as_table().unwrap();
            for key in ["d_hidden", "attention", "bridge", "encoder_cell"] {
                assert!(model.contains_key(key), "{key}");
            }
            for key in ["source_vocabulary_size", "target_vocabulary_size", "tokens"] {
                assert!(!model.contains_key(key), "{key}");
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
            ("model.d_hidden=0", "`model.d_hidden` must be at least 1"),
            (
                "model.dropout_output=1.0",
                "`model.dropout_output` must be at least 0 and below 1",
            ),
            (
                "model.attention=\"none\"",
                "`model.input_feeding` does not go with the other settings",
            ),
            (
                "model.d_encoder=191",
                "`model.bidirectional` does not go with the other settings",
            ),
            (
                "model.source_vocabulary_size=9",
                "`model.source_vocabulary_size` is decided by the data",
            ),
            (
                "model.target_vocabulary_size=9",
                "`model.target_vocabulary_size` is decided by the data",
            ),
            (
                "model.tokens={padding=7}",
                "`model.tokens` are decided by the data",
            ),
            ("model.cells=3", "cells"),
            (
                "model.shared_embeddings=true",
                "`model.shared_embeddings` needs one tokeniser",
            ),
            (
                "tokens.both={unit=\"bpe\"}",
                "`tokens.both` is one tokeniser",
            ),
            (
                "tokens.max_source=0",
                "`tokens.max_source` must be at least 1",
            ),
            (
                "tokens.source.min_count=0",
                "`tokens.source.min_count` must be at least 1",
            ),
            ("search.beam=0", "`search.beam` must be at least 1"),
            ("search.beam=100_000", "`search.beam` must be at most 1000"),
            ("search.nbest=6", "`search.nbest` must be at most `beam`"),
            (
                "search.length_penalty=-1.0",
                "`search.length_penalty` must be a number of at least 0",
            ),
            (
                "search.options.max_length=0",
                "`search.options.max_length` must be at least 1",
            ),
            ("sampling.to=1.5", "`sampling.to` must be at least 0"),
            ("sampling={from=0.1, to=0.2}", "`sampling.from`"),
            (
                "data.source.train_sentences=0",
                "`data.source.train_sentences`",
            ),
            (
                "training.monitor={metric=\"valid_word_error\", direction=\"minimize\"}",
                "`training.monitor.metric` must be one of valid_nats_per_token, valid_bleu",
            ),
        ] {
            let error = error(set);
            assert!(error.contains(message), "{set}: {error}");
        }
        let (name, text) = RECIPE
            .configs
            .iter()
            .find(|(n, _)| *n == "ablation-plain")
            .unwrap();
        let set = ["search.coverage_penalty=0.1".to_string()];
        let result: Result<Config, _> = parse_config(name, text, &set);
        let error = result.unwrap_err().to_string();
        assert!(
            error.contains("`search.coverage_penalty` penalises"),
            "{error}"
        );
    }
}
