//! The tests of this crate, in one program.

mod crf;
mod crf_case;
mod crf_gradients;
mod element_types;
mod empty;
mod language_models;
mod mixture;
mod ngram;
mod saved;
mod sequence_classifier;
mod sequence_tagger;
mod tagger_case;
mod token_encoder;
mod translation;
