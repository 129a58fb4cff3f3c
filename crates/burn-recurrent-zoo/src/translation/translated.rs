//! A translation of a line.

use serde::Serialize;

/// A translation of a line, and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Translation {
    /// The text.
    pub text: String,
    /// What translations of one line are ranked by: the log-probability after penalties, the higher the better. That of a
    /// line that was translated in pieces is the sum.
    pub score: f64,
    /// The natural logarithm of the probability of its tokens and its end.
    pub log_probability: f64,
    /// Its tokens, the end left out.
    pub tokens: Vec<String>,
    /// The tokens of the line as they stand in it, known or not, its end left out.
    pub source_tokens: Vec<String>,
    /// How much each token looked at each token of the line, `[tokens][source_tokens]`: what a row lacks to one went to
    /// the line's end. None where the model has no attention or the line was translated in pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention: Option<Vec<Vec<f32>>>,
}
