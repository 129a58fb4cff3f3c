//! Batches of sentences of like lengths, whatever is learnt from them.

mod batches;
mod batches_config;

pub use batches::{SentenceExamples, SentenceLossBatches, SentenceTrainBatches};
pub use batches_config::{BatchesConfig, LossConfig};
