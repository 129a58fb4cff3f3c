//! The config of this recipe: one file for each of its tables.

mod data;
mod model;

pub use data::{DataConfig, SourceConfig};
pub use model::ModelConfig;

use burn_recurrent_train::language_modelling::{BatchesConfig, EvaluationConfig};
use burn_recurrent_train::{InvalidValue, Recipe, RecipeConfig, TrainingConfig};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The recipe and its bundled configs.
pub const RECIPE: Recipe = Recipe {
    name: "language-modelling",
    configs: &[
        ("sample", include_str!("../../configs/sample.toml")),
        (
            "sample-long",
            include_str!("../../configs/sample-long.toml"),
        ),
        (
            "shakespeare-char",
            include_str!("../../configs/shakespeare-char.toml"),
        ),
        ("ptb-ngram", include_str!("../../configs/ptb-ngram.toml")),
        ("ptb-nnlm", include_str!("../../configs/ptb-nnlm.toml")),
        ("ptb-rnn", include_str!("../../configs/ptb-rnn.toml")),
        ("ptb-gru", include_str!("../../configs/ptb-gru.toml")),
        ("ptb-small", include_str!("../../configs/ptb-small.toml")),
        ("ptb-medium", include_str!("../../configs/ptb-medium.toml")),
    ],
};

/// A config.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The text and its vocabulary.
    pub data: DataConfig,
    /// The model.
    pub model: ModelConfig,
    /// How the text is cut into batches; neural models only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batches: Option<BatchesConfig>,
    /// How it is gone through for validation and testing.
    #[serde(default)]
    pub evaluation: EvaluationConfig,
    /// How to train; neural models only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingConfig>,
}

impl RecipeConfig for Config {
    fn validate(&self) -> Result<(), InvalidValue> {
        self.data.validate().map_err(|e| e.within("data"))?;
        self.model.validate().map_err(|e| e.within("model"))?;
        self.evaluation
            .validate()
            .map_err(|e| e.within("evaluation"))?;
        let neural = !matches!(self.model, ModelConfig::Ngram(_));
        match (neural, &self.batches, &self.training) {
            (true, Some(batches), Some(training)) => {
                batches.validate().map_err(|e| e.within("batches"))?;
                training
                    .validate_with(&[])
                    .map_err(|e| e.within("training"))
            }
            (true, None, _) => Err(missing("batches")),
            (true, _, None) => Err(missing("training")),
            (false, None, None) => Ok(()),
            (false, Some(_), _) => Err(surplus("batches")),
            (false, _, Some(_)) => Err(surplus("training")),
        }
    }

    fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        self.data.source.paths_mut()
    }
}

fn missing(table: &str) -> InvalidValue {
    InvalidValue::new(table, "is missing: a neural model is trained on batches")
}

fn surplus(table: &str) -> InvalidValue {
    InvalidValue::new(table, "has no meaning here: an n-gram model only counts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_recurrent_train::parse_config;

    #[test]
    fn every_bundled_config_is_valid_and_survives_being_written() {
        RECIPE.check_configs::<Config>().unwrap();
    }

    #[test]
    fn what_is_not_known_is_named_with_its_place() {
        let table = "[model]\nkind = \"recurrent\"\nd_embedding = 8\nd_hidden = 8 # units\ncell = \"gru\"\n";
        let batches = "[batches]\nlanes = 2\nsteps = 2\n";
        let head = "[data]\nunit = \"word\"\nsource = { kind = \"catalog\", name = \"ptb\" }\n";
        for (from, to, expected) in [
            (
                "d_hidden = 8",
                "d_hiden = 8",
                "7:1: unknown field `d_hiden`, expected one of",
            ),
            (
                "d_hidden = 8",
                "  d_hiden = 8",
                "7:3: unknown field `d_hiden`, expected one of",
            ),
            (
                "d_hidden = 8",
                "d_hidden = \"9\"",
                "7:12: `d_hidden`: invalid type: string \"9\"",
            ),
            (
                "d_hidden = 8",
                "d_hidden = 8.5",
                "7:12: `d_hidden`: invalid type: floating point `8.5`",
            ),
            (
                "\"gru\"",
                "\"transformer\"",
                "8:8: `cell`: unknown variant `transformer`",
            ),
            // Also within a table of the table.
            (
                "d_hidden = 8",
                "d_hidden = 8\ninitializer = { kind = \"uniform\", bond = 0.1 }",
                "8:35: unknown field `bond`",
            ),
            // What stands there twice or not at all has no place but the table's.
            (
                "d_hidden = 8",
                "d_hidden = 8\ninit_range = 0.1\ninitializer = { kind = \"uniform\", init_range = 0.1 }",
                "4:1: unknown field `init_range`, expected `bound`",
            ),
            ("d_hidden = 8", "", "4:1: missing field `d_hidden`"),
        ] {
            let text = [head, &table.replace(from, to), batches].concat();
            let result: Result<Config, _> = parse_config("c.toml", &text, &[]);
            let error = result.unwrap_err().to_string();
            assert!(error.contains(&format!("c.toml:{expected}")), "{error}");
        }
    }

    /// The size that the data decide is in no config file.
    #[test]
    fn what_the_data_decide_is_not_written() {
        for (name, text) in RECIPE.configs {
            let config: Config = parse_config(name, text, &[]).unwrap();
            assert!(
                !toml::to_string(&config)
                    .unwrap()
                    .contains("vocabulary_size")
            );
        }
    }

    #[test]
    fn what_makes_no_sense_is_named_by_its_key() {
        let error = |name: &str, set: &str| {
            let (_, text) = RECIPE.configs.iter().find(|(n, _)| *n == name).unwrap();
            let result: Result<Config, _> = parse_config(name, text, &[set.to_string()]);
            result.unwrap_err().to_string()
        };
        assert!(error("sample", "batches.lanes=0").contains("`batches.lanes` must be at least 1"));
        assert!(
            error("sample", "model.dropout=1.0").contains("`model.dropout` must be at least 0")
        );
        assert!(
            error("ptb-medium", "model.d_embedding=3").contains("`model.tied` needs embeddings")
        );
        assert!(
            error("ptb-ngram", "batches={lanes=1,steps=1}").contains("`batches` has no meaning")
        );
        assert!(error("ptb-small", "data.min_count=2").contains("`data.unknown` must be true"));
        assert!(error("sample", "model.cells=3").contains("cells"));
        assert!(
            error("sample", "model.d_hidden=0").contains("`model.d_hidden` must be at least 1")
        );
        let decided = error("sample", "model.vocabulary_size=9");
        assert!(decided.contains("`model.vocabulary_size` is decided by the data"));
        let initializer = "model.initializer={kind=\"uniform\", bound=0.0}";
        assert!(error("sample", initializer).contains("`model.initializer.bound` must be"));
        assert!(error("sample", "model.init_range=-1.0").contains("`model.init_range` must be"));
        assert!(
            error("ptb-ngram", "model.smoothing={add-k={k=0.0}}").contains("`model.smoothing` is")
        );
        let monitor = "training.monitor={metric=\"valid_f1\", direction=\"maximize\"}";
        assert!(error("sample", monitor).contains("`training.monitor.metric` must be one of"));
    }
}
