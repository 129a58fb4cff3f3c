//! A hypothesis: a translation with its score and attention.

/// A translation with its score and attention.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Its tokens, without beginning and end.
    pub tokens: Vec<u32>,
    /// The log-probability of each token given the source and the tokens before it, in nats, that
    /// of the end included where it has one.
    pub log_probabilities: Vec<f64>,
    /// The log-probability of the whole, their sum.
    pub log_probability: f64,
    /// What it is ranked by: for a beam search the log-probability with its penalties, else the
    /// log-probability.
    pub score: f64,
    /// Whether the model ended it, rather than being cut off.
    pub finished: bool,
    /// How much each word of the source counted for each of `log_probabilities`, where it was
    /// asked for and the model has attention.
    pub attention: Option<Vec<Vec<f32>>>,
}
