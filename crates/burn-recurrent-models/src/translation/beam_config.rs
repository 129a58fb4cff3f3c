//! The settings of beam search.

use super::{DecodingError, DecodingOptions};
use serde::{Deserialize, Serialize};

/// The settings of beam search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BeamConfig {
    /// The number of unfinished translations kept for each sentence, from 1, which is greedy, to
    /// [`BeamConfig::MOST`].
    pub beam: usize,
    /// How many translations are returned, the best first; at most as many as `beam`.
    pub nbest: usize,
    /// How much longer translations are forgiven ([`length_penalty`](crate::length_penalty)).
    pub length_penalty: f64,
    /// How much it costs to leave words out ([`coverage_penalty`](crate::coverage_penalty)); needs
    /// attention.
    pub coverage_penalty: f64,
    /// What every way of writing has in common.
    pub options: DecodingOptions,
}

impl Default for BeamConfig {
    fn default() -> Self {
        Self {
            beam: 5,
            nbest: 1,
            length_penalty: 1.0,
            coverage_penalty: 0.0,
            options: DecodingOptions::default(),
        }
    }
}

impl BeamConfig {
    /// The widest beam.
    pub const MOST: usize = 1000;

    /// Checks that the numbers describe a search.
    ///
    /// # Errors
    ///
    /// Names the first one that does not.
    pub fn validate(&self) -> Result<(), DecodingError> {
        let &Self { beam, nbest, .. } = self;
        for (name, number) in [("beam", beam), ("nbest", nbest)] {
            if number == 0 {
                return Err(DecodingError::Zero { name });
            }
        }
        if beam > Self::MOST {
            let most = Self::MOST;
            return Err(DecodingError::Beam { beam, most });
        }
        if nbest > beam {
            return Err(DecodingError::NBest { nbest, beam });
        }
        for (name, value) in [
            ("length_penalty", self.length_penalty),
            ("coverage_penalty", self.coverage_penalty),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(DecodingError::Negative { name, value });
            }
        }
        self.options.validate()
    }
}
