//! Configs of the models as parts of a recipe's config.

use crate::InvalidValue;
use burn_recurrent_models::OptionError;

impl From<OptionError> for InvalidValue {
    fn from(error: OptionError) -> Self {
        Self::new(error.key, error.message)
    }
}

/// Checks that a config does not say what only the data can: a size, say, that is 0 until they are known.
///
/// # Errors
///
/// Names the key that the config gives.
pub fn left_to_the_data(key: &str, value: usize) -> Result<(), InvalidValue> {
    match value {
        0 => Ok(()),
        _ => Err(InvalidValue::new(
            key,
            format!("is decided by the data, but is given as {value}; leave it out"),
        )),
    }
}
