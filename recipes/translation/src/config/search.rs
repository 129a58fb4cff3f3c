//! `[search]`: how translations are searched for when the model is tested and used.

use burn_recurrent_models::DecodingError;
use burn_recurrent_train::InvalidValue;

pub use burn_recurrent_models::BeamConfig as SearchConfig;

pub(super) fn validate(search: &SearchConfig) -> Result<(), InvalidValue> {
    search.validate().map_err(|error| match error {
        DecodingError::Zero { name } => named(name, "must be at least 1, got 0".to_string()),
        DecodingError::Negative { name, value } => {
            named(name, format!("must be a number of at least 0, got {value}"))
        }
        DecodingError::NBest { nbest, beam } => InvalidValue::new(
            "nbest",
            format!("must be at most `beam`, {beam}, got {nbest}"),
        ),
        DecodingError::Beam { beam, most } => {
            InvalidValue::new("beam", format!("must be at most {most}, got {beam}"))
        }
        error => InvalidValue::new("beam", format!("is no search: {error}")),
    })
}

fn named(name: &str, message: String) -> InvalidValue {
    let value = InvalidValue::new(name, message);
    match name {
        "max_length_factor" | "max_length" | "batch" => value.within("options"),
        _ => value,
    }
}
