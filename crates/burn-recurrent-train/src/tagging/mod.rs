//! Training taggers: sentences with labels into batches, a learner for the loop, and a score.
//!
//! A program of one's own trains, evaluates, saves and uses a tagger like this; the saving and using is
//! burn-recurrent-zoo's:
//!
//! ```
//! use burn::tensor::Device;
//! use burn_recurrent_datasets::RequestCorpus;
//! use burn_recurrent_zoo::{TaggerSettings, TrainedTagger, save_tagger};
//! use burn_recurrent_models::{SequenceTaggerConfig, TokenEncoderConfig};
//! use burn_recurrent_text::{TagScheme, TaggingTask};
//! use burn_recurrent_train::tagging::{BatchesConfig, Corpus, Learner, Score, WordsConfig};
//! use burn_recurrent_train::{
//!     OptimizerConfig, Report, RunDirectory, Training, TrainingConfig, seeded_init,
//! };
//!
//! # fn main() -> Result<(), Report> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("tagger");
//! let device = Device::default();
//! let task = TaggingTask::Spans { learn: TagScheme::Bioes, write: TagScheme::Bio };
//! let requests = RequestCorpus::generate(1, 1000, 100, 100);
//! let corpus = Corpus::new(requests.splits, task, &WordsConfig::default())?;
//!
//! let known = &corpus.vocabularies;
//! let encoder = TokenEncoderConfig::new(known.words.len(), 16, 16).with_bidirectional(true);
//! let config = SequenceTaggerConfig::new(encoder, known.labels.len());
//! let model = seeded_init(1, &device, |device| config.init(device).expect("sizes above 0"));
//!
//! let training = TrainingConfig::new(12, 0.02, OptimizerConfig::adam());
//! let (learner, batches) = (Learner::new(model), BatchesConfig::default());
//! let (train, valid) = (corpus.train_batches(&batches, 1)?, corpus.valid_batches(&batches)?);
//! let run = RunDirectory::create("requests", &folder, &training)?;
//! let trained = Training::new(&run, &training, learner, train, valid).launch()?.model.model;
//! save_tagger(&trained, &config, &TaggerSettings::new(task), known, &folder)?;
//!
//! let tagger = TrainedTagger::load(&folder, &device)?;
//! let score = Score::of(task, corpus.splits.final_split().1, |sentences| tagger.tag(sentences));
//! println!("{score}{:?}", tagger.tag_sentence(&tagger.words("wake me at six thirty tomorrow")));
//! # assert!(score.accuracy() > 0.8, "{score}");
//! # Ok(())
//! # }
//! ```

mod batches;
mod check;
mod corpus;
mod coverage;
pub(crate) mod error;
mod label_score;
mod learner;
mod score;
mod vocabularies;
mod words_config;

pub use crate::sentences::{BatchesConfig, LossConfig};
pub use batches::{LossBatches, TrainBatches};
pub use check::check_labels;
pub use corpus::{Corpus, Split};
pub use error::TaggingError;
pub use label_score::{LabelScore, LabelTable};
pub use learner::Learner;
pub use score::Score;
pub use words_config::WordsConfig;
