#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod any_recurrent;
mod cross_entropy;
mod embed;
mod generate;
mod language_model;
mod neural_language_model;
pub mod ngram;
mod ngram_language_model;
mod recurrent_language_model;
mod sampler;
mod score;
mod window_language_model;

pub use any_recurrent::{AnyRecurrent, AnyRecurrentConfig, AnyState, CellKind};
pub use cross_entropy::token_nats;
pub use generate::{Generation, generate};
pub use language_model::LanguageModel;
pub use neural_language_model::{Neural, NeuralLanguageModel};
pub use recurrent_language_model::{
    RecurrentLanguageModel, RecurrentLanguageModelConfig, RecurrentLanguageModelError,
};
pub use sampler::{Sampler, SamplerConfig, SamplerError};
pub use score::{Score, score};
pub use window_language_model::{WindowLanguageModel, WindowLanguageModelConfig, WindowState};
