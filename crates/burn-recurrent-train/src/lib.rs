//! What the recipes of burn-recurrent share: config files, run directories, training, resume, plots and the command
//! line.
//!
//! Taggers and language models are trained in a program of one's own with the modules [`tagging`] and
//! [`language_modelling`], whose pages show such programs. For models of one's own there is [`Training`].
//!
//! A recipe brings a config, a model and batches; this crate brings the rest, on top of burn-train. This is all of a
//! recipe but its command line. The model here is a bigram table: the next token depends on the current one alone.
//!
//! ```
//! use burn::module::Module;
//! use burn::nn::loss::CrossEntropyLossConfig;
//! use burn::nn::{Embedding, EmbeddingConfig};
//! use burn::tensor::{Int, Tensor, TensorData};
//! use burn::train::{InferenceStep, TrainOutput, TrainStep};
//! use burn_recurrent_train::*;
//! use serde::{Deserialize, Serialize};
//!
//! /// The config: what the recipe needs, and `[training]`.
//! #[derive(Serialize, Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Config {
//!     vocabulary: usize,
//!     training: TrainingConfig,
//! }
//!
//! impl RecipeConfig for Config {
//!     fn validate(&self) -> Result<(), InvalidValue> {
//!         self.training.validate().map_err(|error| error.within("training"))
//!     }
//! }
//!
//! const RECIPE: Recipe = Recipe {
//!     name: "bigram",
//!     configs: &[("sample", r#"
//!         vocabulary = 3
//!         [training]
//!         epochs = 40
//!         learning_rate = 0.1
//!         optimizer = { kind = "adam" }
//!     "#)],
//! };
//!
//! /// The model: a step returns the summed loss and the number of tokens.
//! #[derive(Module, Debug)]
//! struct Bigram {
//!     logits: Embedding,
//! }
//!
//! impl Bigram {
//!     fn mean_loss(&self, tokens: &[i64]) -> Tensor<1> {
//!         let device = self.logits.weight.val().device();
//!         let tokens = Tensor::<1, Int>::from_data(TensorData::from(tokens), &device);
//!         let count = tokens.dims()[0] - 1;
//!         let logits = self.logits.forward(tokens.clone().narrow(0, 0, count).unsqueeze::<2>());
//!         let loss = CrossEntropyLossConfig::new().init(&device);
//!         loss.forward(logits.squeeze_dim::<2>(0), tokens.narrow(0, 1, count))
//!     }
//! }
//!
//! impl TrainStep for Bigram {
//!     type Input = Vec<i64>;
//!     type Output = TokenLoss;
//!     fn step(&self, tokens: Vec<i64>) -> TrainOutput<TokenLoss> {
//!         let mean = self.mean_loss(&tokens);
//!         let count = tokens.len() - 1;
//!         let loss = TokenLoss::new(mean.clone() * count as f64, count);
//!         TrainOutput::new(self, mean.backward(), loss)
//!     }
//! }
//!
//! impl InferenceStep for Bigram {
//!     type Input = Vec<i64>;
//!     type Output = TokenLoss;
//!     fn step(&self, tokens: Vec<i64>) -> TokenLoss {
//!         let count = tokens.len() - 1;
//!         TokenLoss::new(self.mean_loss(&tokens) * count as f64, count)
//!     }
//! }
//!
//! impl CarriedState for Bigram {} // nothing is carried from batch to batch
//!
//! fn train(args: &TrainArgs) -> Result<RunResult, Report> {
//!     let config: Config = args.config(&RECIPE)?;
//!     let device = default_device()?;
//!     let batches = vec![vec![0, 1, 2, 0, 1, 2, 0], vec![1, 2, 0, 1]];
//!     let test = vec![vec![2, 0, 1, 2]];
//!
//!     let run = args.run_directory(&RECIPE, &config)?;
//!     let model = seeded_init(config.training.seed, &device, |device| Bigram {
//!         logits: EmbeddingConfig::new(config.vocabulary, config.vocabulary).init(device),
//!     });
//!     let outcome = Training::new(&run, &config.training, model, batches, test.clone())
//!         .with_progress(args.progress())
//!         .launch()?;
//!     run.save_model(&outcome.model)?;
//!
//!     let result = RunResult::new(RECIPE.name, config.training.seed, &device)
//!         .with_training(&outcome)
//!         .with_metric("test_perplexity", evaluate(&outcome.model, &test)?.perplexity());
//!     run.write_json("result.json", &result)?;
//!     Ok(result)
//! }
//!
//! # fn run() -> Result<(), Report> {
//! # let folder = tempfile::tempdir()?;
//! # let run = folder.path().join("run");
//! // `bigram train --quiet --run DIR`; a recipe gets these from clap, and its `main` is `main_exit(|| ...)`.
//! let args = TrainArgs { quiet: true, run: Some(run), ..TrainArgs::default() };
//! let result = train(&args)?;
//! assert!(result.metrics["test_perplexity"] < 1.1);
//! # Ok(())
//! # }
//! # run().unwrap();
//! ```
#![forbid(unsafe_code)]

mod alignment;
mod arrivals;
mod batches;
mod checkpoint;
mod checkpoint_config;
pub mod checks;
mod cli;
mod clip;
mod config;
mod config_message;
mod config_place;
mod confusion;
mod curves;
mod described_model;
mod device;
mod drawing;
mod early_stopping;
pub mod export;
mod fused_optimizer;
mod history;
mod ids;
pub mod language_modelling;
mod logging;
mod loop_state;
mod loss;
mod memory;
mod model;
mod model_options;
mod monitor;
mod optimizer;
mod panic_message;
mod progress;
mod report;
mod result;
mod resumed_config;
mod run_data;
mod run_directory;
mod schedule;
mod seeds;
pub mod sentences;
mod shipped_models;
mod splits;
pub mod tagging;
mod throughput;
mod training;
mod training_config;
pub mod translation;
mod weights;

pub use alignment::draw_alignment;
pub use arrivals::Arrivals;
pub use batches::{BatchError, BatchIterator, Batches};
pub use checkpoint::CheckpointError;
pub use checkpoint_config::CheckpointConfig;
pub use cli::{EvaluateArgs, Recipe, TrainArgs};
pub use clip::{ClipConfig, clip_global_norm, global_norm};
pub use config::{ConfigError, InvalidValue, RecipeConfig, load_config, parse_config};
pub use confusion::draw_confusion_matrix;
pub use device::{DeviceError, default_device, device_name};
pub use early_stopping::EarlyStoppingConfig;
pub use export::{CardArgs, ExportArgs, ModelExport, ModelFacts, WeightsType};
pub use history::{BestEpoch, EpochRecord, Figures};
pub use logging::init_logging;
pub use loss::{LossSum, TokenLoss};
pub use memory::{MemoryError, check_batch, check_model};
pub use model::{CarriedState, RecurrentLearner};
pub use monitor::{Direction, MonitorConfig};
pub use optimizer::OptimizerConfig;
pub use progress::Progress;
pub use report::{Report, main_exit, print_json};
pub use result::RunResult;
pub use resumed_config::ChangedSetting;
pub use run_data::{
    Checksums, RunData, RunDataConfig, RunDataError, SavedVocabularies, VocabulariesOf,
};
pub use run_directory::{RunDirectory, RunDirectoryError};
pub use schedule::ScheduleConfig;
pub use seeds::{mix_seed, seeded_init};
pub use shipped_models::ModelsArgs;
pub use splits::{SplitError, Splits};
pub use throughput::Throughput;
pub use training::{TrainError, Training, TrainingOutcome, evaluate};
pub use training_config::{KeepWeights, TrainingConfig};
