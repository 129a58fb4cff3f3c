//! Why a configuration describes no conditional random field.

/// Why a [`LinearChainCrfConfig`](crate::LinearChainCrfConfig) describes no conditional random
/// field.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum CrfError {
    /// There is nothing to choose from.
    #[error("num_labels must be at least 1, but is 0")]
    NoLabels,
    /// Constraints for another number of labels.
    #[error(
        "the constraints' `{table}` must have {expected} entries{place}, one a label, but has \
         {found}"
    )]
    Constraints {
        /// Which table.
        table: &'static str,
        /// Where in the table, or nothing.
        place: String,
        /// The number of labels.
        expected: usize,
        /// The number of entries.
        found: usize,
    },
    /// Constraints that some sentences cannot keep.
    #[error(
        "the constraints allow no sequence of {length} labels; allow at least one label to start, \
         follow itself and end"
    )]
    NoSequence {
        /// The shortest length of which there is no sequence.
        length: usize,
    },
    /// Constraints of which it cannot be said whether every sentence can keep them.
    #[error(
        "the constraints' transitions go round in cycles of too many different lengths to see \
         whether there is a sequence of every length; allow labels to follow themselves"
    )]
    Irregular,
}
