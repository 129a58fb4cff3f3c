//! The tests of this crate, in one program.

mod language_model;
mod tagger;
mod translator;
