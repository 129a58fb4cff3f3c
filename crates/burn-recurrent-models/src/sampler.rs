//! Drawing a token from a distribution.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// The sampling strategy: temperature, top-k, top-p. The default is the distribution itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplerConfig {
    /// What the logits are divided by: below 1 the likely tokens become likelier, at 0 the
    /// likeliest is always taken.
    pub temperature: f64,
    /// Only so many of the likeliest tokens are drawn from; all, where it is `None`.
    pub top_k: Option<usize>,
    /// Only the likeliest tokens whose probabilities together reach this are drawn from (nucleus
    /// sampling, Holtzman et al. 2020, <https://arxiv.org/abs/1904.09751>); all, where it is
    /// `None`.
    pub top_p: Option<f64>,
}

impl Default for SamplerConfig {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: None,
            top_p: None,
        }
    }
}

/// Why a [`SamplerConfig`] describes no way to draw.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SamplerError {
    /// Not a temperature.
    #[error("the temperature must be a number of at least 0, but is {0}")]
    Temperature(f64),
    /// No token to draw from.
    #[error("top-k must be at least 1")]
    TopK,
    /// Not a probability mass.
    #[error("top-p must be above 0 and at most 1, but is {0}")]
    TopP(f64),
}

/// Draws tokens: the same configuration, seed and distributions give the same tokens.
#[derive(Clone, Debug)]
pub struct Sampler {
    config: SamplerConfig,
    generator: ChaCha8Rng,
}

impl Sampler {
    /// A sampler whose draws follow from the seed.
    ///
    /// # Errors
    ///
    /// If the configuration describes no way to draw.
    pub fn new(config: SamplerConfig, seed: u64) -> Result<Self, SamplerError> {
        if !(config.temperature >= 0.0 && config.temperature.is_finite()) {
            return Err(SamplerError::Temperature(config.temperature));
        }
        if config.top_k == Some(0) {
            return Err(SamplerError::TopK);
        }
        if let Some(top_p) = config.top_p
            && !(top_p > 0.0 && top_p <= 1.0)
        {
            return Err(SamplerError::TopP(top_p));
        }
        Ok(Self {
            config,
            generator: ChaCha8Rng::seed_from_u64(seed),
        })
    }

    /// Draws a token from the distribution with the given log-probabilities (up to a constant).
    ///
    /// Temperature comes first, then top-k, then top-p, as is usual.
    ///
    /// # Panics
    ///
    /// If there is no token, or none that is possible.
    pub fn sample(&mut self, log_probabilities: &[f64]) -> u32 {
        let candidates = self.candidates(log_probabilities);
        let total: f64 = candidates.iter().map(|(_, weight)| weight).sum();
        let mut left = self.generator.random::<f64>() * total;
        for (token, weight) in &candidates {
            left -= weight;
            if left < 0.0 {
                return *token;
            }
        }
        // Rounding may leave a sliver past the last one.
        candidates[candidates.len() - 1].0
    }

    /// The tokens that may be drawn, the likeliest first, with their weights relative to it.
    fn candidates(&self, log_probabilities: &[f64]) -> Vec<(u32, f64)> {
        let mut order: Vec<u32> = (0..log_probabilities.len() as u32)
            .filter(|token| log_probabilities[*token as usize] > f64::NEG_INFINITY)
            .collect();
        assert!(!order.is_empty(), "no token has a probability above zero");
        // Equally likely tokens stay in their order, so that a draw does not depend on the sort.
        order.sort_by(|left, right| {
            let likelihood = |token: &u32| log_probabilities[*token as usize];
            likelihood(right).total_cmp(&likelihood(left))
        });
        let keep = match (self.config.temperature == 0.0, self.config.top_k) {
            (true, _) => 1,
            (false, Some(top_k)) => top_k.min(order.len()),
            (false, None) => order.len(),
        };
        order.truncate(keep);

        let best = log_probabilities[order[0] as usize];
        let mut candidates: Vec<(u32, f64)> = order
            .into_iter()
            .map(|token| {
                let below_best = log_probabilities[token as usize] - best;
                match token {
                    _ if below_best == 0.0 => (token, 1.0),
                    _ => (token, (below_best / self.config.temperature).exp()),
                }
            })
            .collect();
        if let Some(top_p) = self.config.top_p {
            let total: f64 = candidates.iter().map(|(_, weight)| weight).sum();
            let mut reached = 0.0;
            let nucleus = candidates.iter().position(|(_, weight)| {
                reached += weight;
                reached >= top_p * total
            });
            candidates.truncate(nucleus.map_or(candidates.len(), |last| last + 1));
        }
        candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(config: SamplerConfig) -> Sampler {
        Sampler::new(config, 7).unwrap()
    }

    fn logs(probabilities: &[f64]) -> Vec<f64> {
        probabilities.iter().map(|p| p.ln()).collect()
    }

    fn frequencies(config: SamplerConfig, probabilities: &[f64]) -> Vec<f64> {
        let mut sampler = sampler(config);
        let logs = logs(probabilities);
        let draws = 20_000;
        let mut counts = vec![0.0; probabilities.len()];
        for _ in 0..draws {
            counts[sampler.sample(&logs) as usize] += 1.0 / f64::from(draws);
        }
        counts
    }

    fn assert_frequencies(config: SamplerConfig, probabilities: &[f64], expected: &[f64]) {
        for (found, expected) in frequencies(config, probabilities).iter().zip(expected) {
            // Five standard errors of a frequency over 20,000 draws.
            let error = 5.0 * (expected * (1.0 - expected) / 20_000.0).sqrt();
            assert!((found - expected).abs() <= error, "{found} for {expected}");
        }
    }

    #[test]
    fn the_default_draws_from_the_distribution_itself() {
        let probabilities = [0.1, 0.6, 0.0, 0.3];
        assert_frequencies(SamplerConfig::default(), &probabilities, &probabilities);
    }

    #[test]
    fn a_temperature_of_half_squares_the_odds() {
        let config = SamplerConfig {
            temperature: 0.5,
            ..Default::default()
        };
        let total = 0.04 + 0.64;
        assert_frequencies(config, &[0.2, 0.8], &[0.04 / total, 0.64 / total]);
    }

    #[test]
    fn a_temperature_of_zero_takes_the_likeliest_and_the_first_of_equals() {
        let config = SamplerConfig {
            temperature: 0.0,
            ..Default::default()
        };
        assert_eq!(sampler(config).sample(&logs(&[0.2, 0.4, 0.4])), 1);
    }

    #[test]
    fn top_k_draws_from_the_k_likeliest() {
        let config = SamplerConfig {
            top_k: Some(2),
            ..Default::default()
        };
        assert_frequencies(
            config,
            &[0.1, 0.5, 0.15, 0.25],
            &[0.0, 2.0 / 3.0, 0.0, 1.0 / 3.0],
        );
    }

    #[test]
    fn top_p_draws_from_the_smallest_set_that_reaches_it() {
        let config = SamplerConfig {
            top_p: Some(0.7),
            ..Default::default()
        };
        assert_frequencies(
            config,
            &[0.1, 0.5, 0.15, 0.25],
            &[0.0, 2.0 / 3.0, 0.0, 1.0 / 3.0],
        );
    }

    #[test]
    fn the_same_seed_draws_the_same_tokens() {
        let draws = |seed| {
            let mut sampler = Sampler::new(SamplerConfig::default(), seed).unwrap();
            let logs = logs(&[0.25; 4]);
            (0..32).map(|_| sampler.sample(&logs)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }

    #[test]
    fn impossible_configurations_are_refused() {
        let config = |temperature, top_k, top_p| SamplerConfig {
            temperature,
            top_k,
            top_p,
        };
        let error = |config| Sampler::new(config, 0).unwrap_err();
        assert_eq!(
            error(config(-1.0, None, None)),
            SamplerError::Temperature(-1.0)
        );
        assert_eq!(error(config(1.0, Some(0), None)), SamplerError::TopK);
        assert_eq!(error(config(1.0, None, Some(0.0))), SamplerError::TopP(0.0));
        assert!(Sampler::new(config(f64::NAN, None, None), 0).is_err());
    }
}
