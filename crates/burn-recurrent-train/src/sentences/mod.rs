//! Batches of sentences of like lengths, whatever is learnt from them.

mod batches;
mod batches_config;

pub use batches::{LossBatches, SentenceExamples, TrainBatches};
pub use batches_config::{BatchesConfig, LossConfig};
