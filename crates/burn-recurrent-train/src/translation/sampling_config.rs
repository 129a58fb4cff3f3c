//! `[sampling]`: scheduled sampling.

use serde::{Deserialize, Serialize};

use crate::InvalidValue;
use crate::checks::at_least_one;

/// Scheduled sampling (Bengio et al. 2015): how often the decoder is given its own word instead of the reference in
/// training; never unless given. The probability rises in a straight line over the first epochs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingConfig {
    /// The probability in the first epoch.
    #[serde(default)]
    pub from: f64,
    /// The probability once it no longer rises.
    #[serde(default)]
    pub to: f64,
    /// The first epoch that has it; 1 or nothing: from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
}

impl SamplingConfig {
    /// The probability in an epoch, from 1.
    pub fn probability(&self, epoch: usize) -> f64 {
        let epochs = self.epochs.unwrap_or(1);
        if epoch >= epochs {
            return self.to;
        }
        let done = (epoch - 1) as f64 / (epochs - 1) as f64;
        self.from + done * (self.to - self.from)
    }

    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// Names the key that is wrong.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        for (key, value) in [("from", self.from), ("to", self.to)] {
            if !(0.0..=1.0).contains(&value) {
                let message = format!("must be at least 0 and at most 1, got {value}");
                return Err(InvalidValue::new(key, message));
            }
        }
        if self.from > 0.0 && self.from != self.to && self.epochs.is_none() {
            let message = "is what the first epoch has; say with `epochs` which one has `to`";
            return Err(InvalidValue::new("from", message));
        }
        at_least_one("epochs", self.epochs.unwrap_or(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probability_rises_in_a_straight_line_and_stays() {
        let sampling = SamplingConfig {
            from: 0.0,
            to: 0.4,
            epochs: Some(5),
        };
        let found = [1, 2, 3, 5, 9].map(|epoch| sampling.probability(epoch));
        assert_eq!(found, [0.0, 0.1, 0.2, 0.4, 0.4]);
        let constant = SamplingConfig {
            to: 0.3,
            ..SamplingConfig::default()
        };
        assert_eq!(constant.probability(1), 0.3);
        assert_eq!(SamplingConfig::default().probability(1), 0.0);
    }

    #[test]
    fn what_is_no_probability_or_never_used_is_named() {
        let valid = SamplingConfig {
            from: 0.2,
            to: 0.2,
            epochs: None,
        };
        assert!(valid.validate().is_ok() && SamplingConfig::default().validate().is_ok());
        for (from, to, epochs, message) in [
            (-0.1, 0.5, Some(3), "`from` must be at least 0"),
            (0.1, f64::NAN, Some(3), "`to` must be at least 0"),
            (0.1, 0.5, Some(0), "`epochs` must be at least 1"),
            (0.1, 0.5, None, "`from` is what the first epoch has"),
        ] {
            let error = SamplingConfig { from, to, epochs }.validate().unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}
