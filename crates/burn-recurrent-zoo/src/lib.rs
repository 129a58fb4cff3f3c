#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod folder_error;
pub mod language_modelling;
pub mod shipped;
pub mod tagging;
mod text_part;
pub mod translation;

pub use folder_error::FolderError;
pub use language_modelling::{
    LanguageModelError, Sentence, TrainedLanguageModel, describe_language_model,
    save_language_model,
};
pub use shipped::{
    ModelTable, ZOO_VARIABLE, ZooError, ZooModel, find, models as zoo_models, resolve,
};
pub use tagging::{TaggerError, TaggerSettings, TrainedTagger, describe_tagger, save_tagger};
pub use translation::{
    TrainedTranslator, Translation, TranslatorError, TranslatorSettings, save_translator,
};

/// The crate of the models, for what [`TrainedLanguageModel::model`] and the like give.
pub use burn_recurrent_models as models;
/// The crate of the vocabularies, for what [`TrainedLanguageModel::vocabulary`] and the like give.
pub use burn_recurrent_text as text;

// What one needs beside them to use them.
pub use burn_recurrent_models::{Likelihood, Sampler, SamplerConfig, SamplerError};
pub use burn_recurrent_text::{Span, TagScheme, TaggingTask, WordTokenizer, spans};
