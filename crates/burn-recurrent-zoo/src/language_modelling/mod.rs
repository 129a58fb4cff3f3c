//! Trained language models: text in, probabilities and text out.

mod error;
mod files;
mod trained_language_model;

pub use error::LanguageModelError;
pub use files::{describe_language_model, save_language_model};
pub use trained_language_model::{Sentence, TrainedLanguageModel};
