//! Options of configs that describe no model.

use burn_recurrent::RecurrentInitializer;

/// An option of a config whose value describes no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} {message}")]
#[non_exhaustive]
pub struct OptionError {
    /// The option: the name of the config's field, with that of the field that it is in, as in
    /// `encoder.d_hidden`.
    pub key: String,
    /// What is wrong, to be read after the key: `must be at least 1, but is 0`.
    pub message: String,
}

impl OptionError {
    /// `message` continues the sentence that begins with the key.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            message: message.into(),
        }
    }

    /// The same seen from the config that has this one in a field of this name.
    pub fn within(mut self, field: &str) -> Self {
        self.key = format!("{field}.{}", self.key);
        self
    }
}

/// Checks that a size is not zero.
pub(crate) fn at_least_one(key: &str, size: usize) -> Result<(), OptionError> {
    match size {
        0 => Err(OptionError::new(key, "must be at least 1, but is 0")),
        _ => Ok(()),
    }
}

/// Checks that a number is a probability of dropping something.
pub(crate) fn probability(key: &str, value: f64) -> Result<(), OptionError> {
    match (0.0..1.0).contains(&value) {
        true => Ok(()),
        false => Err(OptionError::new(
            key,
            format!("must be at least 0 and below 1, but is {value}"),
        )),
    }
}

/// The widest distribution to draw from. Uniform(±this) spans twice as much, and f32 ends at 3.4e38.
const WIDEST: f64 = 1e38;

/// Checks that a number is the width of a distribution.
pub(crate) fn above_zero(key: &str, value: f64) -> Result<(), OptionError> {
    match value > 0.0 && value <= WIDEST {
        true => Ok(()),
        false => Err(OptionError::new(
            key,
            format!("must be above 0 and at most {WIDEST:e}, but is {value:?}"),
        )),
    }
}

/// Checks what the weights of recurrent layers are drawn from.
pub(crate) fn initializer(key: &str, value: &RecurrentInitializer) -> Result<(), OptionError> {
    let checked = match value {
        RecurrentInitializer::Uniform { bound } => above_zero("bound", *bound),
        RecurrentInitializer::Identity { scale } => above_zero("scale", *scale),
        RecurrentInitializer::Orthogonal {} | RecurrentInitializer::Torch {} => Ok(()),
    };
    checked.map_err(|error| error.within(key))
}
