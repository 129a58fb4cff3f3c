#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod error;
mod language_model;
mod language_model_text;
mod tagger;
mod tagger_input;
mod tagger_text;

pub use error::InferenceError;
pub use language_model::{Sentence, TrainedLanguageModel, boundary};
pub use language_model_text::{describe_language_model, save_language_model};
pub use tagger::TrainedTagger;
pub use tagger_input::tagger_input;
pub use tagger_text::{TaggerSettings, describe_tagger, save_tagger, transition_constraints};

/// The crate of the models, for what [`TrainedLanguageModel::model`] and the like give.
pub use burn_recurrent_models as models;
/// The crate of the vocabularies, for what [`TrainedLanguageModel::vocabulary`] and the like give.
pub use burn_recurrent_text as text;

// What one needs beside them to use them.
pub use burn_recurrent_models::{Sampler, SamplerConfig, SamplerError, Score};
pub use burn_recurrent_text::{Span, TagScheme, TaggingTask, spans, words};
