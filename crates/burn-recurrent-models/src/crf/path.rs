//! A sentence's labels with their score.

/// One way to label a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct CrfPath {
    /// A label for each word; none for a sentence without words.
    pub labels: Vec<usize>,
    /// The sum of its emissions, transitions, start and end scores. The path's log-probability is
    /// this minus the sentence's
    /// [log-partition](crate::LinearChainCrf::log_partition).
    pub score: f64,
}
