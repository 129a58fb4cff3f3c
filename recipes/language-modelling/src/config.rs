//! What a config of this recipe says.

use burn_recurrent::RecurrentInitializer;
use burn_recurrent_datasets::{Fractions, SplitUnit};
use burn_recurrent_models::ngram::{MAX_ORDER, NgramConfig};
use burn_recurrent_models::{CellKind, RecurrentLanguageModelConfig, WindowLanguageModelConfig};
use burn_recurrent_text::{Remainder, Unit};
use burn_recurrent_train::{InvalidValue, Recipe, RecipeConfig, TrainingConfig};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The recipe and its bundled configs.
pub const RECIPE: Recipe = Recipe {
    name: "language-modelling",
    configs: &[
        ("sample", include_str!("../configs/sample.toml")),
        (
            "shakespeare-char",
            include_str!("../configs/shakespeare-char.toml"),
        ),
        ("ptb-ngram", include_str!("../configs/ptb-ngram.toml")),
        ("ptb-nnlm", include_str!("../configs/ptb-nnlm.toml")),
        ("ptb-rnn", include_str!("../configs/ptb-rnn.toml")),
        ("ptb-gru", include_str!("../configs/ptb-gru.toml")),
        ("ptb-small", include_str!("../configs/ptb-small.toml")),
        ("ptb-medium", include_str!("../configs/ptb-medium.toml")),
    ],
};

/// Shown under `train --help`.
pub const BUNDLED_HELP: &str = "Bundled configs: sample, shakespeare-char, ptb-ngram, ptb-nnlm, ptb-rnn, ptb-gru, \
     ptb-small, ptb-medium";

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

/// The text and its vocabulary.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// What a token is: a word (then a line ends with `<eos>`), a character or a byte.
    pub unit: Unit,
    /// Words or characters seen less often in the training text are `<unk>`.
    #[serde(default = "one")]
    pub min_count: u64,
    /// Only so many of the most frequent are kept, `<eos>` and `<unk>` among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_vocabulary: Option<usize>,
    /// Whether there is an `<unk>` for what the training text does not hold; without it, such a token is an error.
    #[serde(default)]
    pub unknown: bool,
    /// Where the text comes from.
    pub source: SourceConfig,
}

/// Where the text comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SourceConfig {
    /// Stories written by the bundled grammar.
    Stories {
        /// The seed of the stories.
        seed: u64,
        /// The number of stories to train on.
        train_lines: usize,
        /// The number of stories to validate on.
        valid_lines: usize,
        /// The number of stories to test on.
        test_lines: usize,
    },
    /// A data set of the catalogue, downloaded where it is not in the cache.
    Catalog {
        /// Its name.
        name: String,
    },
    /// One's own files, one for each split.
    Files {
        /// The training text.
        train: PathBuf,
        /// The validation text.
        valid: PathBuf,
        /// The test text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<PathBuf>,
    },
    /// One file of one's own, split in order.
    File {
        /// The text.
        path: PathBuf,
        /// The part of it that is validated on.
        #[serde(default = "tenth")]
        valid: f64,
        /// The part of it that is tested on.
        #[serde(default)]
        test: f64,
    },
}

/// The model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ModelConfig {
    /// An n-gram model: trained by counting.
    Ngram(NgramConfig),
    /// The window model of Bengio et al. 2003.
    Window {
        /// The number of tokens that the next one is predicted from.
        window: usize,
        /// The width of the embeddings.
        d_embedding: usize,
        /// The width of the hidden layer.
        d_hidden: usize,
        /// Whether the embeddings also go to the output directly.
        #[serde(default = "yes")]
        direct: bool,
        /// The probability of dropout on the features.
        #[serde(default)]
        dropout: f64,
        /// Embeddings and output weights are drawn from uniform(±this).
        #[serde(default = "tenth")]
        init_range: f64,
    },
    /// A recurrent model.
    Recurrent {
        /// The cell: `rnn`, `gru` or `lstm`.
        cell: CellKind,
        /// The width of the embeddings.
        d_embedding: usize,
        /// The width of the hidden vectors.
        d_hidden: usize,
        /// The number of layers.
        #[serde(default = "one_layer")]
        num_layers: usize,
        /// The probability of dropout on everything that goes up (Zaremba et al. 2014).
        #[serde(default)]
        dropout: f64,
        /// Whether the dropout between layers draws one mask a window (Gal and Ghahramani 2016).
        #[serde(default)]
        variational_dropout: bool,
        /// The probability with which a recurrent weight is dropped for a window (Merity et al. 2017).
        #[serde(default)]
        weight_drop: f64,
        /// Whether the output layer's weights are the embeddings.
        #[serde(default)]
        tied: bool,
        /// How the recurrent weights are drawn.
        #[serde(default = "orthogonal")]
        initializer: RecurrentInitializer,
        /// Embeddings and output weights are drawn from uniform(±this).
        #[serde(default = "tenth")]
        init_range: f64,
    },
}

/// How the training text is cut into batches: `lanes` contiguous stretches side by side, `steps` tokens at a time, the
/// state carried from one batch to the next.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchesConfig {
    /// The number of stretches: the batch size.
    pub lanes: usize,
    /// The number of tokens through which is propagated back.
    pub steps: usize,
    /// Whether the tokens that fill no whole batch are kept or, as Zaremba et al. 2014 do, dropped.
    #[serde(default = "keep")]
    pub remainder: Remainder,
    /// What the gradient is of.
    #[serde(default)]
    pub loss: LossConfig,
}

/// What the gradient is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossConfig {
    /// The mean over all tokens of a batch.
    #[default]
    PerToken,
    /// The sum over a lane's tokens, averaged over the lanes: what Zaremba et al. 2014 clip and descend.
    PerLane,
}

/// How a text is gone through for validation and testing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationConfig {
    /// The number of stretches that the text is cut into. With 1, the default, every token is predicted from all those
    /// before it; with more it is faster, and each stretch begins without a past.
    #[serde(default = "one_lane")]
    pub lanes: usize,
    /// The number of tokens at a time, which changes nothing but the speed.
    #[serde(default = "evaluation_steps")]
    pub steps: usize,
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self {
            lanes: one_lane(),
            steps: evaluation_steps(),
        }
    }
}

fn one() -> u64 {
    1
}

fn one_layer() -> usize {
    1
}

fn one_lane() -> usize {
    1
}

fn evaluation_steps() -> usize {
    100
}

fn tenth() -> f64 {
    0.1
}

fn yes() -> bool {
    true
}

fn keep() -> Remainder {
    Remainder::Keep
}

fn orthogonal() -> RecurrentInitializer {
    RecurrentInitializer::Orthogonal {}
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
                let monitored = training.monitor.validate_among(&[]);
                training
                    .validate()
                    .and(monitored.map_err(|e| e.within("monitor")))
                    .map_err(|e| e.within("training"))
            }
            (true, None, _) => Err(missing("batches")),
            (true, _, None) => Err(missing("training")),
            (false, None, None) => Ok(()),
            (false, Some(_), _) => Err(surplus("batches")),
            (false, _, Some(_)) => Err(surplus("training")),
        }
    }
}

fn missing(table: &str) -> InvalidValue {
    InvalidValue::new(table, "is missing: a neural model is trained on batches")
}

fn surplus(table: &str) -> InvalidValue {
    InvalidValue::new(table, "has no meaning here: an n-gram model only counts")
}

fn at_least_one(key: &str, value: usize) -> Result<(), InvalidValue> {
    match value {
        0 => Err(InvalidValue::new(key, "must be at least 1, got 0")),
        _ => Ok(()),
    }
}

fn probability(key: &str, value: f64) -> Result<(), InvalidValue> {
    match (0.0..1.0).contains(&value) {
        true => Ok(()),
        false => Err(InvalidValue::new(
            key,
            format!("must be at least 0 and below 1, got {value}"),
        )),
    }
}

fn range(key: &str, value: f64) -> Result<(), InvalidValue> {
    match value.is_finite() && value > 0.0 {
        true => Ok(()),
        false => Err(InvalidValue::new(
            key,
            format!("must be above 0, got {value}"),
        )),
    }
}

impl DataConfig {
    fn validate(&self) -> Result<(), InvalidValue> {
        if self.unit == Unit::Byte && (self.min_count > 1 || self.max_vocabulary.is_some()) {
            return Err(InvalidValue::new(
                "unit",
                "is `byte`, whose vocabulary is fixed: leave out `min_count` and `max_vocabulary`",
            ));
        }
        if self.max_vocabulary == Some(0) {
            return Err(InvalidValue::new(
                "max_vocabulary",
                "must be at least 1, got 0",
            ));
        }
        let cut = self.min_count > 1 || self.max_vocabulary.is_some();
        if cut && !self.unknown {
            return Err(InvalidValue::new(
                "unknown",
                "must be true where `min_count` or `max_vocabulary` leaves tokens out",
            ));
        }
        let source = match &self.source {
            SourceConfig::Stories {
                train_lines,
                valid_lines,
                test_lines,
                ..
            } => at_least_one("train_lines", *train_lines)
                .and_then(|()| at_least_one("valid_lines", *valid_lines))
                .and_then(|()| at_least_one("test_lines", *test_lines)),
            SourceConfig::File { valid, test, .. } => probability("test", *test).and_then(|()| {
                if *valid > 0.0 && valid + test < 1.0 {
                    Ok(())
                } else {
                    Err(InvalidValue::new(
                        "valid",
                        format!("must be above 0 and leave something to train on, got {valid}"),
                    ))
                }
            }),
            SourceConfig::Catalog { .. } | SourceConfig::Files { .. } => Ok(()),
        };
        source.map_err(|e| e.within("source"))
    }
}

impl SourceConfig {
    /// The same source with paths that hold from any folder: a run's config is read again from elsewhere.
    pub fn with_absolute_paths(mut self) -> std::io::Result<Self> {
        let paths: Vec<&mut PathBuf> = match &mut self {
            Self::Files { train, valid, test } => {
                [train, valid].into_iter().chain(test.as_mut()).collect()
            }
            Self::File { path, .. } => vec![path],
            Self::Stories { .. } | Self::Catalog { .. } => Vec::new(),
        };
        for path in paths {
            *path = std::path::absolute(&*path)?;
        }
        Ok(self)
    }

    /// The parts of a single file.
    pub fn fractions(valid: f64, test: f64) -> Fractions {
        Fractions {
            train: 1.0 - valid - test,
            valid,
            test,
        }
    }

    /// Where a single file may be cut: for words between lines, so that none is torn.
    pub fn split_unit(unit: Unit) -> SplitUnit {
        match unit {
            Unit::Word => SplitUnit::Lines,
            Unit::Character | Unit::Byte => SplitUnit::Characters,
        }
    }
}

impl ModelConfig {
    fn validate(&self) -> Result<(), InvalidValue> {
        match self {
            // The smoothing's own settings are checked where it is trained.
            Self::Ngram(ngram) => match (1..=MAX_ORDER).contains(&ngram.order) {
                true => Ok(()),
                false => Err(InvalidValue::new(
                    "order",
                    format!("must be from 1 to {MAX_ORDER}, got {}", ngram.order),
                )),
            },
            Self::Window {
                window,
                d_embedding,
                d_hidden,
                dropout,
                init_range,
                ..
            } => {
                at_least_one("window", *window)?;
                at_least_one("d_embedding", *d_embedding)?;
                at_least_one("d_hidden", *d_hidden)?;
                probability("dropout", *dropout)?;
                range("init_range", *init_range)
            }
            Self::Recurrent {
                d_embedding,
                d_hidden,
                num_layers,
                dropout,
                weight_drop,
                tied,
                initializer,
                init_range,
                ..
            } => {
                match initializer {
                    RecurrentInitializer::Uniform { bound } => range("initializer.bound", *bound)?,
                    RecurrentInitializer::Identity { scale } => {
                        range("initializer.scale", *scale)?;
                    }
                    RecurrentInitializer::Orthogonal {} | RecurrentInitializer::Torch {} => {}
                }
                at_least_one("d_embedding", *d_embedding)?;
                at_least_one("d_hidden", *d_hidden)?;
                at_least_one("num_layers", *num_layers)?;
                probability("dropout", *dropout)?;
                probability("weight_drop", *weight_drop)?;
                range("init_range", *init_range)?;
                if *tied && d_embedding != d_hidden {
                    return Err(InvalidValue::new(
                        "tied",
                        format!(
                            "needs embeddings as wide as the hidden vectors, but `d_embedding` is {d_embedding} and \
                             `d_hidden` {d_hidden}"
                        ),
                    ));
                }
                Ok(())
            }
        }
    }

    /// The model of this config, as it is saved.
    pub fn saved(&self, vocabulary: usize) -> burn_recurrent_models::ModelConfig {
        use burn_recurrent_models::ModelConfig as Saved;
        if let Some(window) = self.window(vocabulary) {
            return Saved::Window(window);
        }
        match (self, self.recurrent(vocabulary)) {
            (_, Some(recurrent)) => Saved::Recurrent(recurrent),
            (Self::Ngram(ngram), None) => Saved::Ngram(ngram.clone()),
            _ => unreachable!("there is no other kind"),
        }
    }

    /// The window model of this config, if it is one.
    pub fn window(&self, vocabulary: usize) -> Option<WindowLanguageModelConfig> {
        match self {
            Self::Window {
                window,
                d_embedding,
                d_hidden,
                direct,
                dropout,
                init_range,
            } => Some(
                WindowLanguageModelConfig::new(vocabulary, *window, *d_embedding, *d_hidden)
                    .with_direct(*direct)
                    .with_dropout(*dropout)
                    .with_init_range(*init_range),
            ),
            _ => None,
        }
    }

    /// The recurrent model of this config, if it is one.
    pub fn recurrent(&self, vocabulary: usize) -> Option<RecurrentLanguageModelConfig> {
        match self {
            Self::Recurrent {
                cell,
                d_embedding,
                d_hidden,
                num_layers,
                dropout,
                variational_dropout,
                weight_drop,
                tied,
                initializer,
                init_range,
            } => Some(
                RecurrentLanguageModelConfig::new(vocabulary, *d_embedding, *d_hidden)
                    .with_cell(*cell)
                    .with_num_layers(*num_layers)
                    .with_dropout(*dropout)
                    .with_variational_dropout(*variational_dropout)
                    .with_weight_drop(*weight_drop)
                    .with_tied(*tied)
                    .with_initializer(initializer.clone())
                    .with_init_range(*init_range),
            ),
            _ => None,
        }
    }
}

impl BatchesConfig {
    fn validate(&self) -> Result<(), InvalidValue> {
        at_least_one("lanes", self.lanes)?;
        at_least_one("steps", self.steps)
    }
}

impl EvaluationConfig {
    fn validate(&self) -> Result<(), InvalidValue> {
        at_least_one("lanes", self.lanes)?;
        at_least_one("steps", self.steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_recurrent_train::parse_config;

    #[test]
    fn every_bundled_config_is_valid_and_survives_being_written() {
        for (name, text) in RECIPE.configs {
            let config: Config =
                parse_config(name, text, &[]).unwrap_or_else(|e| panic!("{name}: {e}"));
            let written = toml::to_string(&config).unwrap();
            let again: Config = parse_config(name, &written, &[]).unwrap();
            assert_eq!(toml::to_string(&again).unwrap(), written);
            assert!(BUNDLED_HELP.contains(name));
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
        let monitor = "training.monitor={metric=\"valid_f1\", direction=\"maximize\"}";
        assert!(error("sample", monitor).contains("`training.monitor.metric` must be one of"));
    }
}
