//! The models' configs as parts of files: their defaults there, which are those of `new`, and that
//! what data decide is left out.
//!
//! Burn's derive macro for configs has no defaults for what a file leaves out and passes over what it does not know, so
//! the configs that stand in files derive serde's traits themselves.

use crate::{CellKind, CharacterFeatures, TaggerOutput};
use burn_recurrent::RecurrentInitializer;

pub(crate) fn one() -> usize {
    1
}

pub(crate) fn tenth() -> f64 {
    0.1
}

pub(crate) fn yes() -> bool {
    true
}

pub(crate) fn lstm() -> CellKind {
    CellKind::Lstm
}

pub(crate) fn orthogonal() -> RecurrentInitializer {
    RecurrentInitializer::Orthogonal {}
}

pub(crate) fn no_characters() -> CharacterFeatures {
    CharacterFeatures::None {}
}

pub(crate) fn softmax() -> TaggerOutput {
    TaggerOutput::Softmax {}
}

/// Whether data have still to decide a size.
pub(crate) fn is_undecided(size: &usize) -> bool {
    *size == 0
}

/// What Burn's derive macro gives a config beside `new` and serde's traits: setters, `save`, `load` and a display as JSON.
macro_rules! burn_config {
    ($config:ident { $($with:ident: $field:ident: $value:ty,)* }) => {
        impl burn::config::Config for $config {}

        impl $config {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                pub fn $with(mut self, $field: $value) -> Self {
                    self.$field = $field;
                    self
                }
            )*
        }

        impl core::fmt::Display for $config {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&burn::config::config_to_json(self))
            }
        }
    };
}
pub(crate) use burn_config;
