#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod any_language_model;
mod any_recurrent;
mod config_file;
mod crf;
mod cross_entropy;
mod embed;
mod encoder;
mod generate;
mod language_model;
mod lengths;
mod mixture;
mod neural_language_model;
pub mod ngram;
mod ngram_language_model;
mod nothing;
mod option_error;
mod pooling;
mod recurrent_language_model;
mod sampler;
mod saved;
mod score;
mod sentence_dropout;
mod sequence_classifier;
mod sequence_tagger;
mod translation;
mod window_language_model;

pub use any_language_model::{AnyLanguageModel, AnyLanguageModelState};
pub use any_recurrent::{AnyRecurrent, AnyRecurrentConfig, AnyState, CellKind};
pub use crf::{CrfError, CrfPath, LinearChainCrf, LinearChainCrfConfig, TransitionConstraints};
pub use cross_entropy::token_nats;
pub use encoder::{
    CharacterEncoder, CharacterFeatures, CharacterInput, CharacterNetwork, ShapeFeatures,
    TaggerInput, TokenEncoder, TokenEncoderConfig,
};
pub use generate::{Generation, generate};
pub use language_model::LanguageModel;
pub use mixture::Mixture;
pub use neural_language_model::{Neural, NeuralLanguageModel};
pub use option_error::OptionError;
pub use pooling::{AdditiveAttention, Pooling, PoolingKind, Unweighted};
pub use recurrent_language_model::{RecurrentLanguageModel, RecurrentLanguageModelConfig};
pub use sampler::{Sampler, SamplerConfig, SamplerError};
pub use saved::{
    ModelDescription, PreparedModel, SavedLanguageModel, SavedModel, SavedModelError, SavedModule,
    SavedWeightsError, TensorShapes, WeightsFile, WeightsMisfit, weights_from_bytes,
    weights_to_bytes, weights_to_bytes_as,
};
pub use score::{Likelihood, score};
pub use sequence_classifier::{SequenceClassifier, SequenceClassifierConfig};
pub use sequence_tagger::{
    SequenceTagger, SequenceTaggerConfig, SequenceTaggerError, TaggerLoss, TaggerOutput,
};
pub use translation::{
    Attention, AttentionKind, BeamConfig, Bridge, BridgeKind, Decoded, DecoderState, DecodingError,
    DecodingOptions, EncodedSource, EncoderDecoder, EncoderDecoderBatch, EncoderDecoderConfig,
    EncoderDecoderError, Hypothesis, NeuralTranslator, OutputLayer, SourceEncoder, SpecialTokens,
    TargetDecoder, coverage_penalty, length_penalty,
};
pub use window_language_model::{WindowLanguageModel, WindowLanguageModelConfig, WindowState};
