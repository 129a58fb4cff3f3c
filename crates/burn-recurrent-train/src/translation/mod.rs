//! Training translators: sentences and their translations into batches, a learner for the loop, and a score.

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
