//! What a config of this recipe says: one file for each of its tables.

mod data;

pub use data::{DataConfig, SourceConfig};

use burn_recurrent_models::{BeamConfig, EncoderDecoderConfig};
use burn_recurrent_text::TranslationTokenizers;
use burn_recurrent_train::translation::{
    BatchesConfig, SamplingConfig, Score, TokensConfig, special_tokens,
};
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
    pub model: EncoderDecoderConfig,
    /// How many tokens at a time.
    #[serde(default)]
    pub batches: BatchesConfig,
    /// How often the decoder reads its own words in training.
    #[serde(default)]
    pub sampling: SamplingConfig,
    /// How translations are searched for when the model is tested and used; validation after an epoch is greedy.
    #[serde(default)]
    pub search: BeamConfig,
    /// How to train.
    pub training: TrainingConfig,
}

impl Config {
    /// The figures that are computed on the validation data after each epoch.
    pub fn valid_metrics(&self) -> &'static [&'static str] {
        Score::valid_metrics(self.data.task)
    }

    /// The model for these tokenisers.
    pub fn model(&self, tokenizers: &TranslationTokenizers) -> EncoderDecoderConfig {
        let (source, target) = (tokenizers.source.len(), tokenizers.target.len());
        self.model
            .clone()
            .with_source_vocabulary_size(source)
            .with_target_vocabulary_size(target)
            .with_tokens(special_tokens())
    }
}

impl RecipeConfig for Config {
    fn validate(&self) -> Result<(), InvalidValue> {
        self.data.validate().map_err(|e| e.within("data"))?;
        self.tokens.validate().map_err(|e| e.within("tokens"))?;
        self.batches.validate().map_err(|e| e.within("batches"))?;
        self.sampling.validate().map_err(|e| e.within("sampling"))?;
        self.training
            .validate_with(self.valid_metrics())
            .map_err(|e| e.within("training"))
    }

    fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        self.data.source.paths_mut()
    }
}
