//! Training translators: sentences and their translations into batches, a learner for the loop, and a score.
//!
//! A program of one's own trains, evaluates, saves and uses a translator like this; the saving and using is
//! burn-recurrent-zoo's:
//!
//! ```
//! use burn::tensor::Device;
//! use burn_recurrent_datasets::TranslationCorpus;
//! use burn_recurrent_models::EncoderDecoderConfig;
//! use burn_recurrent_text::{TranslationTokenizerConfig, TranslationUnit};
//! use burn_recurrent_train::translation::{
//!     BatchesConfig, Corpus, Learner, SamplingConfig, Score, TokensConfig, TranslationTask, special_tokens,
//! };
//! use burn_recurrent_train::{
//!     OptimizerConfig, Report, RunDirectory, Training, TrainingConfig, seeded_init,
//! };
//! use burn_recurrent_zoo::{TrainedTranslator, TranslatorSettings, save_translator};
//!
//! # fn main() -> Result<(), Report> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("translator");
//! let device = Device::default();
//! let words = TranslationTokenizerConfig::new(TranslationUnit::Word);
//! let sentences = TranslationCorpus::generate(1, 1500, 50, 50).splits;
//! let corpus = Corpus::new(sentences, &TokensConfig::separate(words.clone(), words))?;
//!
//! let known = &corpus.tokenizers;
//! let config = EncoderDecoderConfig::new(known.source.len(), known.target.len())
//!     .with_tokens(special_tokens()).with_d_embedding(32).with_d_hidden(64);
//! let model = seeded_init(1, &device, |device| config.init(device).expect("sizes above 0"));
//!
//! let training = TrainingConfig::new(8, 0.01, OptimizerConfig::adam());
//! let (learner, batches) = (Learner::new(model), BatchesConfig::default());
//! let train = corpus.train_batches(&batches, SamplingConfig::default(), 1)?;
//! let run = RunDirectory::create("translation", &folder, &training)?;
//! let valid = corpus.valid_batches(&batches)?;
//! let trained = Training::new(&run, &training, learner, train, valid).launch()?.model.model;
//! save_translator(&trained, &config, &TranslatorSettings::new(), known, &folder)?;
//!
//! let translator = TrainedTranslator::load(&folder, &device)?;
//! let test = &corpus.splits.final_split().1.part;
//! let score = Score::of(TranslationTask::Text, test, |lines| translator.translate(lines));
//! println!("{score}{}", translator.translate_line("Der Mann schläft."));
//! # assert!(score.figures("test")["test_bleu"] > 10.0, "{score}");
//! # Ok(())
//! # }
//! ```

mod batches;
mod corpus;
pub(crate) mod error;
mod learner;
mod sampling_config;
mod score;
mod task;
mod tokenizers;
mod tokens_config;

pub use crate::sentences::{BatchesConfig, LossConfig};
pub use batches::{LossBatches, TrainBatches, TrainingPairs};
pub use corpus::{Corpus, Split};
pub use error::TranslationError;
pub use learner::{Learner, special_tokens};
pub use sampling_config::SamplingConfig;
pub use score::{Score, ScoredSentence};
pub use task::TranslationTask;
pub use tokens_config::TokensConfig;
