//! The initial state of a decoder.

use serde::{Deserialize, Serialize};

/// The decoder's initial hidden vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BridgeKind {
    /// The encoder's final states as they are, layer by layer, both directions side by side; an
    /// LSTM's memory cells too (Sutskever et al. 2014).
    Copy,
    /// `tanh(W f + b)` of the final hidden vectors `f` of the encoder's last layer, both
    /// directions side by side (Cho et al. 2014, with Bahdanau et al. 2015).
    Final,
    /// `tanh(W m + b)` of the mean `m` over the encoder's outputs.
    #[default]
    Mean,
}
