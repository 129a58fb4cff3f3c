//! The number of references of a sentence.

use std::fmt;

use thiserror::Error;

/// A translation without anything to compare it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("sentence {} has no reference, expected at least one", .sentence + 1)]
pub struct NoReferenceError {
    /// The place of the sentence among those of the score, from zero.
    pub sentence: usize,
}

/// The number of references of each sentence. As text, as in a signature of sacreBLEU: the number, or `var`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumReferences {
    /// There is no sentence yet.
    #[default]
    None,
    /// Each sentence has as many.
    Same(usize),
    /// Some have more than others.
    Varying,
}

impl NumReferences {
    /// The number of what `self` and `other` count together.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, any) | (any, Self::None) => any,
            (Self::Same(one), Self::Same(two)) if one == two => self,
            _ => Self::Varying,
        }
    }
}

impl fmt::Display for NumReferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("0"),
            Self::Same(number) => number.fmt(f),
            Self::Varying => f.write_str("var"),
        }
    }
}

/// What stands in a signature for the program that made the score and its version.
pub(super) const IMPLEMENTATION: &str = concat!("burn-recurrent-text-", env!("CARGO_PKG_VERSION"));
