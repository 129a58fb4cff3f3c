//! The tokens that stand for something other than themselves.

use serde::{Deserialize, Serialize};

/// The target's and the source's tokens that stand for something other than themselves, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpecialTokens {
    /// Fills up rows of unequal length; never written by the decoder.
    pub padding: u32,
    /// What a token that is not in the vocabulary is read as, and what word dropout makes of one.
    pub unknown: u32,
    /// What the decoder reads before a translation's first token; never written by it.
    pub begin: u32,
    /// What ends a translation.
    pub end: u32,
}

impl Default for SpecialTokens {
    fn default() -> Self {
        Self {
            padding: 0,
            unknown: 1,
            begin: 2,
            end: 3,
        }
    }
}
