//! Training language models: a text into windows, and a learner for the loop that carries the state from one to the next.
//!
//! A program of one's own trains, evaluates, saves and uses a language model like this; the saving and using is
//! burn-recurrent-zoo's:
//!
//! ```
//! use burn::tensor::Device;
//! use burn_recurrent_datasets::StoryCorpus;
//! use burn_recurrent_zoo::{
//!     Sampler, SamplerConfig, TrainedLanguageModel, save_language_model,
//! };
//! use burn_recurrent_models::RecurrentLanguageModelConfig;
//! use burn_recurrent_text::{Special, Unit, VocabularyBuilder};
//! use burn_recurrent_train::language_modelling::{
//!     BatchesConfig, Corpus, EvaluationConfig, Learner,
//! };
//! use burn_recurrent_train::{
//!     OptimizerConfig, Report, RunDirectory, Training, TrainingConfig, evaluate, seeded_init,
//! };
//!
//! # fn main() -> Result<(), Report> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("model");
//! let device = Device::default();
//! let text = StoryCorpus::generate(1, 500, 50, 50).splits;
//! let builder = VocabularyBuilder::new(Unit::Word)
//!     .with_special(Special::Unknown)
//!     .with_special(Special::EndOfSentence);
//! let corpus = Corpus::new(&text, builder.count(&text.train).build()?)?;
//!
//! let config = RecurrentLanguageModelConfig::new(corpus.vocabulary.len(), 16, 16);
//! let model = seeded_init(1, &device, |device| config.init(device).expect("sizes above 0"));
//!
//! let training = TrainingConfig::new(8, 0.02, OptimizerConfig::adam());
//! let (batches, evaluation) = (BatchesConfig::new(10, 20), EvaluationConfig::default());
//! let (train, valid) = (corpus.train_windows(&batches)?, corpus.valid_windows(&evaluation)?);
//! let run = RunDirectory::create("stories", &folder, &training)?;
//! let trained = Training::new(&run, &training, Learner::new(model), train, valid).launch()?.model;
//! save_language_model(&trained.model, &config, &corpus.vocabulary, &folder)?;
//!
//! let test = corpus.test_windows(&evaluation)?.expect("the stories have a test split");
//! println!("perplexity {:.1}", evaluate(&trained, &test)?.perplexity());
//! # assert!(evaluate(&trained, &test)?.perplexity() < 25.0);
//! let model = TrainedLanguageModel::load(&folder, &device)?;
//! println!("tom {}", model.write("tom", 20, Sampler::new(SamplerConfig::default(), 1)?)?);
//! # Ok(())
//! # }
//! ```

mod batches_config;
mod corpus;
pub(crate) mod error;
mod evaluation_config;
mod learner;
mod vocabulary;
mod windows;

pub use batches_config::{BatchesConfig, LossConfig};
pub use corpus::Corpus;
pub use error::LanguageModellingError;
pub use evaluation_config::EvaluationConfig;
pub use learner::Learner;
pub use windows::Windows;
