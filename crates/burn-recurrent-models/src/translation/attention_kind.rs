//! The kinds of attention.

use serde::{Deserialize, Serialize};

/// How the decoder looks at the source's words `s`: the score of each against the decoder's new
/// hidden vector `h`, of which a softmax over the sentence makes weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttentionKind {
    /// Not at all: all that the decoder knows of the source is the encoder's final state
    /// (Sutskever et al. 2014; Cho et al. 2014).
    None,
    /// `v · tanh(W h + U s)` (Bahdanau et al. 2015, appendix A.1.2).
    #[default]
    Additive,
    /// `h · s` (Luong et al. 2015, equation 8), which needs both to be of one width.
    Dot,
    /// `h · W s` (ibid.).
    General,
    /// `v · tanh(W [h; s])` (ibid.): the same function as [`Additive`](Self::Additive), since what
    /// set the two papers apart is which hidden vector asks, and here it is always the new one.
    Concat,
}

impl AttentionKind {
    /// Whether the scores go through a layer of their own, of width `d_attention`.
    pub fn has_energy(self) -> bool {
        matches!(self, Self::Additive | Self::Concat)
    }
}
