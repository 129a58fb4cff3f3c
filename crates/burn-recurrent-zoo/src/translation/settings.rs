//! The decoding settings of a translator.

use burn_recurrent_models::BeamConfig;
use serde::{Deserialize, Serialize};

/// The decoding settings of a translator; kept with the model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TranslatorSettings {
    /// How translations are searched for.
    pub search: BeamConfig,
}

impl TranslatorSettings {
    /// The search that is usual.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how translations are searched for.
    pub fn with_search(mut self, search: BeamConfig) -> Self {
        self.search = search;
        self
    }
}
