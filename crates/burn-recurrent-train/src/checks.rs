//! Ranges of configuration values, for [`RecipeConfig::validate`](crate::RecipeConfig).

use crate::InvalidValue;

pub use crate::model_options::left_to_the_data;

/// A count: at least one.
///
/// # Errors
///
/// When it is 0.
pub fn at_least_one(key: &str, value: usize) -> Result<(), InvalidValue> {
    match value {
        0 => Err(InvalidValue::new(key, "must be at least 1, got 0")),
        _ => Ok(()),
    }
}

/// A seed: at most what a config file has room for.
///
/// # Errors
///
/// When it is larger.
pub fn seed(key: &str, value: u64) -> Result<(), InvalidValue> {
    match i64::try_from(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(InvalidValue::new(
            key,
            format!("must be at most {}, got {value}", i64::MAX),
        )),
    }
}

/// A probability of dropping something: at least 0 and below 1.
///
/// # Errors
///
/// When it is not, or no number.
pub fn probability(key: &str, value: f64) -> Result<(), InvalidValue> {
    match (0.0..1.0).contains(&value) {
        true => Ok(()),
        false => Err(InvalidValue::new(
            key,
            format!("must be at least 0 and below 1, got {value}"),
        )),
    }
}

/// A width of a distribution: finite and above 0.
///
/// # Errors
///
/// When it is not.
pub fn range(key: &str, value: f64) -> Result<(), InvalidValue> {
    match value.is_finite() && value > 0.0 {
        true => Ok(()),
        false => Err(InvalidValue::new(
            key,
            format!("must be above 0, got {value}"),
        )),
    }
}
